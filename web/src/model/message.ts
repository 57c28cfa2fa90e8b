/** Rules about messages that hold in every cache: order, status ranks, merging of copies. Pure. */
import type { Contact, Message, MessageError, MessageStatus, RecipientCounts } from "@/api/types";
import { summaryOf } from "./conversation";

export function compareMessages(a: Message, b: Message): number {
  if (a.provider_at !== b.provider_at) return a.provider_at - b.provider_at;
  return a.id < b.id ? -1 : a.id > b.id ? 1 : 0;
}

/** A failure is final for its attempt, yet a receipt from the phone proves the message arrived after all. */
const RANK: Record<MessageStatus, number> = {
  received: 0,
  sending: 1,
  // The provider may have it or not: anything it says later is more certain.
  unknown: 1.5,
  cancelled: 1.7,
  sent: 2,
  failed: 3,
  delivered: 4,
  read: 5,
  played: 6,
};

/** Where an attempt has ended without the message being sent: it may be tried again. */
export function canRetry(status: MessageStatus | null): boolean {
  return status === "failed" || status === "unknown" || status === "cancelled";
}

/** Whether `next` may replace `held`. Going back is refused, except that a message that was not sent can be tried again. */
export function advances(held: MessageStatus | null, next: MessageStatus): boolean {
  if (held === null) return true;
  if (next === "sending" && canRetry(held)) return true;
  return RANK[next] > RANK[held];
}

export interface StatusChange {
  message_id: string;
  conversation_id: string;
  status: MessageStatus;
  at: number;
  error?: MessageError | null;
  attempts?: number | null;
  send_at?: number | null;
  /** In a group the status follows from the members, and may go back. */
  recipients?: RecipientCounts | null;
}

type Standing = Pick<StatusChange, "status" | "recipients">;

/** Grows with all that becomes known of a group's members: 1 for whom it went to, 2 where it failed, 3 for who has it, 4 for who has read it. */
const known = (counts: RecipientCounts | null | undefined) => (counts ? counts.sent + 2 * counts.failed + 2 * counts.delivered + counts.read : 0);

/** Whether `next` tells something newer than `held`. */
function isNewer(held: Standing, next: Standing): boolean {
  const isAgain = next.status === "sending" && canRetry(held.status);
  const more = known(next.recipients) - known(held.recipients);
  return isAgain || more === 0 ? advances(held.status, next.status) : more > 0;
}

const STAMP: Partial<Record<MessageStatus, "sent_at" | "delivered_at" | "read_at" | "failed_at">> = {
  sent: "sent_at",
  delivered: "delivered_at",
  read: "read_at",
  failed: "failed_at",
};

export function withStatus(message: Message, change: StatusChange): Message {
  const stamp = STAMP[change.status];
  // Members of a group have times of their own.
  const isOfMembers = Boolean(change.recipients) && (stamp === "delivered_at" || stamp === "read_at");
  const stampMissing = stamp !== undefined && !isOfMembers && message[stamp] === null;
  const forward = isNewer(message, change);
  if (!forward && !stampMissing) return message;
  // A late receipt still tells when something happened, even though a later status already shows.
  const next = stampMissing ? { ...message, [stamp]: change.at } : { ...message };
  if (!forward) return next;
  next.status = change.status;
  next.error = change.status === "failed" || change.status === "unknown" ? (change.error ?? null) : null;
  if (typeof change.attempts === "number") next.attempts = change.attempts;
  if (change.send_at !== undefined) next.send_at = change.send_at;
  if (change.recipients) {
    next.recipients = change.recipients;
    if (change.status !== "failed") next.failed_at = null;
  }
  return next;
}

/**
 * Two copies of one message: the incoming content wins, the status never goes back. A copy that knows of fewer attempts was made before they ended:
 * the answer to a request may come after the event that tells what became of the message.
 */
export function mergeMessage(held: Message, copy: Message): Message {
  const next = withNewestWords(held, copy);
  const isOlder = next.attempts < held.attempts;
  const isSame = held.status === next.status && known(held.recipients) === known(next.recipients);
  if (isSame || (!isOlder && isNewer(held, next))) return next;
  return {
    ...next,
    status: held.status,
    error: held.error,
    recipients: held.recipients,
    attempts: Math.max(held.attempts, next.attempts),
    sent_at: next.sent_at ?? held.sent_at,
    delivered_at: next.delivered_at ?? held.delivered_at,
    read_at: next.read_at ?? held.read_at,
    failed_at: next.failed_at ?? held.failed_at,
  };
}

/** What was changed stays so: the answer to a request for a change may come after the event that tells what became of it. */
function withNewestWords(held: Message, next: Message): Message {
  const { text, content, edited_at, deleted_at, change } = held;
  const isGone = deleted_at !== null && next.deleted_at === null;
  const isOlder = (edited_at ?? 0) > (next.edited_at ?? 0);
  const hasFailed = change?.status === "failed" && change.id === next.change?.id;
  return isGone || isOlder || hasFailed ? { ...next, text, content, edited_at, deleted_at, change } : next;
}

/** As it will read once a change that is on its way is done. */
export function withChange(message: Message): Message {
  const { change } = message;
  return change?.kind === "edit" && change.status === "sending" ? { ...message, text: change.text } : message;
}

export function isDeleting({ change }: Message): boolean {
  return change?.kind === "delete" && change.status === "sending";
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

/** Our own reaction, before the server has said so: one per message; "" takes it back. */
export function withOwnReaction(message: Message, emoji: string, at: number): Message {
  const others = message.reactions.filter((reaction) => reaction.by !== "us");
  const reactions = emoji === "" ? others : [...others, { emoji, by: "us" as const, name: null, at }];
  return { ...message, reactions };
}
