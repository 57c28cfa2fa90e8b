/**
 * The loaded stretch of one thread: an ordered window of messages with an edge on either side. Pure. The window is
 * bounded, so a long day in one conversation does not fill the tab's memory.
 */
import type { Message, MessagePage } from "@/api/types";
import { mapSame } from "@/model/list";
import { compareMessages, mergeMessage, upsertMessage } from "@/model/message";

/** How to load what is beyond: a cursor, or "around this message" where the window was cut. null: nothing beyond. */
export type Edge = string | { around: string } | null;

export interface ThreadWindow {
  items: Message[];
  before: Edge;
  after: Edge;
}

export const WINDOW_LIMIT = 400;

export function windowOf(page: MessagePage): ThreadWindow {
  return { items: page.items, before: page.before, after: page.after };
}

export function hasMessage(window: ThreadWindow, id: string): boolean {
  return window.items.some((message) => message.id === id);
}

/** A new message from the stream. Outside the loaded stretch it is left to paging. */
export function addMessage(window: ThreadWindow, message: Message): ThreadWindow {
  if (!hasMessage(window, message.id)) {
    const first = window.items[0];
    const older = first !== undefined && compareMessages(message, first) < 0;
    if (older && window.before !== null) return window;
    const last = window.items.at(-1);
    const newer = last === undefined || compareMessages(message, last) > 0;
    if (newer && window.after !== null) return window;
  }
  return cutOldest({ ...window, items: upsertMessage(window.items, message) });
}

/** A changed message: only what is loaded changes. */
export function replaceMessage(window: ThreadWindow, message: Message): ThreadWindow {
  return changeMessages(window, (held) => (held.id === message.id ? mergeMessage(held, message) : held));
}

export function changeMessages(window: ThreadWindow, change: (message: Message) => Message): ThreadWindow {
  const items = mapSame(window.items, change);
  return items === window.items ? window : { ...window, items };
}

const isForLater = (message: Message) => message.send_at !== null && message.sent_at === null && message.status !== "failed";
const hasItsTime = (message: Message) => message.status === "failed" || isForLater(message);

/**
 * What was written here stands below everything the server has, until the server has it too: the same `client_id` is
 * one message. Away from the live end there is no place for it.
 */
export function withPending(window: ThreadWindow, pending: Message[]): Message[] {
  if (pending.length === 0 || window.after !== null) return window.items;
  const stored = new Set(window.items.map((message) => message.client_id));
  const waiting = pending.filter((message) => !stored.has(message.client_id));
  if (waiting.length === 0) return window.items;
  // What was refused and what is for later have their place in time; what is on its way comes after everything but those.
  const placed = waiting.filter(hasItsTime).reduce(upsertMessage, window.items);
  const end = placed.findLastIndex((message) => !isForLater(message)) + 1;
  return placed.toSpliced(end, 0, ...waiting.filter((message) => !hasItsTime(message)));
}

export function addOlder(window: ThreadWindow, page: ThreadWindow): ThreadWindow {
  const items = page.items.reduce(upsertMessage, window.items);
  return cutNewest({ ...window, items, before: page.before });
}

export function addNewer(window: ThreadWindow, page: ThreadWindow): ThreadWindow {
  const items = page.items.reduce(upsertMessage, window.items);
  return cutOldest({ ...window, items, after: page.after });
}

function cutOldest(window: ThreadWindow): ThreadWindow {
  if (window.items.length <= WINDOW_LIMIT) return window;
  const items = window.items.slice(-WINDOW_LIMIT);
  const first = items[0];
  return first === undefined ? window : { ...window, items, before: { around: first.id } };
}

function cutNewest(window: ThreadWindow): ThreadWindow {
  if (window.items.length <= WINDOW_LIMIT) return window;
  const items = window.items.slice(0, WINDOW_LIMIT);
  const last = items.at(-1);
  return last === undefined ? window : { ...window, items, after: { around: last.id } };
}
