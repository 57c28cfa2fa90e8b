/**
 * The shapes the server speaks, under the names that the app uses. They come from `openapi.json` (`npm run gen`); everything else imports
 * them from here and never from the generated file.
 */
import type { components } from "./types.gen";

type Schemas = components["schemas"];

export type Account = Schemas["Account"] & {
  send_read_receipts: boolean;
  send_typing: boolean;
  enforce_window: boolean;
  rate_per_second: number;
};
export type AccountState = Schemas["AccountState"];
export type Contact = Schemas["Contact"];
export type ContactStatistics = Schemas["ContactStatistics"];
export type ContactSummary = Schemas["ContactSummary"];
export type Conversation = Omit<Schemas["Conversation"], "last_message"> & { last_message: MessagePreview | null };
export type ConversationCounts = Schemas["ConversationCounts"];
export type ConversationStatus = Schemas["ConversationStatus"];
export type DeadLetter = Schemas["DeadLetter"];
export type Direction = Schemas["Direction"];
export type ErrorCode = Schemas["ErrorCode"] | "window_closed";
export type Identity = Schemas["Identity"];
export type Me = Schemas["Me"];
export type Media = Schemas["Media"];
export type Merge = Schemas["Merge"];
export type MessageError = Schemas["MessageError"];
export type MessagePage = Omit<Schemas["MessagePage"], "items"> & { items: Message[] };
export type MessagePreview = Omit<Schemas["MessagePreview"], "status"> & { status: MessageStatus };
export type MessageStatus = Schemas["MessageStatus"] | "cancelled" | "unknown";
export type MetaApp = Schemas["MetaApp"];
export type Quoted = Schemas["Quoted"];
export type Reaction = Schemas["Reaction"];
export type Role = Schemas["Role"];
export type Session = Schemas["Session"];
export type Tenant = Schemas["Tenant"];
export type User = Schemas["User"];
export type ChannelKind = Schemas["Channel"];
export type DuplicateGroup = Schemas["ContactDuplicates"];
export type Message = Omit<Schemas["Message"], "status"> & { status: MessageStatus; send_at: number | null; attempts: number };

export type MessageType = Schemas["MessageType"];

export interface Page<T> {
  items: T[];
  next_cursor: string | null;
}

export type * from "./sending";
