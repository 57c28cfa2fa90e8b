import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { ApiError } from "@/api/client";
import { t } from "@/i18n";
import { PASSWORD_LENGTH } from "@/lib/password";
import { Button } from "@/ui/button";
import { TextField } from "@/ui/field";
import { FormError } from "@/ui/states";
import { type SetupForm, setupQuery, useSetup } from "./api";
import { AuthFrame } from "./frame";
import { takeSecret } from "./secret-in-address";


export function SetupPage({ onDone }: { onDone: () => void }) {
  const [token] = useState(() => takeSecret("token"));
  const { data } = useQuery(setupQuery);
  if (data?.needed === false) {
    return (
      <AuthFrame title={t("setup.doneTitle")} text={t("setup.doneText")}>
        <Link to="/login" className="font-medium text-accent-ink underline-offset-2 hover:underline">
          {t("login.submit")}
        </Link>
      </AuthFrame>
    );
  }
  if (token === null) return <AuthFrame title={t("setup.noTokenTitle")} text={t("setup.noTokenText")} children={null} />;
  return <OwnerForm token={token} onDone={onDone} />;
}

function OwnerForm({ token, onDone }: { token: string; onDone: () => void }) {
  const [form, setForm] = useState<Omit<SetupForm, "token">>({ organisation: "", name: "", email: "", password: "" });
  const setup = useSetup();
  const error = setup.error instanceof ApiError ? setup.error : null;
  const bind = (field: keyof typeof form) => ({
    required: true,
    value: form[field],
    onChange: (event: React.ChangeEvent<HTMLInputElement>) => setForm({ ...form, [field]: event.target.value }),
    error: error?.field === field ? error.message : null,
  });
  return (
    <AuthFrame title={t("setup.title")} text={t("setup.text")}>
      <form
        className="space-y-4"
        onSubmit={(event) => {
          event.preventDefault();
          setup.mutate({ ...form, token }, { onSuccess: onDone });
        }}
      >
        <TextField label={t("setup.organisation")} autoComplete="organization" {...bind("organisation")} />
        <TextField label={t("setup.yourName")} autoComplete="name" {...bind("name")} />
        <TextField label={t("user.email")} type="email" autoComplete="username" {...bind("email")} />
        <TextField
          label={t("user.password")}
          type="password"
          autoComplete="new-password"
          minLength={PASSWORD_LENGTH}
          hint={t("user.passwordHint", { n: PASSWORD_LENGTH })}
          {...bind("password")}
        />
        {!error?.field && <FormError error={setup.error} />}
        <Button type="submit" variant="primary" className="w-full" busy={setup.isPending}>
          {t("setup.submit")}
        </Button>
      </form>
    </AuthFrame>
  );
}
