/** What the composer offers: by what the account's channel can do. Pure. */
import type { Account } from "@/api/types";

export interface Allowed {
  pictures: boolean;
  files: boolean;
  voice: boolean;
  location: boolean;
  contacts: boolean;
  template: boolean;
  interactive: boolean;
  /** Anything beside words. */
  more: boolean;
}

/** An account that is not loaded yet can do everything: the server has the last word. */
export function allowedBy(account: Account | undefined): Allowed {
  const can = account?.capabilities;
  const pictures = !can || can.image || can.video;
  const files = !can || can.document;
  const interactive = !can || can.buttons || can.list || can.cta_url || can.location_request || can.contact_request;
  const { location = true, contacts = true, template = true, voice = true } = can ?? {};
  return { pictures, files, voice, location, contacts, template, interactive, more: pictures || files || location || contacts || template || interactive };
}
