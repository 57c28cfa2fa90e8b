import { Braces } from "lucide-react";
import { useRef } from "react";
import type { Template } from "@/api/types";
import { t, useLanguage } from "@/i18n";
import { blanksIn } from "@/lib/template";
import { LIMITS, type HeaderKind, type TemplateForm, type VariableFormat, isFileHeader, nextVariable } from "@/lib/template-form";
import { languageChoices } from "@/lib/template-languages";
import { Button } from "@/ui/button";
import { Field, SelectField, TextField } from "@/ui/field";
import { HeaderFileField } from "@/ui/header-file";
import { toastError } from "@/ui/toast";
import { uploadSample } from "./api";
import type { PartProps } from "./template-editor";

const CATEGORIES = ["utility", "marketing"] as const;
const HEADERS: readonly HeaderKind[] = ["none", "text", "image", "video", "document", "location"];
const FORMATS: readonly VariableFormat[] = ["positional", "named"];

const asName = (typed: string) => typed.toLowerCase().replace(/[\s-]+/g, "_").replace(/[^a-z0-9_]/g, "");

/** What it is called and what it is for. A template keeps its name, its language and the way its variables are named. */
export function About({ form, set, problemAt, held }: PartProps & { held: Template | null }) {
  const reader = useLanguage();
  const isApproved = held?.status.toUpperCase() === "APPROVED";
  return (
    <div className="grid gap-4 sm:grid-cols-2">
      <div className="sm:col-span-2">
        <TextField
          label={t("accountTemplates.name")}
          hint={t(held ? "accountTemplates.nameStays" : "accountTemplates.nameHint")}
          error={problemAt("name")}
          readOnly={held !== null}
          dir="ltr"
          autoComplete="off"
          spellCheck={false}
          maxLength={LIMITS.name}
          value={form.name}
          onChange={(event) => set({ name: asName(event.target.value) })}
        />
      </div>
      <SelectField label={t("accountTemplates.language")} disabled={held !== null} error={problemAt("language")} value={form.language} onChange={(event) => set({ language: event.target.value })}>
        {languageChoices(reader, form.language).map(({ code, name }) => (
          <option key={code} value={code}>
            {name} · {code}
          </option>
        ))}
      </SelectField>
      <SelectField
        label={t("accountTemplates.category")}
        disabled={isApproved}
        hint={isApproved ? t("accountTemplates.categoryStays") : form.category === "MARKETING" ? t("accountTemplates.marketingHint") : t("accountTemplates.utilityHint")}
        error={problemAt("category")}
        value={form.category}
        onChange={(event) => set({ category: event.target.value })}
      >
        {CATEGORIES.map((category) => (
          <option key={category} value={category.toUpperCase()}>
            {t(`templateCategory.${category}`)}
          </option>
        ))}
      </SelectField>
    </div>
  );
}

export function Words({ form, set, problemAt, accountId, isNew }: PartProps & { accountId: string; isNew: boolean }) {
  return (
    <div className="space-y-4">
      <SelectField label={t("accountTemplates.header")} value={form.header} onChange={(event) => set({ header: event.target.value as HeaderKind, sample: null })}>
        {HEADERS.map((kind) => (
          <option key={kind} value={kind}>
            {t(`templateHeader.${kind}`)}
          </option>
        ))}
      </SelectField>
      {form.header === "text" && (
        <>
          <TextField
            label={t("accountTemplates.headerText")}
            hint={counted(form.headerText, LIMITS.header)}
            error={problemAt("header")}
            maxLength={LIMITS.header}
            value={form.headerText}
            onChange={(event) => set({ headerText: event.target.value })}
          />
          <Examples part="header" form={form} set={set} problemAt={problemAt} />
        </>
      )}
      {isFileHeader(form.header) && <Sample form={form} set={set} problemAt={problemAt} accountId={accountId} isNew={isNew} />}
      <Body form={form} set={set} problemAt={problemAt} isNew={isNew} />
      <Examples part="body" form={form} set={set} problemAt={problemAt} />
      <TextField
        label={t("accountTemplates.footer")}
        hint={form.footer === "" ? undefined : counted(form.footer, LIMITS.footer)}
        error={problemAt("footer")}
        maxLength={LIMITS.footer}
        value={form.footer}
        onChange={(event) => set({ footer: event.target.value })}
      />
    </div>
  );
}

const counted = (text: string, most: number) => t("accountTemplates.count", { n: text.length, most });

function Sample({ form, set, problemAt, accountId, isNew }: PartProps & { accountId: string; isNew: boolean }) {
  const latest = useRef<string | null>(null);
  const choose = async (file: File) => {
    const url = URL.createObjectURL(file);
    latest.current = url;
    const sample = { handle: null, name: file.name, mime: file.type, url };
    set({ sample });
    try {
      const { handle } = await uploadSample(accountId, file);
      // Another file, or another kind of heading, may have been chosen meanwhile.
      if (latest.current === url) set({ sample: { ...sample, handle } });
    } catch (error) {
      if (latest.current === url) set({ sample: null });
      toastError(error);
    }
  };
  const error = problemAt("sample");
  return (
    <Field label={t("accountTemplates.sample")} hint={t(isNew ? `sampleHint.${form.header as "image" | "video" | "document"}` : "accountTemplates.sampleAgain")} error={error}>
      {(ids) => (
        <HeaderFileField
          key={form.header}
          id={ids.id}
          format={form.header.toUpperCase()}
          file={form.sample}
          uploading={form.sample?.handle === null}
          invalid={ids["aria-invalid"]}
          describedBy={ids["aria-describedby"]}
          onChoose={(file) => void choose(file)}
        />
      )}
    </Field>
  );
}

function Body({ form, set, problemAt, isNew }: PartProps & { isNew: boolean }) {
  const area = useRef<HTMLTextAreaElement>(null);
  const add = () => {
    const element = area.current;
    if (!element) return;
    const name = nextVariable(form.body, form.format);
    element.focus();
    element.setRangeText(`{{${name}}}`, element.selectionStart, element.selectionEnd, "end");
    // The name stands selected, so that typing replaces it.
    if (form.format === "named") element.setSelectionRange(element.selectionEnd - name.length - 2, element.selectionEnd - 2);
    set({ body: element.value });
  };
  return (
    <>
      <Field label={t("accountTemplates.body")} hint={`${t("accountTemplates.bodyHint")} ${counted(form.body, LIMITS.body)}`} error={problemAt("body")}>
        {(ids) => (
          <textarea {...ids} ref={area} dir="auto" rows={5} maxLength={LIMITS.body} className="control field-sizing-content max-h-80 min-h-28" value={form.body} onChange={(event) => set({ body: event.target.value })} />
        )}
      </Field>
      <div className="flex flex-wrap items-center gap-2">
        <Button small icon={<Braces className="size-4" />} onClick={add}>
          {t("accountTemplates.addVariable")}
        </Button>
        <select
          aria-label={t("accountTemplates.variables")}
          disabled={!isNew}
          className="control w-auto! py-1! text-sm min-h-8!"
          value={form.format}
          onChange={(event) => set(inFormat(form, event.target.value as VariableFormat))}
        >
          {FORMATS.map((format) => (
            <option key={format} value={format}>
              {t(`variableFormat.${format}`)}
            </option>
          ))}
        </select>
      </div>
    </>
  );
}

/** The variables are named anew, in the order in which they stand, and keep their examples. */
function inFormat(form: TemplateForm, format: VariableFormat): Partial<TemplateForm> {
  const renamed = (part: "header" | "body", text: string) => {
    const examples: Record<string, string> = {};
    let next = text;
    for (const [index, blank] of blanksIn(text).entries()) {
      const name = format === "named" ? `name_${index + 1}` : String(index + 1);
      next = next.replaceAll(new RegExp(`\\{\\{\\s*${blank}\\s*\\}\\}`, "g"), `{{ ${name} }}`);
      examples[name] = form.examples[part][blank] ?? "";
    }
    return { text: next.replaceAll(/\{\{ (\w+) \}\}/g, "{{$1}}"), examples };
  };
  const [header, body] = [renamed("header", form.headerText), renamed("body", form.body)];
  return { format, headerText: header.text, body: body.text, examples: { header: header.examples, body: body.examples } };
}

function Examples({ part, form, set, problemAt }: PartProps & { part: "header" | "body" }) {
  const blanks = blanksIn(part === "body" ? form.body : form.headerText);
  if (blanks.length === 0) return null;
  return (
    <fieldset className="grid gap-3 rounded-xl bg-bg p-3 sm:grid-cols-2">
      <legend className="sr-only">{t("accountTemplates.examples")}</legend>
      <p className="text-sm text-ink-3 sm:col-span-2">{t("accountTemplates.examples")}</p>
      {blanks.map((blank) => (
        <TextField
          key={blank}
          label={t("accountTemplates.example", { n: blank })}
          error={problemAt(`example.${part}.${blank}`)}
          value={form.examples[part][blank] ?? ""}
          onChange={(event) => set({ examples: { ...form.examples, [part]: { ...form.examples[part], [blank]: event.target.value } } })}
        />
      ))}
    </fieldset>
  );
}
