/** When to send what waits, and what an answer means for it. Pure. */
import { ApiError } from "@/api/client";
import type { MessageError } from "@/api/types";
import type { Pending } from "./pending";

const FIRST_PAUSE_MS = 1_500;
const LONGEST_PAUSE_MS = 30_000;

/** Longer after every failure in a row, so that a server that comes back is not run over. */
export function pauseAfter(failures: number): number {
  return Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** Math.max(0, failures - 1));
}

/** Answers that the same message may not get a second time: no connection, a busy server, a session being renewed. */
export function isTemporary(error: unknown): boolean {
  if (!(error instanceof ApiError)) return true;
  return error.status === 0 || error.status >= 500 || error.status === 429 || error.status === 401 || error.status === 408;
}

/** One after the other within a conversation, so that the order on the phone is the order of writing. */
export function nextWaiting(items: readonly Pending[], conversationId: string): Pending | undefined {
  return items.find((item) => item.conversation_id === conversationId && item.state === "waiting");
}

export function conversationsWaiting(items: readonly Pending[]): string[] {
  return [...new Set(items.filter((item) => item.state === "waiting").map((item) => item.conversation_id))];
}

/** The reason of our own server in the form of the provider's reasons; the detail names what only code can tell apart. */
export function reasonOf(error: unknown): MessageError {
  if (!(error instanceof ApiError)) return { code: 0, title: "", detail: "" };
  return { code: 0, title: error.message, detail: error.code };
}

/** What an earlier tab left, joined with what this one holds already. */
export function adopt(held: readonly Pending[], stored: readonly Pending[]): readonly Pending[] {
  const known = new Set(held.map((item) => item.client_id));
  const added = stored.filter((item) => !known.has(item.client_id));
  return added.length === 0 ? held : [...added, ...held].toSorted((a, b) => a.message.provider_at - b.message.provider_at);
}
