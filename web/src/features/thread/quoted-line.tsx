import { useQuery } from "@tanstack/react-query";
import type { Conversation } from "@/api/types";
import { t } from "@/i18n";
import { MessagePreview } from "@/ui/message-preview";
import { threadQuery } from "./api";

/** One line about a message that is being answered. */
export function QuotedLine({ conversation, messageId }: { conversation: Conversation; messageId: string }) {
  const { data: message } = useQuery({ ...threadQuery(conversation.id), select: (thread) => thread.items.find((item) => item.id === messageId) });
  return (
    <>
      <p className="truncate text-xs font-semibold text-accent-ink">
        {message?.direction === "out" ? t("thread.us") : <bdi>{message?.sender?.name ?? conversation.contact.name}</bdi>}
      </p>
      <p className="truncate text-sm text-ink-2" dir="auto">
        {message ? <MessagePreview type={message.type} text={message.text} /> : t("thread.quotedEarlier")}
      </p>
    </>
  );
}
