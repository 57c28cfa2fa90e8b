/** What the composer offers: by what the account's channel can do. Pure. */
import type { Account, Message } from "@/api/types";

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

/** What can still be done with a message of ours that went out. Deleting ends last, so both end by themselves. */
export function changesOf(message: Message, account: Account | undefined, now: number): { edit: boolean; delete: boolean } {
  const went = message.direction === "out" && (message.status === "sent" || message.status === "delivered" || message.status === "read" || message.status === "played");
  const going = message.deleted_at !== null || (message.change?.kind === "delete" && message.change.status === "sending");
  if (!went || going || !account) return { edit: false, delete: false };
  const { edit, edit_for_ms, delete: remove, delete_for_ms } = account.capabilities;
  const age = now - (message.sent_at ?? message.provider_at);
  return {
    edit: edit && message.type === "text" && age <= (edit_for_ms ?? 0),
    delete: remove && age <= (delete_for_ms ?? 0),
  };
}
