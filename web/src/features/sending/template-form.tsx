import { SendHorizontal } from "lucide-react";
import { useState } from "react";
import type { Conversation, Template } from "@/api/types";
import { t } from "@/i18n";
import { NO_VALUES, type TemplateParts, type TemplateValues, filledContent, isComplete, needsFile, partsOf, templateBody } from "@/lib/template";
import { Button } from "@/ui/button";
import { TextField } from "@/ui/field";
import { type HeaderFile, HeaderFileField, HeaderLook } from "@/ui/header-file";
import { PreviewBubble } from "@/ui/sent-card";
import { FormError } from "@/ui/states";
import { newClientId } from "./api";
import type { Content } from "./send";
import { upload } from "./upload";

interface FormProps {
  template: Template;
  conversation: Conversation;
  onSend: (content: Content, template: Record<string, unknown>) => void;
}

interface ChosenFile extends HeaderFile {
  uploadId: string | null;
}

export function TemplateForm({ template, conversation, onSend }: FormProps) {
  const parts = partsOf(template);
  const [values, setValues] = useState<TemplateValues>(NO_VALUES);
  const [file, setFile] = useState<ChosenFile | null>(null);
  const [error, setError] = useState<unknown>(null);
  const set = (part: keyof TemplateValues, blank: string, value: string) => setValues((held) => ({ ...held, [part]: { ...held[part], [blank]: value } }));
  const choose = async (chosen: File) => {
    setError(null);
    const held = { url: URL.createObjectURL(chosen), mime: chosen.type, name: chosen.name, uploadId: null };
    setFile(held);
    try {
      const { id } = await upload(newClientId(), conversation.id, chosen, chosen.name);
      setFile({ ...held, uploadId: id });
    } catch (failed) {
      setFile(null);
      setError(failed);
    }
  };
  const ready = isComplete(parts, values, file !== null && file.uploadId !== null);
  const content = filledContent(template, parts, values);
  return (
    <form
      className="grid items-start gap-5 sm:grid-cols-2"
      onSubmit={(event) => {
        event.preventDefault();
        if (ready) onSend({ template: templateBody(template, parts, values, file?.uploadId ?? null) }, content);
      }}
    >
      <div className="space-y-4">
        {needsFile(parts) && <HeaderFileField format={parts.header?.format ?? ""} file={file} uploading={file?.uploadId === null} onChoose={(chosen) => void choose(chosen)} />}
        <Blanks parts={parts} values={values} contactName={conversation.contact.name} onChange={set} />
        <FormError error={error} />
        <Button type="submit" variant="primary" disabled={!ready} icon={<SendHorizontal className="size-4 rtl:-scale-x-100" />}>
          {t("templates.send")}
        </Button>
      </div>
      <section aria-label={t("templates.preview")}>
        <h3 className="mb-1.5 text-sm font-medium text-ink-2">{t("templates.preview")}</h3>
        <PreviewBubble content={content} media={<HeaderLook format={parts.header?.format ?? ""} file={file} />} />
      </section>
    </form>
  );
}

interface BlanksProps {
  parts: TemplateParts;
  values: TemplateValues;
  contactName: string;
  onChange: (part: keyof TemplateValues, blank: string, value: string) => void;
}

function Blanks({ parts, values, contactName, onChange }: BlanksProps) {
  const label = (blank: string, heading: boolean) => {
    const name = /^\d+$/.test(blank) ? t("templates.blank", { n: blank }) : blank.replaceAll("_", " ");
    return heading ? t("templates.inHeader", { name }) : name;
  };
  const field = (part: "header" | "body", blank: string) => (
    <TextField
      key={`${part} ${blank}`}
      label={label(blank, part === "header")}
      placeholder={parts.examples[part][blank]}
      list={`${part}-suggestions`}
      required
      maxLength={1024}
      value={values[part][blank] ?? ""}
      onChange={(event) => onChange(part, blank, event.target.value)}
    />
  );
  const none = (parts.header?.blanks.length ?? 0) + parts.body.blanks.length === 0 && !parts.buttons.some((button) => button.needsValue);
  return (
    <>
      {none && !needsFile(parts) && <p className="text-ink-2">{t("templates.noBlanks")}</p>}
      {parts.header?.blanks.map((blank) => field("header", blank))}
      {parts.body.blanks.map((blank) => field("body", blank))}
      {parts.buttons.map((button, index) =>
        button.needsValue ? (
          <TextField
            key={index}
            label={t("templates.forButton", { name: button.text === "" ? t("card.copyCode") : button.text })}
            hint={button.url === null ? undefined : <span dir="ltr">{button.url}</span>}
            required
            value={values.buttons[index] ?? ""}
            onChange={(event) => onChange("buttons", String(index), event.target.value)}
          />
        ) : null,
      )}
      {(["header", "body"] as const).map((part) => (
        <datalist key={part} id={`${part}-suggestions`}>
          <option value={contactName} />
          <option value={contactName.split(/\s+/)[0]} />
        </datalist>
      ))}
    </>
  );
}
