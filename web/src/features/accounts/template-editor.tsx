import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useId, useRef, useState } from "react";
import { ApiError } from "@/api/client";
import type { Template } from "@/api/types";
import { applyTemplate } from "@/directory/replies";
import { t } from "@/i18n";
import { fillBlanks } from "@/lib/template";
import { type Problems, checkTemplate, fieldOf } from "@/lib/template-check";
import { type TemplateForm, EMPTY_TEMPLATE, componentsOf, formOf, isFileHeader } from "@/lib/template-form";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { HeaderLook } from "@/ui/header-file";
import { PreviewBubble } from "@/ui/sent-card";
import { FormError } from "@/ui/states";
import { errorText, toast } from "@/ui/toast";
import { changeTemplate, createTemplate } from "./api";
import { Buttons } from "./template-buttons";
import { About, Words } from "./template-fields";

export type SetForm = (change: Partial<TemplateForm>) => void;
/** What is wrong at a field, in words. */
export type ProblemAt = (field: string) => string | null;

export interface PartProps {
  form: TemplateForm;
  set: SetForm;
  problemAt: ProblemAt;
}

interface EditorProps {
  accountId: string;
  /** null: a new one. */
  template: Template | null;
  onClose: () => void;
}

/** Meta reviews a template before it can be sent, and again after every change. */
export default function TemplateEditor({ accountId, template, onClose }: EditorProps) {
  const formId = useId();
  const element = useRef<HTMLFormElement>(null);
  const [begun] = useState(() => (template ? formOf(template) : EMPTY_TEMPLATE));
  const [form, setForm] = useState(begun);
  const [shown, setShown] = useState(false);
  const [leaving, setLeaving] = useState(false);
  const save = useSave(accountId, template, onClose);
  const problems = checkTemplate(form);
  const problemAt = (field: string) => (shown ? wordsOf(problems, field) : null) ?? refusedAt(save.error, form, field);
  const set = (change: Partial<TemplateForm>) => {
    save.reset();
    setLeaving(false);
    setForm((held) => ({ ...held, ...change }));
  };
  const submit = () => {
    setShown(true);
    setLeaving(false);
    if (Object.keys(problems).length === 0) save.mutate(form);
    // After the words have been drawn, so that a screen reader finds them at the field.
    else requestAnimationFrame(() => element.current?.querySelector<HTMLElement>("[aria-invalid=true]")?.focus());
  };
  return (
    <Dialog
      wide="full"
      title={template ? t("accountTemplates.edit", { name: template.name }) : t("accountTemplates.new")}
      onClose={() => (form === begun ? onClose() : setLeaving(true))}
      footer={leaving ? <Leave onStay={() => setLeaving(false)} onLeave={onClose} /> : <Save formId={formId} isNew={!template} busy={save.isPending} onClose={onClose} />}
    >
      <form
        id={formId}
        ref={element}
        noValidate
        className="grid items-start gap-6 md:grid-cols-[minmax(0,3fr)_minmax(0,2fr)]"
        onSubmit={(event) => {
          event.preventDefault();
          submit();
        }}
      >
        <div className="min-w-0 space-y-6">
          <About form={form} set={set} problemAt={problemAt} held={template} />
          <Words form={form} set={set} problemAt={problemAt} accountId={accountId} isNew={!template} />
          <Buttons form={form} set={set} problemAt={problemAt} />
          {!isAtField(save.error, form) && <FormError error={save.error} />}
        </div>
        <Preview form={form} />
      </form>
    </Dialog>
  );
}

function useSave(accountId: string, template: Template | null, onClose: () => void) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (form: TemplateForm) => {
      const { name, language, category, format } = form;
      const components = componentsOf(form);
      if (!template) return createTemplate(accountId, { name, language, category, parameter_format: format, components });
      return changeTemplate(template.id, { components, ...(category === template.category.toUpperCase() ? {} : { category }) });
    },
    onSuccess: (saved) => {
      applyTemplate(client, saved.id, saved);
      toast({ tone: "success", title: t("accountTemplates.created") });
      onClose();
    },
  });
}

function wordsOf(problems: Problems, field: string): string | null {
  const problem = problems[field];
  return problem ? t(problem.key, problem.values) : null;
}

const fieldIn = (error: unknown, form: TemplateForm) => (error instanceof ApiError && error.field !== null ? fieldOf(form, error.field) : null);

function refusedAt(error: unknown, form: TemplateForm, field: string): string | null {
  if (fieldIn(error, form) !== field) return null;
  return field === "name" ? t("templateProblem.taken") : errorText(error);
}

/** Whether some field shows it; what has no field of its own is told above the buttons. */
function isAtField(error: unknown, form: TemplateForm): boolean {
  const field = fieldIn(error, form);
  return field !== null && /^(name|language|category|header|sample|body|footer|buttons\.\d+\.(text|url|example|phone|code))$/.test(field);
}

function Preview({ form }: { form: TemplateForm }) {
  return (
    <section aria-label={t("templates.preview")} className="min-w-0 md:sticky md:top-0">
      <h3 className="mb-1.5 text-sm font-medium text-ink-2">{t("templates.preview")}</h3>
      <PreviewBubble
        content={{
          header: form.header === "text" ? fillBlanks(form.headerText, form.examples.header) : "",
          body: form.body === "" ? "…" : fillBlanks(form.body, form.examples.body),
          footer: form.footer,
          buttons: form.buttons.map((button) => ({ type: button.kind === "other" ? button.held?.type : button.kind.toUpperCase(), title: button.kind === "copy_code" ? "" : button.text || "…" })),
        }}
        media={<HeaderLook format={form.header.toUpperCase()} file={isFileHeader(form.header) ? form.sample : null} />}
      />
      <p className="mt-2 text-sm text-pretty text-ink-3">{t("accountTemplates.review")}</p>
    </section>
  );
}

function Save({ formId, isNew, busy, onClose }: { formId: string; isNew: boolean; busy: boolean; onClose: () => void }) {
  return (
    <>
      <Button onClick={onClose}>{t("action.cancel")}</Button>
      <Button type="submit" form={formId} variant="primary" busy={busy}>
        {t(isNew ? "accountTemplates.handIn" : "accountTemplates.handInAgain")}
      </Button>
    </>
  );
}

function Leave({ onStay, onLeave }: { onStay: () => void; onLeave: () => void }) {
  return (
    <>
      <p role="alert" className="me-auto self-center font-medium">
        {t("accountTemplates.leave")}
      </p>
      <Button onClick={onStay}>{t("accountTemplates.stay")}</Button>
      <Button variant="danger" onClick={onLeave}>
        {t("accountTemplates.discard")}
      </Button>
    </>
  );
}
