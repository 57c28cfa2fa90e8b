import { useId, useState } from "react";
import { ApiError } from "@/api/client";
import type { Webhook, WebhookEventType } from "@/api/types";
import { useAccounts } from "@/directory/api";
import { t } from "@/i18n";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { Switch, TextField } from "@/ui/field";
import { FormError } from "@/ui/states";
import { toast } from "@/ui/toast";
import { type WebhookFields, type WithSecret, useCreateWebhook, useUpdateWebhook } from "./api";
import { EventPicker } from "./event-picker";

/** What most begin with: to be told when a number needs somebody. */
const FIRST: WebhookEventType[] = ["account:down", "account:up"];

export function CreateWebhook({ onClose, onCreated }: { onClose: () => void; onCreated: (made: WithSecret) => void }) {
  const create = useCreateWebhook();
  return (
    <WebhookForm
      title={t("webhooks.add")}
      submit={t("action.create")}
      webhook={null}
      busy={create.isPending}
      error={create.error}
      onClose={onClose}
      onSave={(fields) => create.mutate(fields, { onSuccess: onCreated })}
    />
  );
}

export function EditWebhook({ webhook, onClose }: { webhook: Webhook; onClose: () => void }) {
  const update = useUpdateWebhook(webhook.id);
  const saved = () => {
    toast({ tone: "success", title: t("webhooks.saved") });
    onClose();
  };
  return (
    <WebhookForm
      title={t("webhooks.edit", { name: webhook.name })}
      submit={t("action.save")}
      webhook={webhook}
      busy={update.isPending}
      error={update.error}
      onClose={onClose}
      onSave={(fields) => update.mutate(fields, { onSuccess: saved })}
    />
  );
}

interface WebhookFormProps {
  title: string;
  submit: string;
  webhook: Webhook | null;
  busy: boolean;
  error: Error | null;
  onClose: () => void;
  onSave: (fields: WebhookFields) => void;
}

function WebhookForm({ title, submit, webhook, busy, error, onClose, onSave }: WebhookFormProps) {
  const form = useId();
  const [name, setName] = useState(webhook?.name ?? "");
  const [url, setUrl] = useState(webhook?.url ?? "");
  const [types, setTypes] = useState<WebhookEventType[]>(webhook?.event_types ?? FIRST);
  const [accounts, setAccounts] = useState<string[]>(webhook?.account_ids ?? []);
  const [enabled, setEnabled] = useState(webhook?.enabled ?? true);
  const [none, setNone] = useState(false);
  const refusal = error instanceof ApiError ? error : null;
  const fieldError = (field: string) => (refusal?.field === field ? refusal.message : null);
  return (
    <Dialog
      wide
      title={title}
      onClose={onClose}
      footer={
        <>
          <Button onClick={onClose}>{t("action.cancel")}</Button>
          <Button type="submit" form={form} variant="primary" busy={busy}>
            {submit}
          </Button>
        </>
      }
    >
      <form
        id={form}
        className="space-y-5"
        onSubmit={(event) => {
          event.preventDefault();
          setNone(types.length === 0);
          if (types.length > 0) onSave({ name: name.trim(), url: url.trim(), event_types: types, account_ids: accounts, enabled });
        }}
      >
        <TextField
          label={t("webhooks.name")}
          hint={t("webhooks.nameHint")}
          error={fieldError("name")}
          required
          maxLength={60}
          value={name}
          onChange={(event) => setName(event.target.value)}
        />
        <TextField
          label={t("webhooks.url")}
          hint={t("webhooks.urlHint")}
          error={fieldError("url")}
          required
          type="url"
          dir="ltr"
          inputMode="url"
          autoComplete="off"
          maxLength={2000}
          placeholder="https://"
          value={url}
          onChange={(event) => setUrl(event.target.value)}
        />
        <EventPicker
          value={types}
          error={none && types.length === 0 ? t("webhooks.chooseOne") : fieldError("event_types")}
          onChange={setTypes}
        />
        <AccountPicker value={accounts} onChange={setAccounts} />
        {webhook && <Switch label={t("webhooks.enabled")} hint={t("webhooks.enabledHint")} checked={enabled} onChange={setEnabled} />}
        {!refusal?.field && <FormError error={error} />}
      </form>
    </Dialog>
  );
}

/** All numbers, or some of them. */
function AccountPicker({ value, onChange }: { value: string[]; onChange: (ids: string[]) => void }) {
  const accounts = useAccounts();
  if (accounts.length < 2 && value.length === 0) return null;
  const toggle = (id: string, on: boolean) => onChange(on ? [...value, id] : value.filter((held) => held !== id));
  const all = value.length === 0;
  return (
    <fieldset>
      <legend className="mb-2 block text-sm font-medium text-ink-2">{t("webhooks.accounts")}</legend>
      <div className="max-h-52 space-y-1 overflow-y-auto rounded-xl border border-line p-3">
        <Choice label={t("webhooks.allAccounts")} checked={all} onChange={() => onChange([])} />
        {accounts.map((account) => (
          <Choice key={account.id} label={account.name} checked={value.includes(account.id)} onChange={(on) => toggle(account.id, on)} />
        ))}
      </div>
    </fieldset>
  );
}

function Choice({ label, checked, onChange }: { label: string; checked: boolean; onChange: (on: boolean) => void }) {
  return (
    <label className="flex cursor-pointer items-center gap-2.5 rounded-lg px-2 py-1.5 hover:bg-hover">
      <input type="checkbox" className="size-4 shrink-0 accent-accent" checked={checked} onChange={(event) => onChange(event.target.checked)} />
      <bdi className="min-w-0 truncate">{label}</bdi>
    </label>
  );
}
