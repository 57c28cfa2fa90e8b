/** Believable objects for tests; each takes only what the test is about. */
import type { Contact, Conversation, Message } from "@/api/types";

export function makeContact(over: Partial<Contact> = {}): Contact {
  return {
    id: "con_1",
    name: "María",
    name_source: "profile",
    phone: "+34600111222",
    username: null,
    is_group: false,
    avatar_url: null,
    profile_name: "María",
    notes: "",
    blocked: false,
    identities: [{ kind: "phone", scope: "", value: "+34600111222", current: true }],
    first_seen_at: 1_000,
    last_seen_at: 2_000,
    messages_in: 1,
    messages_out: 0,
    created_at: 1_000,
    updated_at: 1_000,
    ...over,
  };
}

export function makeConversation(over: Partial<Conversation> = {}): Conversation {
  const { id, name, name_source, phone, username, is_group, avatar_url } = makeContact();
  return {
    id: "cnv_1",
    account_id: "acc_1",
    contact: { id, name, name_source, phone, username, is_group, avatar_url },
    reply_to: { kind: "phone", value: "+34600111222" },
    is_group: false,
    status: "open",
    snoozed_until: null,
    assignee_id: null,
    team_id: null,
    unread_count: 0,
    message_count: 1,
    window_expires_at: null,
    last_message: null,
    last_message_at: 1_000,
    created_at: 1_000,
    updated_at: 1_000,
    version: 1,
    ...over,
  };
}

/** A conversation whose last message came at the given moment. */
export function conversationAt(id: string, at: number, over: Partial<Conversation> = {}): Conversation {
  const last_message = { id: `msg_${id}`, type: "text", direction: "in", text: "hi", status: "received", at } as const;
  return makeConversation({ id, last_message, last_message_at: at, ...over });
}

export function makeMessage(over: Partial<Message> = {}): Message {
  return {
    id: "msg_1",
    account_id: "acc_1",
    conversation_id: "cnv_1",
    direction: "in",
    type: "text",
    text: "Hola",
    content: {},
    sender: null,
    author_id: null,
    client_id: null,
    quoted: null,
    reactions: [],
    media: null,
    status: "received",
    error: null,
    sent_at: null,
    delivered_at: null,
    read_at: null,
    recipients: null,
    failed_at: null,
    provider_at: 1_000,
    received_at: 1_100,
    late: false,
    forwarded: false,
    edited_at: null,
    deleted_at: null,
    change: null,
    source: "live",
    send_at: null,
    attempts: 0,
    ...over,
  };
}
