import { useQuery } from "@tanstack/react-query";
import { type ReactNode, useEffect } from "react";
import type { Conversation, Message } from "@/api/types";
import { t } from "@/i18n";
import { useVisible } from "@/lib/hooks";
import { emitView } from "@/realtime/hints";
import { Failed, Skeleton } from "@/ui/states";
import { threadQuery } from "./api";
import { MessageList } from "./message-list";
import type { ThreadActions } from "./thread-actions";
import { ThreadHeader } from "./thread-header";

interface ThreadProps {
  conversation: Conversation;
  actions: ThreadActions;
  onRead: (messageId: string) => void;
  /** The way back to the list, on a phone. */
  back: ReactNode;
  panelOpen: boolean;
  onTogglePanel: () => void;
  /** Written here and not on the server yet. */
  pending: Message[];
  composer: ReactNode;
}

export function Thread({ conversation, actions, onRead, back, panelOpen, onTogglePanel, pending, composer }: ThreadProps) {
  const { id } = conversation;
  const visible = useVisible();
  // A tab in the background is not looking: customers would be shown that somebody is there.
  useEffect(() => {
    emitView(visible ? id : null);
    return () => emitView(null);
  }, [id, visible]);
  return (
    <section aria-label={t("thread.label", { name: conversation.contact.name })} className="flex h-full min-h-0 min-w-0 flex-col bg-thread">
      <ThreadHeader conversation={conversation} back={back} panelOpen={panelOpen} onTogglePanel={onTogglePanel} actions={actions} />
      <Messages key={id} conversation={conversation} pending={pending} onRead={onRead} />
      {composer}
    </section>
  );
}

function Messages({ conversation, pending, onRead }: Pick<ThreadProps, "conversation" | "pending" | "onRead">) {
  const query = useQuery(threadQuery(conversation.id));
  if (query.isPending) return <BubbleSkeletons />;
  if (query.data === undefined) return <Failed error={query.error} retry={() => void query.refetch()} />;
  return <MessageList conversation={conversation} thread={query.data} pending={pending} onRead={onRead} />;
}

const SHAPES = ["w-56 h-10", "w-72 h-16", "w-40 h-10 self-end", "w-64 h-14 self-end", "w-48 h-10", "w-80 h-20", "w-52 h-10 self-end"];

function BubbleSkeletons() {
  return (
    <div role="status" aria-label={t("state.loading")} className="flex min-h-0 grow flex-col justify-end gap-3 overflow-hidden px-4 py-4 sm:px-8">
      {SHAPES.map((shape, index) => (
        <Skeleton key={index} className={`${shape} max-w-[80%] rounded-2xl`} />
      ))}
    </div>
  );
}
