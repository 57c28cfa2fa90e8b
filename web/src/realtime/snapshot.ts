/** A target of plain lists: what the convergence test compares with the server's own "after". */
import type { Contact, Conversation, Message } from "@/api/types";
import { mergeContacts, upsertContact } from "@/features/contacts/cache";
import { compareConversations, isNewer, markRead, withContact, withPreviewStatus } from "@/model/conversation";
import { mapSame, upsertById } from "@/model/list";
import { mergeMessage, upsertMessage, withSender, withStatus } from "@/model/message";
import type { Target } from "./dispatch";

export interface Snapshot {
  conversations: Conversation[];
  messages: Message[];
  contacts: Contact[];
}

function fold(state: Snapshot, from: string, into: string): void {
  state.conversations = state.conversations.filter((held) => held.id !== from);
  state.messages = mapSame(state.messages, (held) => (held.conversation_id === from ? { ...held, conversation_id: into } : held));
}

const nothing = () => undefined;

export function snapshotTarget(state: Snapshot): Target {
  const contactChanged = (contact: Contact, formerId?: string) => {
    state.conversations = mapSame(state.conversations, (held) => withContact(held, contact, formerId));
    state.messages = mapSame(state.messages, (held) => withSender(held, contact, formerId));
  };
  const putConversation = (conversation: Conversation) => {
    const held = state.conversations.find((item) => item.id === conversation.id);
    if (!isNewer(conversation, held)) return;
    state.conversations = upsertById(state.conversations, conversation).toSorted(compareConversations);
  };
  return {
    addMessage: (message) => (state.messages = upsertMessage(state.messages, message)),
    replaceMessage: (message) => {
      state.messages = mapSame(state.messages, (held) => (held.id === message.id ? mergeMessage(held, message) : held));
    },
    changeStatus: (change) => {
      state.messages = mapSame(state.messages, (held) => (held.id === change.message_id ? withStatus(held, change) : held));
      state.conversations = mapSame(state.conversations, (held) => withPreviewStatus(held, change));
    },
    putConversation,
    markRead: (mark) => {
      state.conversations = mapSame(state.conversations, (held) =>
        held.id === mark.conversation_id ? markRead(held, mark) : held,
      );
    },
    putContact: (contact) => {
      state.contacts = upsertContact(state.contacts, contact);
      contactChanged(contact);
    },
    mergeContacts: ({ survivor, merged_id, conversations, folded }) => {
      state.contacts = mergeContacts(state.contacts, survivor, merged_id);
      contactChanged(survivor, merged_id);
      for (const { from, into } of folded) fold(state, from, into);
      for (const conversation of conversations) putConversation(conversation);
    },
    putAccount: nothing,
    removeAccount: (accountId) => {
      state.conversations = state.conversations.filter((held) => held.account_id !== accountId);
      state.messages = state.messages.filter((held) => held.account_id !== accountId);
    },
    putUser: nothing,
    setMembership: nothing,
    putDraft: nothing,
    putSavedReply: nothing,
    putTemplate: nothing,
    reset: nothing,
  };
}
