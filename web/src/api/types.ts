/**
 * The shapes the server speaks, under the names that the app uses. They come from `openapi.json` (`npm run gen`); everything else imports
 * them from here and never from the generated file.
 */
import type { components } from "./types.gen";

type Schemas = components["schemas"];

export type About = Schemas["About"];
export type Account = Schemas["Account"];
export type AccountState = Schemas["AccountState"];
export type Capabilities = Schemas["Capabilities"];
export type Contact = Schemas["Contact"];
export type ContactStatistics = Schemas["ContactStatistics"];
export type ContactSummary = Schemas["ContactSummary"];
export type Conversation = Schemas["Conversation"];
export type ConversationCounts = Schemas["ConversationCounts"];
export type ConversationStatus = Schemas["ConversationStatus"];
export type DeadLetter = Schemas["DeadLetter"];
export type Direction = Schemas["Direction"];
export type ErrorCode = Schemas["ErrorCode"];
export type Identity = Schemas["Identity"];
export type Me = Schemas["Me"];
export type LinkOffer = Schemas["LinkOffer"];
export type Media = Schemas["Media"];
export type Merge = Schemas["Merge"];
export type MessageChange = Schemas["MessageChange"];
export type MessageError = Schemas["MessageError"];
export type MessagePage = Schemas["MessagePage"];
export type MessagePreview = Schemas["MessagePreview"];
export type MessageStatus = Schemas["MessageStatus"];
export type MetaApp = Schemas["MetaApp"];
export type Quoted = Schemas["Quoted"];
export type Reaction = Schemas["Reaction"];
export type Recipient = Schemas["Recipient"];
export type RecipientCounts = Schemas["RecipientCounts"];
export type Role = Schemas["Role"];
export type Session = Schemas["Session"];
export type Tenant = Schemas["Tenant"];
export type User = Schemas["User"];
export type ChannelKind = Schemas["Channel"];
export type DuplicateGroup = Schemas["ContactDuplicates"];
export type Message = Schemas["Message"];

export type Attempt = Schemas["Attempt"];
export type SavedReply = Schemas["SavedReply"];
export type Template = Schemas["Template"];
export type Upload = Schemas["Upload"];

export type Delivery = Schemas["Delivery"];
export type DeliveryDetail = Schemas["DeliveryDetail"];
export type DeliveryState = Schemas["DeliveryState"];
export type Webhook = Schemas["Webhook"];
export type WebhookEventType = Schemas["WebhookEventType"];
/** What somebody is writing; the server adds when it was kept. */
export type Draft = Pick<Schemas["TextDraft"], "text" | "quote_id">;

export type MessageType = Schemas["MessageType"];

export interface Page<T> {
  items: T[];
  next_cursor: string | null;
}

export type * from "./sending";
