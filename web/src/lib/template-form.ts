/** The form of a template, the parts that Meta wants for it, and a form from parts that Meta has. Pure. */
import type { Template } from "@/api/types";
import { type Content, listAt, textAt } from "./content";
import { type ExampleValues, blanksIn, fillBlanks, partsOf } from "./template";

export type HeaderKind = "none" | "text" | "image" | "video" | "document" | "location";
export type ButtonKind = "quick_reply" | "url" | "phone_number" | "copy_code";
export type VariableFormat = "positional" | "named";

/** A file that shows the reviewers what the heading may hold. */
export interface SampleFile {
  /** Meta's name for it; null while it is on its way there. */
  handle: string | null;
  name: string;
  mime: string;
  url: string;
}

export interface ButtonForm {
  /** Of this form only: a key for the screen. */
  id: number;
  /** "other": a kind that this form does not know; it is kept as it is. */
  kind: ButtonKind | "other";
  text: string;
  url: string;
  /** What stands in place of the variable of the address. */
  example: string;
  phone: string;
  code: string;
  held: Content | null;
}

export interface TemplateForm {
  name: string;
  language: string;
  category: string;
  format: VariableFormat;
  header: HeaderKind;
  headerText: string;
  sample: SampleFile | null;
  body: string;
  footer: string;
  buttons: ButtonForm[];
  /** By part and variable. */
  examples: ExampleValues;
}

export const LIMITS = { name: 512, header: 60, body: 1024, footer: 60, button: 25, url: 2000, phone: 20, code: 15, buttons: 10, urls: 2, phones: 1, codes: 1 } as const;

export const EMPTY_TEMPLATE: TemplateForm = {
  name: "",
  language: "en_US",
  category: "UTILITY",
  format: "positional",
  header: "none",
  headerText: "",
  sample: null,
  body: "",
  footer: "",
  buttons: [],
  examples: { header: {}, body: {} },
};

const EMPTY_BUTTON = { text: "", url: "", example: "", phone: "", code: "", held: null };

export const isFileHeader = (kind: HeaderKind) => kind === "image" || kind === "video" || kind === "document";

/** The variable of an address stands at its end. */
export const ADDRESS_END = "{{1}}";
export const isVariableAddress = (url: string) => url.includes("{{");

/** How many of a kind a template may have (Meta). */
const MOST: Record<ButtonKind, number> = { quick_reply: LIMITS.buttons, url: LIMITS.urls, phone_number: LIMITS.phones, copy_code: LIMITS.codes };

export function mayAdd(buttons: ButtonForm[], kind: ButtonKind): boolean {
  return buttons.length < LIMITS.buttons && buttons.filter((button) => button.kind === kind).length < MOST[kind];
}

/** Quick replies stay together, since Meta refuses them between other buttons. */
export function addButton(buttons: ButtonForm[], kind: ButtonKind): ButtonForm[] {
  const id = Math.max(0, ...buttons.map((button) => button.id)) + 1;
  const isReply = (button: ButtonForm) => button.kind === "quick_reply";
  const last = buttons.findLastIndex((button) => isReply(button) === (kind === "quick_reply"));
  return buttons.toSpliced(last < 0 ? buttons.length : last + 1, 0, { ...EMPTY_BUTTON, id, kind });
}

/** The name of the next variable: the next number, or a word that nobody has used. */
export function nextVariable(text: string, format: VariableFormat): string {
  const used = blanksIn(text);
  if (format === "positional") return String(Math.max(0, ...used.map(Number).filter(Number.isInteger)) + 1);
  let number = 1;
  while (used.includes(`name_${number}`)) number += 1;
  return used.includes("name") ? `name_${number}` : "name";
}

function textExample(part: "header" | "body", blanks: string[], form: TemplateForm): Content {
  if (blanks.length === 0) return {};
  const given = (blank: string) => (form.examples[part][blank] ?? "").trim();
  if (form.format === "named") {
    return { example: { [`${part}_text_named_params`]: blanks.map((blank) => ({ param_name: blank, example: given(blank) })) } };
  }
  const values = blanks.toSorted((a, b) => Number(a) - Number(b)).map(given);
  // Meta wants the body's values in a list of lists, the heading's in a plain one.
  return { example: { [`${part}_text`]: part === "body" ? [values] : values } };
}

function headerOf(form: TemplateForm): Content[] {
  const text = form.headerText.trim();
  if (form.header === "none") return [];
  if (form.header === "text") return [{ type: "HEADER", format: "TEXT", text, ...textExample("header", blanksIn(text), form) }];
  if (form.header === "location") return [{ type: "HEADER", format: "LOCATION" }];
  return [{ type: "HEADER", format: form.header.toUpperCase(), example: { header_handle: [form.sample?.handle ?? ""] } }];
}

function buttonOf(button: ButtonForm): Content {
  const text = button.text.trim();
  const url = button.url.trim();
  switch (button.kind) {
    case "quick_reply":
      return { type: "QUICK_REPLY", text };
    case "url":
      return { type: "URL", text, url, ...(isVariableAddress(url) ? { example: [fillBlanks(url, { "1": button.example.trim() })] } : {}) };
    case "phone_number":
      return { type: "PHONE_NUMBER", text, phone_number: button.phone.replace(/[^\d+]/g, "") };
    case "copy_code":
      // Meta writes the label of this button itself.
      return { type: "COPY_CODE", example: button.code.trim() };
    case "other":
      return button.held ?? {};
  }
}

export function componentsOf(form: TemplateForm): Content[] {
  const body = form.body.trim();
  return [
    ...headerOf(form),
    { type: "BODY", text: body, ...textExample("body", blanksIn(body), form) },
    ...(form.footer.trim() === "" ? [] : [{ type: "FOOTER", text: form.footer.trim() }]),
    ...(form.buttons.length === 0 ? [] : [{ type: "BUTTONS", buttons: form.buttons.map(buttonOf) }]),
  ];
}

const KNOWN_PARTS = ["HEADER", "BODY", "FOOTER", "BUTTONS"];
const EDITABLE = ["APPROVED", "REJECTED", "PAUSED"];

/** Meta takes changes of what it has decided on; other kinds of template, such as carousels, have forms of their own at Meta. */
export function isEditable(template: Template): boolean {
  const parts = template.components.every((part) => KNOWN_PARTS.includes(textAt(part, "type")?.toUpperCase() ?? ""));
  return parts && EDITABLE.includes(template.status.toUpperCase()) && template.category.toUpperCase() !== "AUTHENTICATION";
}

function heldButton(item: Content, index: number): ButtonForm {
  const kind = textAt(item, "type")?.toLowerCase();
  const held = { ...EMPTY_BUTTON, id: index + 1, text: textAt(item, "text") ?? "", held: item };
  const listed = Array.isArray(item.example) ? item.example[0] as unknown : item.example;
  const example = typeof listed === "string" ? listed : "";
  switch (kind) {
    case "quick_reply":
      return { ...held, kind };
    case "url": {
      const url = textAt(item, "url") ?? "";
      const base = url.split("{{")[0] ?? "";
      return { ...held, kind, url, example: example.startsWith(base) ? example.slice(base.length) : example };
    }
    case "phone_number":
      return { ...held, kind, phone: textAt(item, "phone_number") ?? "" };
    case "copy_code":
      return { ...held, kind, code: example };
    default:
      return { ...held, kind: "other" };
  }
}

export function formOf(template: Template): TemplateForm {
  const { header, body, footer, examples } = partsOf(template);
  const buttons = template.components.find((part) => textAt(part, "type")?.toUpperCase() === "BUTTONS");
  return {
    name: template.name,
    language: template.language,
    category: template.category.toUpperCase(),
    format: template.parameter_format,
    header: header ? (header.format.toLowerCase() as HeaderKind) : "none",
    headerText: header?.text ?? "",
    // What Meta lists is an address to look at, not the handle that it wants back.
    sample: null,
    body: body.text,
    footer: footer ?? "",
    buttons: buttons ? listAt(buttons, "buttons").map(heldButton) : [],
    examples,
  };
}
