/**
 * What was written here and is not on the server yet. Small, because it is part of the first load: the thread shows
 * these messages below those that the server has. `outbox.ts`, which comes later, fills, sends and keeps them.
 */
import { useMemo } from "react";
import type { Message, SendBody } from "@/api/types";
import { createStore, useStore } from "@/lib/store";

export interface Pending {
  client_id: string;
  user_id: string;
  conversation_id: string;
  body: SendBody;
  message: Message;
  /** What still has to be uploaded. */
  file: Blob | null;
  state: "waiting" | "refused";
}

export const pending = createStore<readonly Pending[]>([]);
/** Share of a file that is uploaded, by `client_id`. */
export const progress = createStore<Readonly<Record<string, number>>>({});

/** The server has it, or it is not wanted any more. */
export function forgetPending(clientId: string | null): void {
  if (clientId === null) return;
  const rest = pending.get().filter((item) => item.client_id !== clientId);
  if (rest.length < pending.get().length) pending.set(rest);
}

/** The messages that wait, in the order in which they were written. */
export function usePending(conversationId: string): Message[] {
  const all = useStore(pending, (items) => items);
  return useMemo(() => all.flatMap((item) => (item.conversation_id === conversationId ? [item.message] : [])), [all, conversationId]);
}

/** What the rest of a page may ask of the composer of the open conversation. */
export type ComposerWish = { kind: "focus" } | { kind: "quote" | "edit" | "delete"; message: Message } | { kind: "templates" };

export const wish = createStore<ComposerWish | null>(null);
