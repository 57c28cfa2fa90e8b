/** The message under the pointer or with the focus: it alone shows what can be done with it. */
import { createStore } from "@/lib/store";

export const active = createStore<string | null>(null);

export function messageAt(target: EventTarget | null): string | null {
  if (!(target instanceof Element)) return null;
  return target.closest<HTMLElement>("[data-message]")?.dataset.message ?? null;
}

/** While a panel of its own is open, a message stays the active one, wherever the pointer goes. */
export function activate(id: string | null): void {
  if (document.querySelector("[data-message] :popover-open")) return;
  active.set(id);
}
