import { useQuery } from "@tanstack/react-query";
import { Plus, Trash2 } from "lucide-react";
import { useState } from "react";
import { ApiError } from "@/api/client";
import type { MetaApp } from "@/api/types";
import { t } from "@/i18n";
import { Button, IconButton } from "@/ui/button";
import { CopyField } from "@/ui/copy-field";
import { Dialog } from "@/ui/dialog";
import { TextField } from "@/ui/field";
import { Card } from "@/ui/page";
import { FormError } from "@/ui/states";
import { toastError } from "@/ui/toast";
import { metaAppsQuery, useCreateMetaApp, useDeleteMetaApp } from "./api";

/** Meta apps and what has to be pasted into Meta's own pages. Admins only. */
export function MetaApps() {
  const { data: apps } = useQuery(metaAppsQuery);
  const [creating, setCreating] = useState(false);
  if (!apps) return null;
  return (
    <div className="mt-8">
      <Card
        title={t("metaApps.title")}
        actions={
          <Button small icon={<Plus className="size-4" />} onClick={() => setCreating(true)}>
            {t("metaApps.new")}
          </Button>
        }
      >
        {apps.length === 0 && <p className="text-ink-3">{t("metaApps.empty")}</p>}
        <ul className="divide-y divide-line">
          {apps.map((app) => (
            <MetaAppRow key={app.id} app={app} />
          ))}
        </ul>
      </Card>
      {creating && (
        <Dialog title={t("metaApps.new")} onClose={() => setCreating(false)}>
          <MetaAppForm onDone={() => setCreating(false)} onCancel={() => setCreating(false)} />
        </Dialog>
      )}
    </div>
  );
}

function MetaAppRow({ app }: { app: MetaApp }) {
  const [confirming, setConfirming] = useState(false);
  const remove = useDeleteMetaApp(app.id);
  return (
    <li className="py-4 first:pt-0 last:pb-0">
      <div className="mb-3 flex items-center justify-between gap-3">
        <h3 className="min-w-0 truncate font-medium" dir="auto">
          {app.name}
        </h3>
        {confirming ? (
          <span className="flex gap-2">
            <Button small onClick={() => setConfirming(false)}>
              {t("action.cancel")}
            </Button>
            <Button small variant="danger" busy={remove.isPending} onClick={() => remove.mutate(undefined, { onError: toastError })}>
              {t("metaApps.remove")}
            </Button>
          </span>
        ) : (
          <IconButton label={t("metaApps.removeName", { name: app.name })} onClick={() => setConfirming(true)}>
            <Trash2 className="size-4" />
          </IconButton>
        )}
      </div>
      <CallbackDetails app={app} />
    </li>
  );
}

export function CallbackDetails({ app }: { app: MetaApp }) {
  return (
    <div className="grid gap-3 sm:grid-cols-2">
      <CopyField label={t("metaApps.callback")} value={window.location.origin + app.callback_path} />
      <CopyField label={t("metaApps.verifyToken")} value={app.verify_token} />
      <p className="text-sm text-ink-3 sm:col-span-2">{t("metaApps.where")}</p>
    </div>
  );
}

export function MetaAppForm({ onDone, onCancel }: { onDone: () => void; onCancel: () => void }) {
  const [name, setName] = useState("");
  const [secret, setSecret] = useState("");
  const [portfolio, setPortfolio] = useState("");
  const create = useCreateMetaApp();
  const error = create.error instanceof ApiError ? create.error : null;
  const fieldError = (field: string) => (error?.field === field ? error.message : null);
  return (
    <form
      className="space-y-4"
      onSubmit={(event) => {
        event.preventDefault();
        const extra = portfolio.trim() === "" ? {} : { portfolio_id: portfolio.trim() };
        create.mutate({ name: name.trim(), app_secret: secret.trim(), ...extra }, { onSuccess: onDone });
      }}
    >
      <TextField label={t("metaApps.name")} required value={name} onChange={(event) => setName(event.target.value)} error={fieldError("name")} />
      <TextField
        label={t("metaApps.secret")}
        hint={t("metaApps.secretHint")}
        type="password"
        autoComplete="off"
        required
        value={secret}
        onChange={(event) => setSecret(event.target.value)}
        error={fieldError("app_secret")}
      />
      <TextField
        label={t("metaApps.portfolio")}
        hint={t("metaApps.portfolioHint")}
        dir="ltr"
        value={portfolio}
        onChange={(event) => setPortfolio(event.target.value)}
        error={fieldError("portfolio_id")}
      />
      {!error?.field && <FormError error={create.error} />}
      <div className="flex justify-end gap-2">
        <Button onClick={onCancel}>{t("action.cancel")}</Button>
        <Button type="submit" variant="primary" busy={create.isPending}>
          {t("action.create")}
        </Button>
      </div>
    </form>
  );
}
