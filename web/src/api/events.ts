/** Events as the real-time streams carry them: the server's own list, from `openapi.json`. */
import type { components } from "./types.gen";
import type { Account, Conversation, Draft, Message, MessageStatus, SavedReply, Template } from "./types";

interface SendingEvents {
  "draft:changed": { conversation_id: string; draft: Draft | null };
  "saved_reply:changed": { id: string; reply: SavedReply | null };
  "template:changed": { id: string; template: Template | null };
  "message:new": { message: Message; conversation: Conversation };
  "message:updated": { message: Message };
  "message:status": Omit<components["schemas"]["MessageStatusChanged"], "status"> & { status: MessageStatus; attempts?: number; send_at?: number | null };
  "account:updated": { account: Account };
}

type ServerEvent =
  | Exclude<components["schemas"]["Event"], { type: keyof SendingEvents }>
  | { [K in keyof SendingEvents]: { type: K; data: SendingEvents[K] } }[keyof SendingEvents];

export type EventType = ServerEvent["type"];

export type EventData = { [K in EventType]: Extract<ServerEvent, { type: K }>["data"] };

/** Two contacts became one. Where both had a conversation with one account, the one is folded into the other. */
export type MergedContacts = EventData["contact:merged"];

/** One event with its number in the stream. The union is discriminated by `type`. */
export type Envelope = {
  [K in EventType]: { seq: number; type: K; at: number; data: EventData[K] };
}[EventType];
