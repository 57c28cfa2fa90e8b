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

/** What a customer does this moment; in a group which member, by name where it is known. */
export interface CustomerSign {
  activity: "typing" | "recording";
  who: string;
  name: string | null;
}

/** Conversation → those of the other side who type or speak, the first first. */
export const customerTyping = createStore<Readonly<Record<string, readonly CustomerSign[]>>>({});

export interface CustomerPresence {
  online: boolean;
  last_seen_at: number | null;
}

/** Conversation → whether its customer looks at WhatsApp; told of those that somebody of us has open. */
export const customerPresence = createStore<Readonly<Record<string, CustomerPresence>>>({});

/** Account → what its phone is to scan, type or confirm, for those who may link it. */
export const linkOffers = createStore<Readonly<Record<string, LinkOffer>>>({});

/** With another value under an id; null: with none. */
function put<T>(all: Readonly<Record<string, T>>, id: string, value: T | null): Readonly<Record<string, T>> {
  const others = Object.entries(all).filter(([held]) => held !== id);
  return Object.fromEntries(value === null ? others : [...others, [id, value]]);
}

/** How far the past that a phone shares has come, between what the account itself tells. */
export interface HistoryCount {
  percent: number | null;
  conversations: number | null;
  at: number | null;
}

export const historyCounts = createStore<Readonly<Record<string, HistoryCount>>>({});

export function setHistoryCount(accountId: string, count: HistoryCount): void {
  historyCounts.set(put(historyCounts.get(), accountId, count));
}

export function setLinkOffer(accountId: string, offer: LinkOffer | null): void {
  linkOffers.set(put(linkOffers.get(), accountId, offer));
}

/** Longer than the server's own time-out: this only catches a stop that never came. */
const TYPING_LIMIT_MS = 8_000;
const CUSTOMER_LIMIT_MS = 30_000;
const timers = new Map<string, ReturnType<typeof setTimeout>>();

function without(list: readonly string[] | undefined, id: string): readonly string[] {
  return (list ?? []).filter((held) => held !== id);
}

export function setOnline(userId: string, on: boolean): void {
  const rest = without(online.get(), userId);
  online.set(on ? [...rest, userId] : rest);
}

/** Undoes something after a while, unless it is said again or undone before. */
function limit(key: string, undo: (() => void) | null, ms: number): void {
  clearTimeout(timers.get(key));
  timers.delete(key);
  if (undo) timers.set(key, setTimeout(undo, ms));
}

export function setTyping(conversationId: string, userId: string, on: boolean): void {
  limit(`${conversationId} ${userId}`, on ? () => setTyping(conversationId, userId, false) : null, TYPING_LIMIT_MS);
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

export interface CustomerActivity extends Omit<CustomerSign, "activity"> {
  activity: CustomerSign["activity"] | "paused";
}

export function setCustomerTyping(conversationId: string, { activity, who, name }: CustomerActivity): void {
  const on = activity !== "paused";
  const undo = () => setCustomerTyping(conversationId, { activity: "paused", who, name });
  limit(`${conversationId} of ${who}`, on ? undo : null, CUSTOMER_LIMIT_MS);
  const all = customerTyping.get();
  const rest = (all[conversationId] ?? []).filter((sign) => sign.who !== who);
  const now = on ? [...rest, { activity, who, name }] : rest;
  customerTyping.set(put(all, conversationId, now.length === 0 ? null : now));
}

export function setCustomerPresence(conversationId: string, { online, last_seen_at }: CustomerPresence): void {
  const isKnown = online || last_seen_at !== null;
  customerPresence.set(put(customerPresence.get(), conversationId, isKnown ? { online, last_seen_at } : null));
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
  customerTyping.set({});
  customerPresence.set({});
  historyCounts.set({});
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
