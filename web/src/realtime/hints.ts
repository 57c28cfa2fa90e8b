/**
 * What is true only now: the connection's state, who is online, typing, looking. Never stored, never replayed; it is
 * forgotten when the connection is.
 */
import type { LinkOffer } from "@/api/types";
import { createStore } from "@/lib/store";

export type ConnectionState = "connecting" | "live" | "reconnecting" | "offline";

export const connection = createStore<ConnectionState>("connecting");
export const online = createStore<readonly string[]>([]);
/** Conversation → the users who type in it. */
export const typing = createStore<Readonly<Record<string, readonly string[]>>>({});
/** Conversation → the users who have it open. */
export const viewers = createStore<Readonly<Record<string, readonly string[]>>>({});

/** Account → what its phone is to scan, type or confirm, for those who may link it. */
export const linkOffers = createStore<Readonly<Record<string, LinkOffer>>>({});

export function setLinkOffer(accountId: string, offer: LinkOffer | null): void {
  const others = Object.entries(linkOffers.get()).filter(([id]) => id !== accountId);
  linkOffers.set(Object.fromEntries(offer ? [...others, [accountId, offer]] : others));
}

/** Longer than the server's own time-out: this only catches a stop that never came. */
const TYPING_LIMIT_MS = 8_000;
const timers = new Map<string, ReturnType<typeof setTimeout>>();

function without(list: readonly string[] | undefined, id: string): readonly string[] {
  return (list ?? []).filter((held) => held !== id);
}

export function setOnline(userId: string, on: boolean): void {
  const rest = without(online.get(), userId);
  online.set(on ? [...rest, userId] : rest);
}

export function setTyping(conversationId: string, userId: string, on: boolean): void {
  const key = `${conversationId} ${userId}`;
  clearTimeout(timers.get(key));
  timers.delete(key);
  if (on) timers.set(key, setTimeout(() => setTyping(conversationId, userId, false), TYPING_LIMIT_MS));
  typing.set(withUser(typing.get(), conversationId, userId, on));
}

function withUser(
  all: Readonly<Record<string, readonly string[]>>,
  conversationId: string,
  userId: string,
  on: boolean,
): Readonly<Record<string, readonly string[]>> {
  const { [conversationId]: held, ...others } = all;
  const users = on ? [...without(held, userId), userId] : without(held, userId);
  return users.length === 0 ? others : { ...others, [conversationId]: users };
}

export function setViewers(conversationId: string, userIds: string[]): void {
  // No users is kept as an empty list: few conversations are open at a time.
  viewers.set({ ...viewers.get(), [conversationId]: userIds });
}

export function forgetHints(): void {
  for (const timer of timers.values()) clearTimeout(timer);
  timers.clear();
  typing.set({});
  viewers.set({});
  linkOffers.set({});
}

type Emitter = (event: "view" | "typing", data: Record<string, unknown>) => void;

let emitter: Emitter | null = null;
let viewing: string | null = null;

export function setEmitter(next: Emitter | null): void {
  emitter = next;
}

/** Tells colleagues which conversation is open here. */
export function emitView(conversationId: string | null): void {
  viewing = conversationId;
  emitter?.("view", { conversation_id: conversationId });
}

/** A new connection starts without what the old one had told. */
export function announceView(): void {
  if (viewing !== null) emitView(viewing);
}

/** Tells colleagues, and the customer where the account allows it, that somebody writes a reply here. */
export function emitTyping(conversationId: string, on: boolean): void {
  emitter?.("typing", { conversation_id: conversationId, on });
}
