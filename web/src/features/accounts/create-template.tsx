import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { applyTemplate } from "@/directory/replies";
import { t } from "@/i18n";
import { type TemplateForm, EMPTY_TEMPLATE, newTemplate } from "@/lib/new-template";
import { blanksIn, fillBlanks } from "@/lib/template";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { Field, SelectField, TextField } from "@/ui/field";
import { PreviewBubble } from "@/ui/sent-card";
import { FormError } from "@/ui/states";
import { toast } from "@/ui/toast";
import { createTemplate } from "./api";

const CATEGORIES = ["utility", "marketing"] as const;

/** The usual kind of template: words with blanks, and quick replies. Meta reviews it before it can be sent. */
export function CreateTemplate({ accountId, onClose }: { accountId: string; onClose: () => void }) {
  const client = useQueryClient();
  const [form, setForm] = useState(EMPTY_TEMPLATE);
  const set = (change: Partial<TemplateForm>) => setForm((held) => ({ ...held, ...change }));
  const create = useMutation({
    mutationFn: () => createTemplate(accountId, newTemplate(form)),
    onSuccess: (template) => {
      applyTemplate(client, template.id, template);
      toast({ tone: "success", title: t("accountTemplates.created") });
      onClose();
    },
  });
  const buttons = form.quickReplies.split("\n").map((title) => ({ title: title.trim() }));
  return (
    <Dialog wide title={t("accountTemplates.new")} onClose={onClose}>
      <form
        className="grid items-start gap-5 sm:grid-cols-2"
        onSubmit={(event) => {
          event.preventDefault();
          create.mutate();
        }}
      >
        <div className="space-y-4">
          <Fields form={form} set={set} />
          <FormError error={create.error} />
          <Button type="submit" variant="primary" busy={create.isPending}>
            {t("action.create")}
          </Button>
        </div>
        <section aria-label={t("templates.preview")}>
          <h3 className="mb-1.5 text-sm font-medium text-ink-2">{t("templates.preview")}</h3>
          <PreviewBubble
            content={{
              header: form.header,
              body: form.body === "" ? "…" : fillBlanks(form.body, form.examples),
              footer: form.footer,
              buttons: buttons.filter(({ title }) => title !== ""),
            }}
          />
        </section>
      </form>
    </Dialog>
  );
}

function Fields({ form, set }: { form: TemplateForm; set: (change: Partial<TemplateForm>) => void }) {
  return (
    <>
      <TextField
        label={t("accountTemplates.name")}
        hint={t("accountTemplates.nameHint")}
        required
        dir="ltr"
        maxLength={512}
        value={form.name}
        onChange={(event) => set({ name: event.target.value.toLowerCase().replace(/[\s-]+/g, "_").replace(/[^a-z0-9_]/g, "") })}
      />
      <TextField label={t("accountTemplates.language")} hint={t("accountTemplates.languageHint")} required dir="ltr" maxLength={10} value={form.language} onChange={(event) => set({ language: event.target.value })} />
      <SelectField label={t("accountTemplates.category")} value={form.category} onChange={(event) => set({ category: event.target.value })}>
        {CATEGORIES.map((category) => (
          <option key={category} value={category.toUpperCase()}>
            {t(`templateCategory.${category}`)}
          </option>
        ))}
      </SelectField>
      <TextField label={t("accountTemplates.header")} maxLength={60} value={form.header} onChange={(event) => set({ header: event.target.value })} />
      <Field label={t("accountTemplates.body")} hint={t("accountTemplates.bodyHint")}>
        {(ids) => <textarea {...ids} dir="auto" required rows={4} maxLength={1024} className="control" value={form.body} onChange={(event) => set({ body: event.target.value })} />}
      </Field>
      {blanksIn(form.body).map((blank) => (
        <TextField
          key={blank}
          label={t("accountTemplates.example", { n: blank })}
          required
          value={form.examples[blank] ?? ""}
          onChange={(event) => set({ examples: { ...form.examples, [blank]: event.target.value } })}
        />
      ))}
      <TextField label={t("accountTemplates.footer")} maxLength={60} value={form.footer} onChange={(event) => set({ footer: event.target.value })} />
      <Field label={t("accountTemplates.quickReplies")} hint={t("accountTemplates.quickRepliesHint")}>
        {(ids) => <textarea {...ids} dir="auto" rows={2} className="control" value={form.quickReplies} onChange={(event) => set({ quickReplies: event.target.value })} />}
      </Field>
    </>
  );
}
