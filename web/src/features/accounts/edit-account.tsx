import { Suspense, lazy, useState } from "react";
import type { Account } from "@/api/types";
import { t, withWords } from "@/i18n";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { TextField } from "@/ui/field";
import { FormError, Skeleton } from "@/ui/states";
import { useChangeAccount, useDeleteAccount } from "./api";
import { ColorField } from "./color-field";

const SendingSettings = lazy(withWords("sending", () => import("./sending-settings")));

export function EditAccount({ account, onClose }: { account: Account; onClose: () => void }) {
  const [name, setName] = useState(account.name);
  const [color, setColor] = useState(account.color);
  const [token, setToken] = useState("");
  const change = useChangeAccount(account.id);
  return (
    <Dialog title={t("accounts.edit", { name: account.name })} onClose={onClose}>
      <form
        className="space-y-4"
        onSubmit={(event) => {
          event.preventDefault();
          const secret = token.trim() === "" ? {} : { access_token: token.trim() };
          change.mutate({ name: name.trim(), color, ...secret }, { onSuccess: onClose });
        }}
      >
        <TextField label={t("accounts.name")} required maxLength={100} value={name} onChange={(event) => setName(event.target.value)} />
        <ColorField value={color} onChange={setColor} />
        {account.channel === "cloud" && (
          <TextField
            label={t("accounts.newToken")}
            hint={t("accounts.newTokenHint")}
            type="password"
            autoComplete="off"
            value={token}
            onChange={(event) => setToken(event.target.value)}
          />
        )}
        <FormError error={change.error} />
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>{t("action.cancel")}</Button>
          <Button type="submit" variant="primary" busy={change.isPending}>
            {t("action.save")}
          </Button>
        </div>
      </form>
      <Suspense fallback={<Skeleton className="mt-6 h-48" />}>
        <SendingSettings account={account} />
      </Suspense>
      <Removal account={account} onDone={onClose} />
    </Dialog>
  );
}

/** Taking a number out is rare and hard to undo: the name must be typed. */
function Removal({ account, onDone }: { account: Account; onDone: () => void }) {
  const [typed, setTyped] = useState("");
  const remove = useDeleteAccount(account.id);
  return (
    <details className="mt-6 border-t border-line pt-4">
      <summary className="font-medium text-danger">{t("accounts.remove")}</summary>
      <form
        className="mt-3 space-y-3"
        onSubmit={(event) => {
          event.preventDefault();
          remove.mutate(undefined, { onSuccess: onDone });
        }}
      >
        <TextField label={t("accounts.removeConfirm", { name: account.name })} value={typed} onChange={(event) => setTyped(event.target.value)} />
        <FormError error={remove.error} />
        <Button type="submit" variant="danger" disabled={typed !== account.name} busy={remove.isPending}>
          {t("accounts.remove")}
        </Button>
      </form>
    </details>
  );
}
