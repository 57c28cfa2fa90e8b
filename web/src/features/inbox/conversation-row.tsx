import { Link } from "@tanstack/react-router";
import { BellOff, Hourglass } from "lucide-react";
import { Suspense, memo } from "react";
import type { Conversation } from "@/api/types";
import { useAccount, useUser } from "@/directory/api";
import { t } from "@/i18n";
import { HOUR_MS, briefly, dateTimeOf, remaining } from "@/i18n/format";
import { useMinute } from "@/lib/clock";
import { cx } from "@/lib/cx";
import { useStore } from "@/lib/store";
import { customerTyping, typing } from "@/realtime/hints";
import { Avatar } from "@/ui/avatar";
import { LateTyping } from "@/ui/late-signs";
import { MessagePreview } from "@/ui/message-preview";
import { UnreadBadge } from "@/ui/states";
import { Ticks } from "@/ui/ticks";
import type { InboxSearch } from "./filters";

export const ROW_HEIGHT = 76;

interface RowProps {
  conversation: Conversation;
  selected: boolean;
  search: InboxSearch;
}

export const ConversationRow = memo(function ConversationRow({ conversation, selected, search }: RowProps) {
  const { contact, unread_count } = conversation;
  const unread = unread_count > 0;
  return (
    <Link
      to="/inbox/$conversationId"
      params={{ conversationId: conversation.id }}
      search={search}
      data-row={conversation.id}
      aria-current={selected ? "true" : undefined}
      className={cx(
        "group flex h-full items-center gap-3 rounded-xl px-3 transition-colors focus-visible:-outline-offset-2",
        selected ? "bg-accent-soft" : "hover:bg-hover",
      )}
    >
      <span className="relative">
        <Avatar name={contact.name} seed={contact.id} url={contact.avatar_url} group={contact.is_group} />
        <AccountDot accountId={conversation.account_id} selected={selected} />
      </span>
      <span className="min-w-0 grow">
        <span className="flex items-baseline justify-between gap-2">
          <bdi className={cx("truncate text-md", unread ? "font-semibold" : "font-medium")}>{contact.name}</bdi>
          <When conversation={conversation} unread={unread} />
        </span>
        <span className="mt-0.5 flex h-5 items-center justify-between gap-2">
          <Preview conversation={conversation} unread={unread} />
          <span className="flex shrink-0 items-center gap-1.5">
            <Countdown until={conversation.window_expires_at} />
            {conversation.status === "snoozed" && <Snoozed until={conversation.snoozed_until} />}
            {conversation.assignee_id && <Assignee id={conversation.assignee_id} />}
            <UnreadBadge count={unread_count} />
          </span>
        </span>
      </span>
    </Link>
  );
});

function AccountDot({ accountId, selected }: { accountId: string; selected: boolean }) {
  const account = useAccount(accountId);
  if (!account) return null;
  return (
    <span
      title={account.name}
      className={cx("absolute -start-0.5 -bottom-0.5 size-3.5 rounded-full border-[3px]", selected ? "border-accent-soft" : "border-surface group-hover:border-hover")}
      style={{ background: account.color }}
    >
      <span className="sr-only">{account.name}</span>
    </span>
  );
}

function When({ conversation, unread }: { conversation: Conversation; unread: boolean }) {
  const now = useMinute();
  const at = conversation.last_message_at;
  return (
    <time
      dateTime={new Date(at).toISOString()}
      title={dateTimeOf(at)}
      className={cx("shrink-0 text-xs tabular-nums", unread ? "font-semibold text-accent-ink" : "text-ink-3")}
    >
      {briefly(at, now)}
    </time>
  );
}

function Preview({ conversation, unread }: { conversation: Conversation; unread: boolean }) {
  const typists = useStore(typing, (all) => all[conversation.id]);
  const first = useUser(typists?.[0] ?? null);
  const sign = useStore(customerTyping, (all) => all[conversation.id])?.[0];
  if (first) return <span className="truncate text-accent-ink italic">{t("list.typing", { name: first.name })}</span>;
  const last = <LastMessage conversation={conversation} unread={unread} />;
  if (!sign) return last;
  return (
    <Suspense fallback={last}>
      <LateTyping sign={sign} />
    </Suspense>
  );
}

function LastMessage({ conversation, unread }: { conversation: Conversation; unread: boolean }) {
  const last = conversation.last_message;
  if (!last) return <span className="truncate text-ink-3">{t("list.noMessages")}</span>;
  return (
    <span className={cx("flex min-w-0 items-center gap-1", unread ? "text-ink" : "text-ink-3")}>
      {last.direction === "out" && <Ticks status={last.status} className="text-ink-3" />}
      {/* Its own direction, so that long text is cut at its end in either. */}
      <span className="truncate" dir="auto">
        <MessagePreview type={last.type} text={last.text} />
      </span>
    </span>
  );
}

/** Only the last hours are worth a place in the row: that is when somebody should act. */
const URGENT_MS = 6 * HOUR_MS;

function Countdown({ until }: { until: number | null }) {
  const now = useMinute();
  if (until === null || until <= now || until - now > URGENT_MS) return null;
  const left = remaining(until, now);
  return (
    <span className="inline-flex items-center gap-0.5 text-xs font-medium text-warn" title={t("list.windowLeft", { left })}>
      <Hourglass className="size-3" aria-hidden="true" />
      {left}
    </span>
  );
}

function Snoozed({ until }: { until: number | null }) {
  const title = until === null ? t("view.snoozed") : t("list.snoozedUntil", { when: dateTimeOf(until) });
  return (
    <span title={title} className="text-ink-3">
      <BellOff className="size-3.5" aria-hidden="true" />
      <span className="sr-only">{title}</span>
    </span>
  );
}

function Assignee({ id }: { id: string }) {
  const user = useUser(id);
  if (!user) return null;
  return (
    <span title={t("list.assignedTo", { name: user.name })}>
      <Avatar name={user.name} seed={user.id} size="xs" />
      <span className="sr-only">{t("list.assignedTo", { name: user.name })}</span>
    </span>
  );
}
