/**
 * Words on the screen. A language is one typed dictionary in a module of its own, fetched when it is used. English
 * defines the keys; a key that is missing in a language, or asked for and not defined, is a type error.
 */
import { createStore, useStore } from "@/lib/store";
import type { Dictionary, Key, PluralKey } from "./en";

interface Language {
  name: string;
  dir: "ltr" | "rtl";
  load: () => Promise<Dictionary>;
}

/** A right-to-left language needs nothing but a line here and its dictionary: all layout uses logical directions. */
export const LANGUAGES = {
  en: { name: "English", dir: "ltr", load: async () => (await import("./en")).en },
  es: { name: "Español", dir: "ltr", load: async () => (await import("./es")).es },
} as const satisfies Record<string, Language>;

export type LanguageCode = keyof typeof LANGUAGES;

interface Active {
  code: LanguageCode;
  words: Dictionary;
  plural: Intl.PluralRules;
}

const active = createStore<Active | null>(null);

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
  const words = await load();
  document.documentElement.lang = code;
  document.documentElement.dir = dir;
  active.set({ code, words, plural: new Intl.PluralRules(code) });
}

export type Values = Record<string, string | number>;

function fill(text: string, values: Values | undefined): string {
  if (!values) return text;
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => (name in values ? String(values[name]) : whole));
}

export function t(key: Key, values?: Values): string {
  return fill(current().words[key], values);
}

/** Counted words: `key_one` or `key_other`, as the language's own rules say. The count is `{n}`. */
export function tn(key: PluralKey, n: number, values?: Values): string {
  const { words, plural } = current();
  const form = plural.select(n) === "one" ? "one" : "other";
  return fill(words[`${key}_${form}`], { n: n.toLocaleString(language()), ...values });
}

export type { Key, PluralKey };
