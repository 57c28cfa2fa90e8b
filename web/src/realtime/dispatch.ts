/**
 * The one place where an event's type is looked at. A target is any holder of data: the query caches of the running
 * app, or plain lists in the convergence test, so that both follow the same rules.
 */
import type { Envelope, MergedContacts } from "@/api/events";
import type { Account, Contact, Conversation, Draft, Message, SavedReply, Template, User } from "@/api/types";
import type { ReadMark } from "@/model/conversation";
import type { StatusChange } from "@/model/message";

export interface Target {
  addMessage(message: Message): void;
  replaceMessage(message: Message): void;
  changeStatus(change: StatusChange): void;
  putConversation(conversation: Conversation, isNew: boolean): void;
  markRead(mark: ReadMark): void;
  putContact(contact: Contact, isNew: boolean): void;
  mergeContacts(merged: MergedContacts): void;
  putAccount(account: Account): void;
  removeAccount(accountId: string): void;
  putUser(user: User): void;
  setMembership(accountIds: string[]): void;
  /** null: nothing is being written there. */
  putDraft(conversationId: string, draft: Draft | null): void;
  /** null: deleted. */
  putSavedReply(id: string, reply: SavedReply | null): void;
  /** null: deleted. */
  putTemplate(id: string, template: Template | null): void;
  reset(): void;
}

export function dispatch(event: Envelope, target: Target): void {
  switch (event.type) {
    case "message:new":
      target.putConversation(event.data.conversation, false);
      target.addMessage(event.data.message);
      return;
    case "message:updated":
      target.replaceMessage(event.data.message);
      return;
    case "message:status":
      target.changeStatus(event.data);
      return;
    case "conversation:new":
    case "conversation:updated":
      target.putConversation(event.data.conversation, event.type === "conversation:new");
      return;
    case "conversation:read":
      target.markRead(event.data);
      return;
    case "contact:new":
    case "contact:updated":
      target.putContact(event.data.contact, event.type === "contact:new");
      return;
    case "contact:merged":
      target.mergeContacts(event.data);
      return;
    case "account:updated":
      target.putAccount(event.data.account);
      return;
    case "account:deleted":
      target.removeAccount(event.data.account_id);
      return;
    case "user:updated":
      target.putUser(event.data.user);
      return;
    case "membership:changed":
      target.setMembership(event.data.account_ids);
      return;
    case "draft:changed":
      target.putDraft(event.data.conversation_id, event.data.draft);
      return;
    case "saved_reply:changed":
      target.putSavedReply(event.data.id, event.data.reply);
      return;
    case "template:changed":
      target.putTemplate(event.data.id, event.data.template);
      return;
    case "sync:reset":
      target.reset();
      return;
    default:
      passOver(event);
  }
}

/** A type error when the union grows and the switch does not; at run time a newer server's event changes nothing. */
function passOver(_event: never): void {
  return;
}
