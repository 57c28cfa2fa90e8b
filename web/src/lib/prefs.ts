/**
 * What one person chose for this browser. Small, local and synchronous; app/theme-early.js reads the same entry before
 * the first paint.
 */
import { useSyncExternalStore } from "react";

export type Theme = "system" | "light" | "dark";

export interface Prefs {
  theme: Theme;
  /** null: follow the profile, else the browser. */
  language: string | null;
  sound: boolean;
  notifications: boolean;
  /** The contact panel beside the thread. */
  panel: boolean;
}

const KEY = "hoopoe.prefs";
const DEFAULTS: Prefs = { theme: "system", language: null, sound: false, notifications: false, panel: true };

function load(): Prefs {
  try {
    return { ...DEFAULTS, ...(JSON.parse(localStorage.getItem(KEY) ?? "{}") as Partial<Prefs>) };
  } catch {
    return DEFAULTS;
  }
}

let current = load();
const listeners = new Set<() => void>();

export function prefs(): Prefs {
  return current;
}

export function setPrefs(change: Partial<Prefs>): void {
  current = { ...current, ...change };
  try {
    localStorage.setItem(KEY, JSON.stringify(current));
  } catch {
    // Private mode: the choice holds for this tab only.
  }
  for (const listener of listeners) listener();
}

export function subscribePrefs(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function usePrefs(): Prefs {
  return useSyncExternalStore(subscribePrefs, prefs);
}

// Another tab may change them too.
if (typeof window !== "undefined") {
  window.addEventListener("storage", (event) => {
    if (event.key !== KEY) return;
    current = load();
    for (const listener of listeners) listener();
  });
}
