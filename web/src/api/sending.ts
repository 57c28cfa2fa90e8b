/**
 * Bodies of requests to send. The generated types name every member, also those that may be left out; these are what we write.
 */

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
  emails?: string[];
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
  list?: { button: string; sections: { title?: string; rows: ListRow[] }[] };
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
