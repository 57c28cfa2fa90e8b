/**
 * Words on the screen. A language is one typed dictionary in a module of its own, fetched when it is used. English
 * defines the keys; a key that is missing in a language, or asked for and not defined, is a type error. Words that the
 * first load can do without are in parts, which come with the code that speaks them (`withWords`).
 */
import { createStore, useStore } from "@/lib/store";
import type { Dictionary, Key as CoreKey } from "./en";
import type { LinkingKey, LinkingWords } from "./linking.en";
import type { PagesKey, PagesWords } from "./pages.en";
import type { SendingKey, SendingWords } from "./sending.en";
import type { TemplatesKey, TemplatesWords } from "./templates.en";
import type { WebhooksKey, WebhooksWords } from "./webhooks.en";

interface Language {
  name: string;
  dir: "ltr" | "rtl";
  load: () => Promise<Dictionary>;
  sending: () => Promise<SendingWords>;
  templates: () => Promise<TemplatesWords>;
  pages: () => Promise<PagesWords>;
  linking: () => Promise<LinkingWords>;
  webhooks: () => Promise<WebhooksWords>;
}

/** A right-to-left language needs nothing but a line here and its dictionary: all layout uses logical directions. */
export const LANGUAGES = {
  en: {
    name: "English",
    dir: "ltr",
    load: async () => (await import("./en")).en,
    sending: async () => (await import("./sending.en")).sendingEn,
    templates: async () => (await import("./templates.en")).templatesEn,
    pages: async () => (await import("./pages.en")).pagesEn,
    linking: async () => (await import("./linking.en")).linkingEn,
    webhooks: async () => (await import("./webhooks.en")).webhooksEn,
  },
  es: {
    name: "Español",
    dir: "ltr",
    load: async () => (await import("./es")).es,
    sending: async () => (await import("./sending.es")).sendingEs,
    templates: async () => (await import("./templates.es")).templatesEs,
    pages: async () => (await import("./pages.es")).pagesEs,
    linking: async () => (await import("./linking.es")).linkingEs,
    webhooks: async () => (await import("./webhooks.es")).webhooksEs,
  },
} as const satisfies Record<string, Language>;

export type LanguageCode = keyof typeof LANGUAGES;
export type Key = CoreKey | SendingKey | TemplatesKey | PagesKey | LinkingKey | WebhooksKey;
export type PluralKey = Key extends infer K ? (K extends `${infer Base}_other` ? Base : never) : never;

/** A group of words that is fetched with the first code that needs it. */
export type Part = "sending" | "templates" | "pages" | "linking" | "webhooks";

interface Active {
  code: LanguageCode;
  words: Partial<Record<Key, string>>;
  plural: Intl.PluralRules;
}

const active = createStore<Active | null>(null);
const parts = new Set<Part>();

function current(): Active {
  const value = active.get();
  if (!value) throw new Error("A language must be loaded before anything is drawn");
  return value;
}

export function language(): LanguageCode {
  return current().code;
}

/** Redraws its caller after a switch of language. */
export function useLanguage(): LanguageCode {
  return useStore(active, () => current().code);
}

/** Picks the first known one of: the browser's choice in settings, the profile's locale, the browser's languages. */
export function chooseLanguage(...wishes: (string | null | undefined)[]): LanguageCode {
  for (const wish of [...wishes, ...navigator.languages]) {
    const code = wish?.toLowerCase().split("-")[0];
    if (code !== undefined && code in LANGUAGES) return code as LanguageCode;
  }
  return "en";
}

export async function loadLanguage(code: LanguageCode): Promise<void> {
  if (active.get()?.code === code) return;
  const { load, dir } = LANGUAGES[code];
  const [words, ...more] = await Promise.all([load(), ...[...parts].map((part) => LANGUAGES[code][part]())]);
  document.documentElement.lang = code;
  document.documentElement.dir = dir;
  active.set({ code, words: Object.assign({}, words, ...more) as Active["words"], plural: new Intl.PluralRules(code) });
}

async function loadPart(part: Part): Promise<void> {
  if (parts.has(part)) return;
  const held = active.get();
  const words = held ? await LANGUAGES[held.code][part]() : {};
  parts.add(part);
  // The language may have been switched meanwhile; then its words are fetched as well.
  const now = active.get();
  if (!now) return;
  const right = now.code === held?.code ? words : await LANGUAGES[now.code][part]();
  // Into the same object: what is drawn already has all its words and need not be drawn again.
  Object.assign(now.words, right);
}

/** Fetches code together with the words it speaks. */
export function withWords<T>(part: Part, load: () => Promise<T>): () => Promise<T> {
  return async () => (await Promise.all([load(), loadPart(part)]))[0];
}

export type Values = Record<string, string | number>;

function fill(text: string, values: Values | undefined): string {
  if (!values) return text;
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => (name in values ? String(values[name]) : whole));
}

export function t(key: Key, values?: Values): string {
  return fill(current().words[key] ?? key, values);
}

/** Counted words: `key_one` or `key_other`, as the language's own rules say. The count is `{n}`. */
export function tn(key: PluralKey, n: number, values?: Values): string {
  const { plural } = current();
  const form = plural.select(n) === "one" ? "one" : "other";
  return t(`${key}_${form}`, { n: n.toLocaleString(language()), ...values });
}
