import { CloudOff, Hourglass, LayoutTemplate, Lock, PenLine, Reply, X } from "lucide-react";
import { type ReactNode, useEffect, useRef } from "react";
import type { Conversation } from "@/api/types";
import { useMe, useUsers } from "@/directory/api";
import { t, tn } from "@/i18n";
import { dateTimeOf, remaining } from "@/i18n/format";
import { useMinute } from "@/lib/clock";
import { cx } from "@/lib/cx";
import { useStore } from "@/lib/store";
import { connection, typing } from "@/realtime/hints";
import { Button, IconButton } from "@/ui/button";
import { pending } from "./pending";
import type { ReplyWindow } from "./window";

const LINE = "flex min-w-0 items-center gap-1.5";

/** What holds for writing here, in one quiet line: the connection, a colleague, the conversation, the time left. */
export function StatusLine({ conversation, window: reply }: { conversation: Conversation; window: ReplyWindow }) {
  const colleague = useColleagueTyping(conversation.id);
  const offline = useStore(connection, (state) => state === "offline" || state === "reconnecting");
  const waiting = useStore(pending, (items) => items.filter((item) => item.state === "waiting").length);
  return (
    <div className="flex min-h-5 items-center justify-between gap-3 px-2 pb-1 text-xs text-ink-3 empty:min-h-1.5">
      {offline ? (
        <p role="status" className={cx(LINE, "font-medium text-warn")}>
          <CloudOff className="size-3.5 shrink-0" />
          {waiting > 0 ? tn("composer.offlineWaiting", waiting) : t("composer.offline")}
        </p>
      ) : colleague !== null ? (
        <p role="status" className={cx(LINE, "font-medium text-accent-ink")}>
          <PenLine className="size-3.5 shrink-0" />
          <span className="truncate">{t("composer.replying", { name: colleague })}</span>
        </p>
      ) : (
        <ConversationState conversation={conversation} hint={reply.canWrite} />
      )}
      <TimeLeft window={reply} />
    </div>
  );
}

function ConversationState({ conversation, hint }: { conversation: Conversation; hint: boolean }) {
  const { status, snoozed_until } = conversation;
  if (status === "snoozed" && snoozed_until !== null) return <p className="truncate">{t("thread.snoozedUntil", { when: dateTimeOf(snoozed_until) })}</p>;
  if (status === "resolved") return <p className="truncate">{t("thread.isResolved")}</p>;
  if (!hint) return null;
  return <p className="truncate max-sm:hidden pointer-coarse:hidden">{t("composer.hint")}</p>;
}

function TimeLeft({ window: { state, until, canWrite } }: { window: ReplyWindow }) {
  const now = useMinute();
  if (state === "none" || (!canWrite && state !== "open")) return null;
  const Icon = state === "closed" || state === "never" ? Lock : Hourglass;
  return (
    <p title={until === null ? undefined : dateTimeOf(until)} className={cx(LINE, "shrink-0", state !== "open" && "font-medium text-warn")}>
      <Icon className="size-3.5 shrink-0" aria-hidden="true" />
      {state === "never" ? t("thread.noWindow") : state === "closed" ? t("composer.windowClosedWarning") : t("thread.windowOpen", { left: remaining(until ?? 0, now) })}
    </p>
  );
}

/** The name of a colleague who writes here at this moment. */
export function useColleagueTyping(conversationId: string): string | null {
  const me = useMe().user.id;
  const users = useUsers();
  const typists = useStore(typing, (all) => all[conversationId]);
  const id = typists?.find((user) => user !== me);
  return users.find((user) => user.id === id)?.name ?? null;
}

/** In the composer's place when only a template may be sent. */
export function Closed({ window: reply, onTemplate }: { window: ReplyWindow; onTemplate: () => void }) {
  return (
    <div className="mb-1 flex flex-wrap items-center gap-x-4 gap-y-2 rounded-xl bg-hover px-4 py-3">
      <Lock className="size-5 shrink-0 text-ink-3 max-sm:hidden" />
      <div className="min-w-0 grow basis-56">
        <p className="font-medium">{t(reply.state === "never" ? "composer.neverTitle" : "composer.closedTitle")}</p>
        <p className="text-sm text-ink-2">{t(reply.state === "never" ? "composer.neverText" : "composer.closedText")}</p>
      </div>
      <Button variant="primary" icon={<LayoutTemplate className="size-4" />} onClick={onTemplate}>
        {t("composer.chooseTemplate")}
      </Button>
    </div>
  );
}

/** Two answers at once confuse the customer: asked once before the second. */
export function Busy({ name, onSend, onWait }: { name: string; onSend: () => void; onWait: () => void }) {
  const button = useRef<HTMLButtonElement>(null);
  useEffect(() => button.current?.focus(), []);
  return (
    <div role="alert" className="mb-1.5 flex flex-wrap items-center gap-2 rounded-xl bg-warn-soft px-3 py-2">
      <p className="min-w-0 grow text-sm text-warn">{t("composer.busy", { name })}</p>
      <Button small onClick={onWait}>
        {t("composer.wait")}
      </Button>
      <Button ref={button} small variant="primary" onClick={onSend}>
        {t("composer.sendAnyway")}
      </Button>
    </div>
  );
}

export function QuoteBar({ children, onRemove }: { children: ReactNode; onRemove: () => void }) {
  return (
    <div className="mb-1.5 flex items-center gap-2 rounded-xl border-s-4 border-accent bg-hover py-1.5 ps-3 pe-1">
      <Reply className="size-4 shrink-0 text-accent-ink rtl:-scale-x-100" aria-hidden="true" />
      <div className="min-w-0 grow">{children}</div>
      <IconButton label={t("composer.removeQuote")} className="size-8" onClick={onRemove}>
        <X className="size-4" />
      </IconButton>
    </div>
  );
}
