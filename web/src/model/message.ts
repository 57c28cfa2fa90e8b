/** Rules about messages that hold in every cache: order, status ranks, merging of copies. Pure. */
import type { Contact, Message, MessageError, MessageStatus } from "@/api/types";
import { summaryOf } from "./conversation";

export function compareMessages(a: Message, b: Message): number {
  if (a.provider_at !== b.provider_at) return a.provider_at - b.provider_at;
  return a.id < b.id ? -1 : a.id > b.id ? 1 : 0;
}

/** A failure is final for its attempt, yet a receipt from the phone proves the message arrived after all. */
const RANK: Record<MessageStatus, number> = {
  received: 0,
  sending: 1,
  sent: 2,
  failed: 3,
  delivered: 4,
  read: 5,
  played: 6,
};

/** Whether `next` may replace `held`. Going back is refused, except that a failed message can be tried again. */
export function advances(held: MessageStatus | null, next: MessageStatus): boolean {
  if (held === null) return true;
  if (held === "failed" && next === "sending") return true;
  return RANK[next] > RANK[held];
}

export interface StatusChange {
  message_id: string;
  conversation_id: string;
  status: MessageStatus;
  at: number;
  error?: MessageError | null;
}

const STAMP: Partial<Record<MessageStatus, "sent_at" | "delivered_at" | "read_at" | "failed_at">> = {
  sent: "sent_at",
  delivered: "delivered_at",
  read: "read_at",
  failed: "failed_at",
};

export function withStatus(message: Message, change: StatusChange): Message {
  const stamp = STAMP[change.status];
  const stampMissing = stamp !== undefined && message[stamp] === null;
  const forward = advances(message.status, change.status);
  if (!forward && !stampMissing) return message;
  // A late receipt still tells when something happened, even though a later status already shows.
  const next = stampMissing ? { ...message, [stamp]: change.at } : { ...message };
  if (!forward) return next;
  next.status = change.status;
  next.error = change.status === "failed" ? (change.error ?? null) : null;
  return next;
}

/** Two copies of one message: the incoming content wins, the status never goes back. */
export function mergeMessage(held: Message, next: Message): Message {
  if (held.status === next.status || advances(held.status, next.status)) return next;
  return {
    ...next,
    status: held.status,
    error: held.error,
    sent_at: next.sent_at ?? held.sent_at,
    delivered_at: next.delivered_at ?? held.delivered_at,
    read_at: next.read_at ?? held.read_at,
    failed_at: next.failed_at ?? held.failed_at,
  };
}

/** Inserts in order or merges with the copy that is there; the same list when nothing changed. */
export function upsertMessage(items: Message[], message: Message): Message[] {
  const index = items.findIndex((held) => held.id === message.id);
  if (index >= 0) {
    const held = items[index];
    return held === undefined ? items : items.with(index, mergeMessage(held, message));
  }
  // Live messages nearly always belong at the end, so the search starts there.
  let at = items.length;
  while (at > 0) {
    const previous = items[at - 1];
    if (previous === undefined || compareMessages(previous, message) <= 0) break;
    at -= 1;
  }
  return items.toSpliced(at, 0, message);
}

export function withSender(message: Message, contact: Contact, formerId = contact.id): Message {
  const sender = message.sender;
  if (!sender || (sender.id !== contact.id && sender.id !== formerId)) return message;
  return { ...message, sender: summaryOf(contact) };
}
