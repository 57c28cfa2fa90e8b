import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { ApiError } from "@/api/client";
import type { MetaApp } from "@/api/types";
import { t } from "@/i18n";
import { Button } from "@/ui/button";
import { SelectField, TextField } from "@/ui/field";
import { FormError, Skeleton } from "@/ui/states";
import { type NewAccount, metaAppsQuery, useCreateAccount } from "./api";
import { COLORS, ColorField } from "./color-field";
import { CallbackDetails, MetaAppForm } from "./meta-apps";

/** Connects a Cloud API number: first the Meta app it belongs to, then the number, then what to paste at Meta. */
export default function CloudNumber({ onClose }: { onClose: () => void }) {
  const { data: apps } = useQuery(metaAppsQuery);
  const [newApp, setNewApp] = useState(false);
  const [done, setDone] = useState<MetaApp | null>(null);
  if (!apps) return <Skeleton className="h-48" />;
  if (done) return <Finished app={done} onClose={onClose} />;
  if (apps.length === 0 || newApp) {
    return (
      <>
        <p className="mb-4 text-ink-3">{t("addNumber.appFirst")}</p>
        <MetaAppForm onDone={() => setNewApp(false)} onCancel={apps.length === 0 ? onClose : () => setNewApp(false)} />
      </>
    );
  }
  return <NumberForm apps={apps} onNewApp={() => setNewApp(true)} onCancel={onClose} onDone={setDone} />;
}

interface NumberFormProps {
  apps: MetaApp[];
  onNewApp: () => void;
  onCancel: () => void;
  onDone: (app: MetaApp) => void;
}

type Fields = Required<Omit<NewAccount, "channel">>;

function NumberForm({ apps, onNewApp, onCancel, onDone }: NumberFormProps) {
  const [form, setForm] = useState<Fields>({
    name: "",
    color: COLORS[0] ?? "",
    phone: "",
    phone_number_id: "",
    waba_id: "",
    meta_app_id: apps.at(-1)?.id ?? "",
    access_token: "",
  });
  const create = useCreateAccount();
  const error = create.error instanceof ApiError ? create.error : null;
  const bind = (field: Exclude<keyof Fields, "color">) => ({
    value: form[field],
    onChange: (event: React.ChangeEvent<HTMLInputElement | HTMLSelectElement>) => setForm({ ...form, [field]: event.target.value }),
    error: error?.field === field ? error.message : null,
  });
  const submit = () => {
    const { access_token, ...rest } = form;
    const body: NewAccount = { channel: "cloud", ...rest, ...(access_token === "" ? {} : { access_token }) };
    const app = apps.find((item) => item.id === form.meta_app_id);
    create.mutate(body, { onSuccess: () => app && onDone(app) });
  };
  return (
    <form
      className="space-y-4"
      onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
    >
      <div className="flex items-end gap-2">
        <div className="min-w-0 grow">
          <SelectField label={t("addNumber.app")} {...bind("meta_app_id")}>
            {apps.map((app) => (
              <option key={app.id} value={app.id}>
                {app.name}
              </option>
            ))}
          </SelectField>
        </div>
        <Button onClick={onNewApp}>{t("metaApps.new")}</Button>
      </div>
      <div className="grid gap-4 sm:grid-cols-2">
        <TextField label={t("accounts.name")} hint={t("addNumber.nameHint")} required {...bind("name")} />
        <TextField label={t("addNumber.phone")} type="tel" dir="ltr" required placeholder="+34 600 000 000" {...bind("phone")} />
        <TextField label={t("addNumber.phoneNumberId")} dir="ltr" inputMode="numeric" required {...bind("phone_number_id")} />
        <TextField label={t("addNumber.wabaId")} dir="ltr" inputMode="numeric" required {...bind("waba_id")} />
      </div>
      <TextField
        label={t("addNumber.token")}
        hint={t("addNumber.tokenHint")}
        type="password"
        autoComplete="off"
        {...bind("access_token")}
      />
      <ColorField value={form.color} onChange={(color) => setForm({ ...form, color })} />
      {!error?.field && <FormError error={create.error} />}
      <div className="flex justify-end gap-2 pt-2">
        <Button onClick={onCancel}>{t("action.cancel")}</Button>
        <Button type="submit" variant="primary" busy={create.isPending}>
          {t("accounts.add")}
        </Button>
      </div>
    </form>
  );
}

function Finished({ app, onClose }: { app: MetaApp; onClose: () => void }) {
  return (
    <div className="space-y-4">
      <p className="font-medium text-ok">{t("addNumber.done")}</p>
      <CallbackDetails app={app} />
      <div className="flex justify-end">
        <Button variant="primary" onClick={onClose}>
          {t("action.done")}
        </Button>
      </div>
    </div>
  );
}
