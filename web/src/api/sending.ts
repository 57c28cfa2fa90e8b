/** What sending adds to the API: bodies of requests, and what they answer. */
import type { MessageType } from "./types";

export interface TextBody {
  body: string;
  preview_url?: boolean;
}

export interface MediaBody {
  upload_id: string;
  caption?: string;
  filename?: string;
  voice?: boolean;
  sticker?: boolean;
}

export interface LocationBody {
  latitude: number;
  longitude: number;
  name?: string;
  address?: string;
}

export interface ContactCard {
  name: string;
  organisation?: string;
  phones: { phone: string; type?: string }[];
  emails?: { email: string; type?: string }[];
}

export interface ReplyButton {
  id: string;
  title: string;
}

export interface ListRow extends ReplyButton {
  description?: string;
}

export interface InteractiveBody {
  kind: "button" | "list" | "cta_url" | "location_request" | "contact_request";
  header?: string;
  body: string;
  footer?: string;
  buttons?: ReplyButton[];
  list?: { button: string; sections: { title: string; rows: ListRow[] }[] };
  url?: { title: string; url: string };
}

export type Values = string[] | Record<string, string>;

export interface TemplateBody {
  template_id: string;
  parameters: { header?: Values; body?: Values; buttons?: Record<string, string> };
  header_upload_id?: string;
}

/** What is sent: exactly one kind of content. A file that is not uploaded yet has an empty `upload_id`. */
export interface SendBody {
  client_id: string;
  quote_id?: string;
  send_at?: number;
  text?: TextBody;
  media?: MediaBody;
  location?: LocationBody;
  contacts?: ContactCard[];
  reaction?: { message_id: string; emoji: string };
  interactive?: InteractiveBody;
  template?: TemplateBody;
}

export interface Upload {
  id: string;
  mime: string;
  kind: Extract<MessageType, "image" | "video" | "audio" | "voice" | "document" | "sticker">;
  size: number;
  filename: string | null;
  width?: number | null;
  height?: number | null;
  duration_ms?: number | null;
  preview_url: string | null;
}

export interface Attempt {
  number: number;
  started_at: number;
  ended_at: number | null;
  outcome: "accepted" | "refused" | "unknown" | "abandoned" | null;
  code: number | null;
  title: string | null;
  detail: string | null;
  retry_at: number | null;
}

export interface Draft {
  text: string;
  quote_id: string | null;
}

export interface SavedReply {
  id: string;
  shortcut: string;
  title: string;
  text: string;
  updated_at: number;
}

export interface Template {
  id: string;
  waba_id: string;
  provider_id: string | null;
  name: string;
  language: string;
  category: string;
  status: string;
  quality: string | null;
  parameter_format: "positional" | "named";
  /** As Meta gives them. */
  components: Record<string, unknown>[];
  rejected_reason: string | null;
  updated_at: number;
}
