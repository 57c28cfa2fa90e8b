/** Turns messages into what the thread draws: days, the "new messages" line, and bubbles that know their neighbours. Pure. */
import type { Message } from "@/api/types";
import { MINUTE_MS, sameDay } from "@/i18n/format";

export type Row =
  | { kind: "day"; key: string; at: number }
  | { kind: "new"; key: string }
  | { kind: "message"; key: string; message: Message; first: boolean; last: boolean };

function speaker(message: Message): string {
  return message.direction === "in" ? `in ${message.sender?.id ?? ""}` : `out ${message.author_id ?? message.source}`;
}

/** Same speaker within the same minute: drawn as one block with one time. */
export function together(a: Message | undefined, b: Message | undefined): boolean {
  if (!a || !b || a.type === "system" || b.type === "system") return false;
  if (speaker(a) !== speaker(b)) return false;
  return Math.floor(a.provider_at / MINUTE_MS) === Math.floor(b.provider_at / MINUTE_MS);
}

export function rowsOf(items: Message[], newFrom: string | null): Row[] {
  const rows: Row[] = [];
  for (const [index, message] of items.entries()) {
    const previous = items[index - 1];
    if (!previous || !sameDay(previous.provider_at, message.provider_at)) {
      rows.push({ kind: "day", key: `day ${new Date(message.provider_at).toDateString()}`, at: message.provider_at });
    }
    if (message.id === newFrom) rows.push({ kind: "new", key: "new" });
    const first = message.id === newFrom || !together(previous, message);
    const next = items[index + 1];
    const last = next?.id === newFrom || !together(message, next);
    // A message of ours keeps its place on the screen when the server gives it an id.
    rows.push({ kind: "message", key: message.client_id ?? message.id, message, first, last });
  }
  return rows;
}

/** The message above which the "new messages" line belongs. */
export function firstUnread(items: Message[], unreadCount: number): string | null {
  let left = unreadCount;
  let found: string | null = null;
  for (let index = items.length - 1; index >= 0 && left > 0; index -= 1) {
    const message = items[index];
    if (message?.direction !== "in") continue;
    found = message.id;
    left -= 1;
  }
  return found;
}

/** How many of the customer's messages came after the one last seen. */
export function unseenAfter(items: Message[], seenId: string | null): number {
  const seen = items.findIndex((message) => message.id === seenId);
  return seen < 0 ? 0 : items.slice(seen + 1).filter((message) => message.direction === "in").length;
}
