/** The running app as a target of events: every change goes to the query caches through the features' own rules. */
import type { QueryClient } from "@tanstack/react-query";
import type { Account, Contact, Conversation, Me, User } from "@/api/types";
import { changeQueries } from "@/api/live";
import { accountsKey, meKey, usersKey } from "@/directory/api";
import { applyContact, applyContactConversation, applyMerged, changeContactConversations, contactWritten } from "@/features/contacts/api";
import { applyConversation, applyRead, changeConversations, findConversation, foldConversation } from "@/features/inbox/api";
import { applySavedReply, applyTemplate } from "@/directory/replies";
import { applyDraft } from "@/features/sending/draft-cache";
import { forgetPending } from "@/features/sending/pending";
import { applyChangedMessage, applyNewMessage, applyToAllMessages, applyToMessage, foldThread } from "@/features/thread/api";
import { withContact, withPreviewStatus } from "@/model/conversation";
import { upsertById } from "@/model/list";
import { withSender, withStatus } from "@/model/message";
import type { Target } from "./dispatch";

export function queryTarget(client: QueryClient): Target {
  return {
    addMessage: (message) => {
      applyNewMessage(client, message);
      forgetPending(message.client_id);
      const to = message.direction === "out" && findConversation(client, message.conversation_id);
      if (to) contactWritten(client, to.contact.id);
    },
    replaceMessage: (message) => applyChangedMessage(client, message),
    changeStatus: (change) => {
      applyToMessage(client, change.conversation_id, (held) =>
        held.id === change.message_id ? withStatus(held, change) : held,
      );
      changeConversations(client, (held) => withPreviewStatus(held, change));
    },
    putConversation: (conversation, isNew) => putConversation(client, conversation, isNew),
    markRead: (mark) => applyRead(client, mark),
    putContact: (contact, isNew) => {
      applyContact(client, contact, isNew);
      contactChanged(client, contact);
    },
    mergeContacts: ({ survivor, merged_id, conversations, folded }) => {
      applyMerged(client, survivor, merged_id);
      contactChanged(client, survivor, merged_id);
      for (const conversation of conversations) putConversation(client, conversation, false);
      for (const { from, into } of folded) {
        foldConversation(client, from, into);
        foldThread(client, from, into);
      }
    },
    putAccount: (account) => {
      changeQueries<Account[]>(client, accountsKey, (held) => upsertById(held, account));
    },
    removeAccount: (accountId) => {
      changeQueries<Account[]>(client, accountsKey, (held) => held.filter((account) => account.id !== accountId));
      void client.resetQueries({ queryKey: ["conversations"] });
    },
    putUser: (user) => {
      changeQueries<User[]>(client, usersKey, (held) => upsertById(held, user));
      changeQueries<Me>(client, meKey, (me) => (me.user.id === user.id ? { ...me, user } : me));
    },
    setMembership: (accountIds) => {
      changeQueries<Me>(client, meKey, (me) => ({ ...me, account_ids: accountIds }));
      // Whole accounts appear or disappear; nothing held says which rows those are.
      void client.resetQueries({ queryKey: ["conversations"] });
      void client.invalidateQueries({ queryKey: accountsKey });
    },
    putDraft: (conversationId, draft) => applyDraft(client, conversationId, draft),
    putSavedReply: (id, reply) => applySavedReply(client, id, reply),
    putTemplate: (id, template) => applyTemplate(client, id, template),
    reset: () => void client.invalidateQueries(),
  };
}

function putConversation(client: QueryClient, conversation: Conversation, isNew: boolean): void {
  applyConversation(client, conversation, isNew);
  applyContactConversation(client, conversation);
}

function contactChanged(client: QueryClient, contact: Contact, formerId?: string): void {
  changeConversations(client, (held) => withContact(held, contact, formerId));
  changeContactConversations(client, (held) => withContact(held, contact, formerId));
  applyToAllMessages(client, (held) => withSender(held, contact, formerId));
}
