/** Puts the thread and the composer of one conversation together: what the one asks for, the other does. */
import { type QueryClient, useQueryClient } from "@tanstack/react-query";
import { type ReactNode, Suspense, lazy, useEffect, useMemo } from "react";
import type { Conversation, Message } from "@/api/types";
import { useAccount } from "@/directory/api";
import { react } from "@/features/sending/api";
import { wish } from "@/features/sending/pending";
import { windowOf } from "@/features/sending/window";
import { applyChangedMessage, applyToMessage, threadQuery } from "@/features/thread/api";
import type { ThreadPorts } from "@/features/thread/ports";
import { QuotedLine } from "@/features/thread/quoted-line";
import { withWords } from "@/i18n";
import { useMinute } from "@/lib/clock";
import { fetchAhead, surely } from "@/lib/lazy";
import { withOwnReaction } from "@/model/message";
import { toastError } from "@/ui/toast";

const Composer = lazy(surely(withWords("sending", () => import("@/features/sending/composer"))));
const MessageMenu = lazy(surely(withWords("sending", () => import("@/features/sending/message-menu"))));
const Delivery = lazy(surely(withWords("sending", () => import("@/features/sending/delivery"))));

function findMessage(client: QueryClient, conversationId: string, id: string): Message | undefined {
  return client.getQueryData(threadQuery(conversationId).queryKey)?.items.find((message) => message.id === id);
}

export function ComposerFor({ conversation }: { conversation: Conversation }) {
  const client = useQueryClient();
  useEffect(() => fetchAhead(), []);
  return (
    <Suspense fallback={<div className="h-19 shrink-0 border-t border-line bg-surface" />}>
      <Composer
        conversation={conversation}
        findMessage={(id) => findMessage(client, conversation.id, id)}
        findLast={(fits) => client.getQueryData(threadQuery(conversation.id).queryKey)?.items.findLast(fits)}
        onChanged={(message) => applyChangedMessage(client, message)}
        renderQuote={(id) => <QuotedLine conversation={conversation} messageId={id} />}
      />
    </Suspense>
  );
}

export function usePorts(conversation: Conversation): ThreadPorts {
  const client = useQueryClient();
  const account = useAccount(conversation.account_id);
  const open = windowOf(conversation, account, useMinute()).canWrite;
  const { id } = conversation;
  const reacts = open && account?.capabilities.reaction !== false;
  return useMemo(() => {
    const changed = (message: Message) => applyChangedMessage(client, message);
    return {
      open,
      reacts,
      quote: (message) => wish.set({ kind: "quote", message }),
      write: () => wish.set({ kind: "focus" }),
      react: (message, emoji) => {
        const before = message.reactions;
        const show = (change: (held: Message) => Message) => applyToMessage(client, id, (held) => (held.id === message.id ? change(held) : held));
        show((held) => withOwnReaction(held, emoji, Date.now()));
        react(id, message.id, emoji).then(changed, (error: unknown) => {
          show((held) => ({ ...held, reactions: before }));
          toastError(error);
        });
      },
      delivery: (message): ReactNode => (
        <Suspense>
          <Delivery message={message} onChanged={changed} />
        </Suspense>
      ),
      more: (message): ReactNode => (
        <Suspense>
          <MessageMenu message={message} />
        </Suspense>
      ),
    };
  }, [client, id, open, reacts]);
}
