import { Plus, X } from "lucide-react";
import { useState } from "react";
import type { InteractiveBody } from "@/api/types";
import { t } from "@/i18n";
import { Button, IconButton } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { Field, SelectField, TextField } from "@/ui/field";
import { PreviewBubble } from "@/ui/sent-card";
import { EMPTY_FORM, type InteractiveForm, type Kind, LIMITS, interactiveBody } from "./interactive";

interface InteractiveProps {
  onSend: (interactive: InteractiveBody) => void;
  onClose: () => void;
}

interface PartProps {
  form: InteractiveForm;
  set: (change: Partial<InteractiveForm>) => void;
}

const KINDS: readonly Kind[] = ["button", "list", "cta_url"];

export default function InteractiveDialog({ onSend, onClose }: InteractiveProps) {
  const [form, setForm] = useState(EMPTY_FORM);
  const set = (change: Partial<InteractiveForm>) => setForm((held) => ({ ...held, ...change }));
  const body = interactiveBody(form);
  return (
    <Dialog wide title={t("interactive.title")} onClose={onClose}>
      <form
        className="grid items-start gap-5 sm:grid-cols-2"
        onSubmit={(event) => {
          event.preventDefault();
          if (body) onSend(body);
        }}
      >
        <div className="space-y-4">
          <SelectField label={t("interactive.kind")} value={form.kind} onChange={(event) => set({ kind: event.target.value as Kind })}>
            {KINDS.map((kind) => (
              <option key={kind} value={kind}>
                {t(`interactive.${kind}`)}
              </option>
            ))}
          </SelectField>
          <TextField label={t("interactive.header")} maxLength={LIMITS.header} value={form.header} onChange={(event) => set({ header: event.target.value })} />
          <Field label={t("interactive.body")}>
            {(ids) => (
              <textarea {...ids} dir="auto" required rows={3} maxLength={LIMITS.body} className="control" value={form.body} onChange={(event) => set({ body: event.target.value })} />
            )}
          </Field>
          <TextField label={t("interactive.footer")} maxLength={LIMITS.footer} value={form.footer} onChange={(event) => set({ footer: event.target.value })} />
          {form.kind === "button" && <Buttons form={form} set={set} />}
          {form.kind === "list" && <Rows form={form} set={set} />}
          {form.kind === "cta_url" && <Link form={form} set={set} />}
          <Button type="submit" variant="primary" disabled={!body}>
            {t("composer.send")}
          </Button>
        </div>
        <section aria-label={t("templates.preview")}>
          <h3 className="mb-1.5 text-sm font-medium text-ink-2">{t("templates.preview")}</h3>
          <PreviewBubble content={{ ...(body ?? { body: form.body.trim() === "" ? "…" : form.body, header: form.header, footer: form.footer }) }} />
        </section>
      </form>
    </Dialog>
  );
}

function Buttons({ form, set }: PartProps) {
  return (
    <fieldset className="space-y-2">
      <legend className="mb-1.5 text-sm font-medium text-ink-2">{t("interactive.buttons")}</legend>
      {form.buttons.map((title, index) => (
        <div key={index} className="flex items-center gap-1">
          <input
            aria-label={t("interactive.buttonN", { n: index + 1 })}
            dir="auto"
            className="control"
            maxLength={LIMITS.buttonTitle}
            value={title}
            onChange={(event) => set({ buttons: form.buttons.with(index, event.target.value) })}
          />
          {form.buttons.length > 1 && (
            <IconButton label={t("interactive.remove", { n: index + 1 })} onClick={() => set({ buttons: form.buttons.toSpliced(index, 1) })}>
              <X className="size-4" />
            </IconButton>
          )}
        </div>
      ))}
      {form.buttons.length < LIMITS.buttons && (
        <Button small icon={<Plus className="size-4" />} onClick={() => set({ buttons: [...form.buttons, ""] })}>
          {t("interactive.addButton")}
        </Button>
      )}
    </fieldset>
  );
}

function Rows({ form, set }: PartProps) {
  const change = (index: number, over: Partial<InteractiveForm["rows"][number]>) =>
    set({ rows: form.rows.map((row, at) => (at === index ? { ...row, ...over } : row)) });
  return (
    <>
      <TextField label={t("interactive.listButton")} required maxLength={LIMITS.buttonTitle} value={form.listButton} onChange={(event) => set({ listButton: event.target.value })} />
      <fieldset className="space-y-2">
        <legend className="mb-1.5 text-sm font-medium text-ink-2">{t("interactive.rows")}</legend>
        {form.rows.map((row, index) => (
          <div key={index} className="flex items-start gap-1">
            <div className="min-w-0 grow space-y-1">
              <input
                aria-label={t("interactive.rowN", { n: index + 1 })}
                placeholder={t("interactive.rowN", { n: index + 1 })}
                dir="auto"
                className="control"
                maxLength={LIMITS.rowTitle}
                value={row.title}
                onChange={(event) => change(index, { title: event.target.value })}
              />
              <input
                aria-label={t("interactive.descriptionN", { n: index + 1 })}
                placeholder={t("interactive.description")}
                dir="auto"
                className="control"
                maxLength={LIMITS.rowDescription}
                value={row.description}
                onChange={(event) => change(index, { description: event.target.value })}
              />
            </div>
            {form.rows.length > 1 && (
              <IconButton label={t("interactive.remove", { n: index + 1 })} onClick={() => set({ rows: form.rows.toSpliced(index, 1) })}>
                <X className="size-4" />
              </IconButton>
            )}
          </div>
        ))}
        {form.rows.length < LIMITS.rows && (
          <Button small icon={<Plus className="size-4" />} onClick={() => set({ rows: [...form.rows, { title: "", description: "" }] })}>
            {t("interactive.addRow")}
          </Button>
        )}
      </fieldset>
    </>
  );
}

function Link({ form, set }: PartProps) {
  return (
    <>
      <TextField label={t("interactive.urlTitle")} required maxLength={LIMITS.buttonTitle} value={form.urlTitle} onChange={(event) => set({ urlTitle: event.target.value })} />
      <TextField label={t("interactive.url")} type="url" dir="ltr" required placeholder="https://" value={form.url} onChange={(event) => set({ url: event.target.value })} />
    </>
  );
}
