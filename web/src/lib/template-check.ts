/** What Meta would refuse in a template, by the field of the form where it stands. Pure; the server checks the same (`check_parts`). */
import type { Key, Values } from "@/i18n";
import { ADDRESS_END, type ButtonForm, type TemplateForm, componentsOf, isFileHeader, isVariableAddress } from "./template-form";
import { blanksIn } from "./template";
import { textAt } from "./content";

export interface Problem {
  key: Key;
  values?: Values;
}

/** By field: `name`, `header`, `sample`, `body`, `footer`, `buttons.0.url`, `example.body.1`. */
export type Problems = Record<string, Problem>;

function variableProblem(text: string, format: TemplateForm["format"]): Problem | null {
  const blanks = blanksIn(text);
  if ((text.match(/\{\{|\}\}/g) ?? []).length !== Array.from(text.matchAll(/\{\{\s*\w+\s*\}\}/g)).length * 2) return { key: "templateProblem.braces" };
  if (format === "named") return blanks.every((blank) => /^[a-z_][a-z0-9_]*$/.test(blank)) ? null : { key: "templateProblem.names" };
  const numbers = blanks.map(Number).toSorted((a, b) => a - b);
  return numbers.every((number, index) => number === index + 1) ? null : { key: "templateProblem.numbers" };
}

function headerProblem({ headerText, format }: TemplateForm): Problem | null {
  if (headerText.trim() === "") return { key: "templateProblem.empty" };
  if (blanksIn(headerText).length > 1) return { key: "templateProblem.oneVariable" };
  return variableProblem(headerText, format);
}

function bodyProblem({ body, format }: TemplateForm): Problem | null {
  const text = body.trim();
  if (text === "") return { key: "templateProblem.empty" };
  const problem = variableProblem(text, format);
  if (problem) return problem;
  if (text.startsWith("{{") || text.endsWith("}}")) return { key: "templateProblem.edges" };
  return /\}\}\s*\{\{/.test(text) ? { key: "templateProblem.neighbours" } : null;
}

function isAddress(text: string): boolean {
  return /^https?:\/\/[^\s/]+\.[^\s]+$|^https?:\/\/[^\s/]+$/.test(text) && URL.canParse(text);
}

function addressProblem(url: string): Problem | null {
  const base = url.trim().replace(ADDRESS_END, "");
  if (!isAddress(base)) return { key: "templateProblem.address" };
  return isVariableAddress(url) && url.trim() !== base + ADDRESS_END ? { key: "templateProblem.addressEnd" } : null;
}

const EMPTY: Problem = { key: "templateProblem.empty" };

function buttonProblems(button: ButtonForm): Record<string, Problem | null> {
  const isEmpty = (text: string) => (text.trim() === "" ? EMPTY : null);
  switch (button.kind) {
    case "quick_reply":
      return { text: isEmpty(button.text) };
    case "url":
      return {
        text: isEmpty(button.text),
        url: addressProblem(button.url),
        example: isVariableAddress(button.url) ? isEmpty(button.example) : null,
      };
    case "phone_number":
      return { text: isEmpty(button.text), phone: /^\+?\d[\d\s().-]{5,}$/.test(button.phone.trim()) ? null : { key: "templateProblem.phone" } };
    case "copy_code":
      return { code: isEmpty(button.code) };
    case "other":
      return {};
  }
}

/** All that is wrong, in the order of the form. Name and language of one that exists can't be changed, so they are not looked at. */
export function checkTemplate(form: TemplateForm): Problems {
  const found: Record<string, Problem | null> = {
    name: form.name === "" ? EMPTY : null,
    header: form.header === "text" ? headerProblem(form) : null,
    sample: isFileHeader(form.header) && !form.sample?.handle ? { key: form.sample ? "templateProblem.uploading" : "templateProblem.sample" } : null,
    body: bodyProblem(form),
    footer: form.footer.includes("{{") ? { key: "templateProblem.footer" } : null,
  };
  for (const part of ["header", "body"] as const) {
    const text = part === "body" ? form.body : form.header === "text" ? form.headerText : "";
    for (const blank of blanksIn(text)) found[`example.${part}.${blank}`] = (form.examples[part][blank] ?? "").trim() === "" ? EMPTY : null;
  }
  const titles = new Set<string>();
  for (const [index, button] of form.buttons.entries()) {
    for (const [name, problem] of Object.entries(buttonProblems(button))) found[`buttons.${index}.${name}`] = problem;
    const title = button.text.trim();
    if (title !== "" && titles.has(title)) found[`buttons.${index}.text`] = { key: "templateProblem.twice" };
    titles.add(title);
  }
  return Object.fromEntries(Object.entries(found).filter((entry): entry is [string, Problem] => entry[1] !== null));
}

/** The field of the form that the server means: it counts parts (`components.1.buttons.0.url`), the form names them. */
export function fieldOf(form: TemplateForm, field: string): string {
  const [, part, rest = ""] = /^components\.(\d+)\.(.+)$/.exec(field) ?? [];
  if (part === undefined) return field;
  const type = textAt(componentsOf(form)[Number(part)] ?? {}, "type");
  switch (type) {
    case "HEADER":
      return isFileHeader(form.header) ? "sample" : "header";
    case "BUTTONS": {
      const [, index = "0", name = ""] = /^buttons\.(\d+)\.(.+)$/.exec(rest) ?? [];
      const kind = form.buttons[Number(index)]?.kind;
      return `buttons.${index}.${name === "phone_number" ? "phone" : kind === "copy_code" ? "code" : name}`;
    }
    default:
      return type?.toLowerCase() ?? field;
  }
}
