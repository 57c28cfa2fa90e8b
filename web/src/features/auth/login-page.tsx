import { useQuery } from "@tanstack/react-query";
import { Terminal } from "lucide-react";
import { useEffect, useEffectEvent, useState } from "react";
import { ApiError } from "@/api/client";
import { t } from "@/i18n";
import { Button } from "@/ui/button";
import { TextField } from "@/ui/field";
import { FormError } from "@/ui/states";
import { setupQuery, useLink, useLogin } from "./api";
import { AuthFrame } from "./frame";
import { takeSecret } from "./secret-in-address";

export function LoginPage({ onDone }: { onDone: () => void }) {
  const [token] = useState(() => takeSecret("link"));
  return token === null ? <PasswordLogin onDone={onDone} /> : <LinkLogin token={token} onDone={onDone} />;
}

function PasswordLogin({ onDone }: { onDone: () => void }) {
  const [email, setEmail] = useState("");
  const [password, setPassword] = useState("");
  const login = useLogin();
  const { data: setup } = useQuery(setupQuery);
  return (
    <AuthFrame title={t("login.title")} text={t("login.text")}>
      {setup?.needed && (
        <p className="mb-5 flex gap-2 rounded-lg bg-warn-soft px-3 py-2.5 text-sm text-warn">
          <Terminal className="mt-0.5 size-4 shrink-0" />
          {t("login.setupNeeded")}
        </p>
      )}
      <form
        className="space-y-4"
        onSubmit={(event) => {
          event.preventDefault();
          login.mutate({ email: email.trim(), password }, { onSuccess: onDone });
        }}
      >
        <TextField
          label={t("user.email")}
          type="email"
          autoComplete="username"
          required
          value={email}
          onChange={(event) => setEmail(event.target.value)}
        />
        <TextField
          label={t("user.password")}
          type="password"
          autoComplete="current-password"
          required
          value={password}
          onChange={(event) => setPassword(event.target.value)}
        />
        <FormError error={login.error} />
        <Button type="submit" variant="primary" className="w-full" busy={login.isPending}>
          {t("login.submit")}
        </Button>
      </form>
    </AuthFrame>
  );
}

/** The link works once, so it is used by one request for the page's life, however often React draws it. */
let using: string | null = null;

function LinkLogin({ token, onDone }: { token: string; onDone: () => void }) {
  const link = useLink();
  const [byPassword, setByPassword] = useState(false);
  const open = useEffectEvent(() => {
    if (using === token) return;
    using = token;
    link.mutate({ token }, { onSuccess: onDone });
  });
  useEffect(() => open(), []);
  if (byPassword) return <PasswordLogin onDone={onDone} />;
  const usedUp = link.error instanceof ApiError && link.error.code === "unauthorized";
  return (
    <AuthFrame title={usedUp ? t("login.linkFailedTitle") : t("login.linkTitle")} text={usedUp ? t("login.linkFailed") : t("login.linkText")}>
      {!usedUp && <FormError error={link.error} />}
      {link.isError && (
        <Button className={usedUp ? "w-full" : "mt-4 w-full"} onClick={() => setByPassword(true)}>
          {t("login.withPassword")}
        </Button>
      )}
    </AuthFrame>
  );
}
