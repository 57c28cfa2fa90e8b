/** Templates as Meta describes them: their parts, the blanks in them, and the texts once the blanks are filled. Pure. */
import type { Template, TemplateBody, Values } from "@/api/types";
import { type Content, listAt, objectAt, textAt } from "./content";

export type HeaderFormat = "TEXT" | "IMAGE" | "VIDEO" | "DOCUMENT" | "LOCATION";

export interface TemplateButton {
  type: string;
  text: string;
  /** The address up to the blank, where the button has one; its value is asked for. */
  url: string | null;
  needsValue: boolean;
}

export interface TemplateParts {
  header: { format: HeaderFormat; text: string; blanks: string[] } | null;
  body: { text: string; blanks: string[] };
  footer: string | null;
  buttons: TemplateButton[];
  /** As given when the template was made. */
  examples: ExampleValues;
}

/** Example values by part and blank. */
export interface ExampleValues {
  header: Record<string, string>;
  body: Record<string, string>;
}

const BLANK = /\{\{\s*(\w+)\s*\}\}/g;

/** The names (or numbers) of the blanks in a text, each once, in order. */
export function blanksIn(text: string): string[] {
  return [...new Set(Array.from(text.matchAll(BLANK), (match) => match[1] ?? ""))];
}

function component(template: Pick<Template, "components">, type: string): Content | undefined {
  return template.components.find((item) => textAt(item, "type")?.toUpperCase() === type);
}

function examplesOf(part: Content | undefined, kind: "header" | "body", blanks: string[]): Record<string, string> {
  const example = part ? objectAt(part, "example") : null;
  if (!example) return {};
  const named = listAt(example, `${kind}_text_named_params`);
  if (named.length > 0) {
    return Object.fromEntries(named.map((item) => [textAt(item, "param_name") ?? "", textAt(item, "example") ?? ""]));
  }
  const raw = example[`${kind}_text`];
  const flat: unknown[] = Array.isArray(raw) ? raw.flat() : [];
  // They stand in the order of the numbers, not of the text.
  return Object.fromEntries(blanks.toSorted((a, b) => Number(a) - Number(b)).map((blank, index) => [blank, typeof flat[index] === "string" ? flat[index] : ""]));
}

function buttonOf(item: Content): TemplateButton {
  const type = textAt(item, "type")?.toUpperCase() ?? "";
  const url = textAt(item, "url");
  const needsValue = type === "COPY_CODE" || (url !== null && blanksIn(url).length > 0);
  return { type, text: textAt(item, "text") ?? "", url, needsValue };
}

export function partsOf(template: Pick<Template, "components">): TemplateParts {
  const header = component(template, "HEADER");
  const body = component(template, "BODY");
  const footer = component(template, "FOOTER");
  const buttons = component(template, "BUTTONS");
  const headerText = header ? (textAt(header, "text") ?? "") : "";
  const bodyText = body ? (textAt(body, "text") ?? "") : "";
  const headerBlanks = blanksIn(headerText);
  const bodyBlanks = blanksIn(bodyText);
  return {
    header: header
      ? { format: (textAt(header, "format")?.toUpperCase() ?? "TEXT") as HeaderFormat, text: headerText, blanks: headerBlanks }
      : null,
    body: { text: bodyText, blanks: bodyBlanks },
    footer: footer ? textAt(footer, "text") : null,
    buttons: buttons ? listAt(buttons, "buttons").map(buttonOf) : [],
    examples: { header: examplesOf(header, "header", headerBlanks), body: examplesOf(body, "body", bodyBlanks) },
  };
}

/** What was typed into the form. */
export interface TemplateValues {
  header: Record<string, string>;
  body: Record<string, string>;
  buttons: Record<string, string>;
}

export const NO_VALUES: TemplateValues = { header: {}, body: {}, buttons: {} };

/** An empty blank stays visible, so that the preview shows what is missing. */
export function fillBlanks(text: string, values: Record<string, string>): string {
  return text.replace(BLANK, (whole, name: string) => {
    const value = values[name] ?? "";
    return value === "" ? whole : value;
  });
}

export function needsFile(parts: TemplateParts): boolean {
  return parts.header !== null && ["IMAGE", "VIDEO", "DOCUMENT"].includes(parts.header.format);
}

export function isComplete(parts: TemplateParts, values: TemplateValues, hasFile: boolean): boolean {
  const filled = (blanks: string[], given: Record<string, string>) => blanks.every((blank) => (given[blank] ?? "").trim() !== "");
  const buttons = parts.buttons.every((button, index) => !button.needsValue || (values.buttons[index] ?? "").trim() !== "");
  return filled(parts.header?.blanks ?? [], values.header) && filled(parts.body.blanks, values.body) && buttons && (!needsFile(parts) || hasFile);
}

function valuesFor(template: Template, blanks: string[], values: Record<string, string>): Values {
  const trimmed = (blank: string) => (values[blank] ?? "").trim();
  if (template.parameter_format === "named") return Object.fromEntries(blanks.map((blank) => [blank, trimmed(blank)]));
  // Positions count from 1, wherever in the text they stand.
  return blanks.toSorted((a, b) => Number(a) - Number(b)).map(trimmed);
}

/** The body of the request. */
export function templateBody(template: Template, parts: TemplateParts, values: TemplateValues, uploadId: string | null): TemplateBody {
  const header = parts.header?.blanks ?? [];
  const buttons = Object.entries(values.buttons).filter(([index, value]) => parts.buttons[Number(index)]?.needsValue && value.trim() !== "");
  return {
    template_id: template.id,
    parameters: {
      ...(header.length > 0 ? { header: valuesFor(template, header, values.header) } : {}),
      ...(parts.body.blanks.length > 0 ? { body: valuesFor(template, parts.body.blanks, values.body) } : {}),
      ...(buttons.length > 0 ? { buttons: Object.fromEntries(buttons.map(([index, value]) => [index, value.trim()])) } : {}),
    },
    ...(uploadId === null ? {} : { header_upload_id: uploadId }),
  };
}

/** The content of a bubble that shows this template with these values: the shape in which the server keeps it. */
export function filledContent(template: Template, parts: TemplateParts, values: TemplateValues): Content {
  const { header } = parts;
  return {
    name: template.name,
    language: template.language,
    category: template.category,
    ...(header?.format === "TEXT" ? { header: fillBlanks(header.text, values.header) } : {}),
    body: fillBlanks(parts.body.text, values.body),
    ...(parts.footer === null ? {} : { footer: parts.footer }),
    ...(parts.buttons.length > 0 ? { buttons: parts.buttons.map(({ type, text }) => ({ type, title: text })) } : {}),
  };
}
