/** How cached lists of dead letters change when one is dealt with. Pure. */
import type { DeadLetter } from "@/api/types";
import { type PagesOf, mapPages, removeFromPages } from "@/model/list";

export type DeadLetterState = DeadLetter["state"];
export type DeadLetterPages = PagesOf<DeadLetter>;

export function replaceDeadLetter(data: DeadLetterPages, letter: DeadLetter, state: DeadLetterState): DeadLetterPages {
  if (letter.state !== state) return removeFromPages(data, letter.id);
  return mapPages(data, (held) => (held.id === letter.id ? letter : held));
}
