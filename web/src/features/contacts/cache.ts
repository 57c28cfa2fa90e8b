/** How cached contact lists change when a contact changes. Pure. */
import type { Contact, Conversation } from "@/api/types";
import { isFresher } from "@/model/contact";
import { type PagesOf, findInPages, mapPages, mapSame, removeFromPages, upsertById } from "@/model/list";
import { compareConversations, isNewer } from "@/model/conversation";

export type ContactPages = PagesOf<Contact>;

export function upsertContact(items: Contact[], contact: Contact): Contact[] {
  const held = items.find((item) => item.id === contact.id);
  return isFresher(contact, held) ? upsertById(items, contact) : items;
}

/** After a merge only the survivor is left. */
export function mergeContacts(items: Contact[], survivor: Contact, mergedId: string): Contact[] {
  return upsertContact(
    items.filter((item) => item.id !== mergedId),
    survivor,
  );
}

/** A new contact shows at the top at once; in a search only the server can tell whether it belongs. */
export function placeContact(data: ContactPages, contact: Contact, q: string): ContactPages {
  if (findInPages(data, contact.id)) {
    return mapPages(data, (item) => (item.id === contact.id && isFresher(contact, item) ? contact : item));
  }
  const first = data.pages[0];
  if (q !== "" || first === undefined) return data;
  return { ...data, pages: data.pages.with(0, { ...first, items: [contact, ...first.items] }) };
}

export function mergeInPages(data: ContactPages, survivor: Contact, mergedId: string, q: string): ContactPages {
  return placeContact(removeFromPages(data, mergedId), survivor, q);
}

/** The conversations of one contact, newest first. */
export function placeContactConversation(items: Conversation[], conversation: Conversation): Conversation[] {
  if (items.some((item) => item.id === conversation.id)) {
    return mapSame(items, (held) =>
      held.id === conversation.id && isNewer(conversation, held) ? conversation : held,
    ).toSorted(compareConversations);
  }
  return [...items, conversation].toSorted(compareConversations);
}
