/** Rules about conversations that hold in every cache: order, versions, summaries. Pure. */
import type { Contact, ContactSummary, Conversation } from "@/api/types";
import { type StatusChange, advances } from "./message";

export type Sort = "newest" | "oldest";

/** The server's keyset order: by last message, then by id, so that equal times have one order everywhere. */
export function compareConversations(a: Conversation, b: Conversation, sort: Sort = "newest"): number {
  const byTime = a.last_message_at - b.last_message_at;
  const ascending = byTime !== 0 ? byTime : a.id < b.id ? -1 : a.id > b.id ? 1 : 0;
  return sort === "newest" ? -ascending : ascending;
}

/** An event may arrive twice or after a fresher answer of the REST API: only a higher version wins. */
export function isNewer(next: Conversation, held: Conversation | undefined): boolean {
  return held === undefined || next.version > held.version;
}

export interface ReadMark {
  conversation_id: string;
  unread_count: number;
  version: number;
}

export function markRead(conversation: Conversation, mark: ReadMark): Conversation {
  if (mark.version <= conversation.version) return conversation;
  return { ...conversation, unread_count: mark.unread_count, version: mark.version };
}

type Standing = Pick<StatusChange, "message_id" | "status" | "recipients">;

export function withPreviewStatus(conversation: Conversation, { message_id, status, recipients }: Standing): Conversation {
  const preview = conversation.last_message;
  // What follows from the members of a group may go back.
  if (preview?.id !== message_id || !(recipients ?? advances(preview.status, status))) return conversation;
  return { ...conversation, last_message: { ...preview, status } };
}

export function summaryOf(contact: Contact): ContactSummary {
  const { id, name, name_source, phone, username, is_group, avatar_url } = contact;
  return { id, name, name_source, phone, username, is_group, avatar_url };
}

/** Points a conversation at the given contact when it belongs to it, or to one that was merged into it. */
export function withContact(conversation: Conversation, contact: Contact, formerId = contact.id): Conversation {
  const own = conversation.contact.id;
  if (own !== contact.id && own !== formerId) return conversation;
  return { ...conversation, contact: summaryOf(contact) };
}
