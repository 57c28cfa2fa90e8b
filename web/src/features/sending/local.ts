/** How a message looks before the server has it: the bubble that stands in its place from the first moment. Pure. */
import type { Media, Message, MessageError, MessageType, Quoted, SendBody } from "@/api/types";

/** What is known of a file before it is uploaded. */
export interface LocalFile {
  kind: MessageType;
  url: string;
  mime: string;
  size: number;
  name: string;
  width: number | null;
  height: number | null;
  duration_ms: number | null;
}

export interface LocalContext {
  account_id: string;
  conversation_id: string;
  author_id: string;
  at: number;
  quoted: Quoted | null;
  file: LocalFile | null;
  /** The filled texts of a template, as the bubble shows them. */
  template: Record<string, unknown> | null;
}

interface Look {
  type: MessageType;
  text: string | null;
  content: Message["content"];
}

export const localId = (clientId: string) => `local_${clientId}`;
export const isLocal = (message: Message) => message.id.startsWith("local_");

function lookOf(body: SendBody, { file, template }: LocalContext): Look {
  const look = (type: MessageType, text: string | null, content: Record<string, unknown> = {}): Look => ({ type, text, content: content as Look["content"] });
  if (body.text) return look("text", body.text.body);
  if (body.media) {
    const { caption, filename } = body.media;
    return look(file?.kind ?? "document", caption ?? null, filename === undefined ? {} : { filename });
  }
  if (body.location) return look("location", null, { ...body.location });
  if (body.contacts) return look("contacts", null, { contacts: body.contacts });
  if (body.interactive) return look("interactive", body.interactive.body, { ...body.interactive });
  return look("template", typeof template?.body === "string" ? template.body : null, template ?? {});
}

function mediaOf(file: LocalFile | null): Media | null {
  if (!file) return null;
  const { url, mime, size, name, width, height, duration_ms } = file;
  const thumbnail_url = file.kind === "image" ? url : null;
  return { id: "", state: "ready", mime, size, filename: name, width, height, duration_ms, failure: null, url, thumbnail_url };
}

export function localMessage(body: SendBody, context: LocalContext): Message {
  const { account_id, conversation_id, author_id, at, quoted } = context;
  return {
    id: localId(body.client_id),
    account_id,
    conversation_id,
    direction: "out",
    ...lookOf(body, context),
    sender: null,
    author_id,
    client_id: body.client_id,
    quoted,
    reactions: [],
    media: mediaOf(context.file),
    status: "sending",
    error: null,
    sent_at: null,
    delivered_at: null,
    read_at: null,
    recipients: null,
    failed_at: null,
    // As the server has it: a message for later stands where it will be sent.
    provider_at: body.send_at ?? at,
    received_at: at,
    late: false,
    forwarded: false,
    edited_at: null,
    deleted_at: null,
    change: null,
    source: "live",
    send_at: body.send_at ?? null,
    attempts: 0,
  };
}

/** The same bubble after the server has refused it. */
export function refusedMessage(message: Message, error: MessageError): Message {
  return { ...message, status: "failed", error, failed_at: message.provider_at };
}

export function quotedOf(message: Message): Quoted {
  const { id, text, type, direction } = message;
  return { message_id: id, provider_id: null, text: (text ?? "").slice(0, 160), type, direction };
}
