/** The form of a new template, and the components that Meta wants for it. Pure. */
import { blanksIn } from "./template";

export interface TemplateForm {
  name: string;
  language: string;
  category: string;
  header: string;
  body: string;
  footer: string;
  /** One per line. */
  quickReplies: string;
  /** By blank. */
  examples: Record<string, string>;
}

export const EMPTY_TEMPLATE: TemplateForm = { name: "", language: "en_US", category: "UTILITY", header: "", body: "", footer: "", quickReplies: "", examples: {} };

const REPLIES_MAX = 3;

export function newTemplate(form: TemplateForm): { name: string; language: string; category: string; components: Record<string, unknown>[] } {
  const blanks = blanksIn(form.body).toSorted((a, b) => Number(a) - Number(b));
  const example = { body_text: [blanks.map((blank) => form.examples[blank] ?? "")] };
  const replies = form.quickReplies
    .split("\n")
    .map((line) => line.trim())
    .filter(Boolean)
    .slice(0, REPLIES_MAX);
  const components: Record<string, unknown>[] = [
    ...(form.header.trim() === "" ? [] : [{ type: "HEADER", format: "TEXT", text: form.header.trim() }]),
    { type: "BODY", text: form.body.trim(), ...(blanks.length > 0 ? { example } : {}) },
    ...(form.footer.trim() === "" ? [] : [{ type: "FOOTER", text: form.footer.trim() }]),
    ...(replies.length === 0 ? [] : [{ type: "BUTTONS", buttons: replies.map((text) => ({ type: "QUICK_REPLY", text })) }]),
  ];
  return { name: form.name, language: form.language.trim(), category: form.category, components };
}
