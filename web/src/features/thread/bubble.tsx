import { Ban, Forward, History } from "lucide-react";
import { Suspense, lazy, memo } from "react";
import type { Message, MessageType, Quoted, Reaction } from "@/api/types";
import { useUser } from "@/directory/api";
import { t, withWords } from "@/i18n";
import { dateTimeOf, timeOf } from "@/i18n/format";
import { textAt } from "@/lib/content";
import { cx } from "@/lib/cx";
import { surely } from "@/lib/lazy";
import { tone } from "@/lib/people";
import { useStore } from "@/lib/store";
import { isDeleting, withChange } from "@/model/message";
import { MessagePreview } from "@/ui/message-preview";
import { Ticks } from "@/ui/ticks";
import { active } from "./active";
import { MessageBody } from "./message-body";
import { useThreadPorts } from "./ports";

const GroupLine = lazy(surely(withWords("linking", async () => ({ default: (await import("./group-line")).GroupLine }))));
const BubbleActions = lazy(surely(() => import("./bubble-actions")));
const Recipients = lazy(surely(withWords("sending", () => import("./recipients"))));

interface BubbleProps {
  message: Message;
  first: boolean;
  last: boolean;
  highlighted: boolean;
  customerName: string;
  onJump: (messageId: string) => void;
  onOpenImage: (messageId: string) => void;
}

export const Bubble = memo(function Bubble(props: BubbleProps) {
  const { message, first, last, highlighted } = props;
  if (message.type === "system") return <SystemLine message={message} />;
  const out = message.direction === "out";
  return (
    <div
      data-message={message.id}
      className={cx("flex px-4 sm:px-8", out ? "justify-end" : "justify-start", first ? "pt-2.5" : "pt-0.5", highlighted && "animate-flash")}
    >
      <div className={cx("flex max-w-[85%] min-w-0 flex-col sm:max-w-[min(36rem,80%)]", out ? "items-end" : "items-start")}>
        {first && out && <Author message={message} />}
        <BubbleBox {...props} />
        <Reactions message={message} />
        <Delivery message={message} />
        {last && <span className="sr-only">{dateTimeOf(message.provider_at)}</span>}
      </div>
    </div>
  );
});

const WORDS: readonly MessageType[] = ["text", "unsupported", "reaction"];
const PICTURES: readonly MessageType[] = ["image", "video"];

function BubbleBox({ message: stored, first, customerName, onJump, onOpenImage }: BubbleProps) {
  const message = withChange(stored);
  const out = message.direction === "out";
  const deleted = message.deleted_at !== null;
  const bare = message.type === "sticker" && !deleted;
  const framed = PICTURES.includes(message.type) && !deleted;
  // Words share their last line with the time when there is room; a card has the time below it.
  const inline = deleted || WORDS.includes(message.type);
  return (
    <article
      // One stop for the keyboard, from which the actions of the message are reached.
      // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex
      tabIndex={0}
      aria-label={out ? t("thread.fromUs") : (message.sender?.name ?? customerName)}
      className={cx(
        "relative max-w-full min-w-0 focus-visible:outline-offset-1",
        (((message.status === "cancelled" || message.send_at !== null) && message.sent_at === null) || isDeleting(message)) && "opacity-75",
        !bare && "rounded-2xl shadow-[0_1px_1px_rgb(60_40_25/0.06)]",
        !bare && (framed ? "p-1.5" : "px-3 pt-2 pb-1.5"),
        !bare && (out ? "bg-bubble-out" : "bg-bubble-in"),
        !bare && first && (out ? "rounded-se-md" : "rounded-ss-md"),
      )}
    >
      <ActionsWhenActive message={message} />
      {first && !out && message.sender && <Sender id={message.sender.id} name={message.sender.name} />}
      {message.forwarded && (
        <p className="mb-0.5 flex items-center gap-1 text-xs text-ink-2 italic">
          <Forward className="size-3.5 rtl:-scale-x-100" />
          {t("thread.forwarded")}
        </p>
      )}
      {message.quoted && <Quote quoted={message.quoted} customerName={customerName} onJump={onJump} />}
      <div className={inline ? "flex min-w-0 flex-wrap items-end justify-end gap-x-3" : "flex min-w-0 flex-col items-end gap-1"}>
        <div className={inline ? "min-w-0 grow" : "max-w-full min-w-0"}>
          {deleted ? <Deleted /> : <MessageBody message={message} onOpenImage={onOpenImage} />}
        </div>
        <Meta message={message} />
      </div>
    </article>
  );
}

/** What can be done with a message shows on the one that is being looked at. */
function ActionsWhenActive({ message }: { message: Message }) {
  const on = useStore(active, (id) => id === message.id);
  if (!on) return null;
  return (
    <Suspense>
      <BubbleActions message={message} />
    </Suspense>
  );
}

function Deleted() {
  return (
    <p className="flex items-center gap-1.5 text-ink-2 italic">
      <Ban className="size-4 shrink-0" />
      {t("thread.deleted")}
    </p>
  );
}

function Sender({ id, name }: { id: string; name: string }) {
  return (
    <p className="truncate text-sm font-semibold" style={{ color: `var(--tone-ink-${tone(id)})` }}>
      <bdi>{name}</bdi>
    </p>
  );
}

/** Which colleague wrote it, or that it was typed on the phone itself. */
function Author({ message }: { message: Message }) {
  const author = useUser(message.author_id);
  const name = author?.name ?? (message.source === "echo" ? t("thread.fromPhone") : null);
  if (name === null) return null;
  return <p className="mb-0.5 px-1 text-xs text-ink-2">{name}</p>;
}

function Meta({ message }: { message: Message }) {
  const out = message.direction === "out";
  return (
    <span className={cx("flex h-4 shrink-0 items-center gap-1 px-0.5 text-xs", out ? "text-bubble-out-ink-3" : "text-ink-3")}>
      {message.late && (
        <span title={t("thread.late", { when: dateTimeOf(message.received_at) })} className="inline-flex items-center gap-0.5">
          <History className="size-3" aria-hidden="true" />
          {t("thread.lateShort")}
        </span>
      )}
      {message.edited_at !== null && message.deleted_at === null && (
        <span title={dateTimeOf(message.edited_at)}>{t("thread.edited")}</span>
      )}
      <time dateTime={new Date(message.provider_at).toISOString()} title={dateTimeOf(message.provider_at)} className="tabular-nums">
        {timeOf(message.provider_at)}
      </time>
      {out && <Standing message={message} />}
    </span>
  );
}

/** In a group the ticks tell who has it. */
function Standing({ message }: { message: Message }) {
  const ticks = <Ticks status={message.change?.status === "sending" ? "sending" : message.status} />;
  if (!message.recipients) return ticks;
  return (
    <Suspense fallback={ticks}>
      <Recipients message={message} counts={message.recipients} />
    </Suspense>
  );
}

function Quote({ quoted, customerName, onJump }: { quoted: Quoted; customerName: string; onJump: (id: string) => void }) {
  const target = quoted.message_id;
  const content = (
    <>
      <span className="block truncate text-xs font-semibold text-accent-ink">
        {quoted.direction === "out" ? t("thread.us") : <bdi>{customerName}</bdi>}
      </span>
      <span className="line-clamp-2 text-sm text-ink-2 [overflow-wrap:anywhere]" dir="auto">
        <MessagePreview type={quoted.type} text={quoted.text} />
      </span>
    </>
  );
  const look = "mb-1.5 block w-full rounded-lg border-s-4 border-accent bg-black/4 px-2.5 py-1.5 text-start dark:bg-white/6";
  if (target === null) return <div className={look}>{content}</div>;
  return (
    <button type="button" onClick={() => onJump(target)} className={cx(look, "hover:bg-black/8 dark:hover:bg-white/10")}>
      {content}
      <span className="sr-only">{t("thread.jumpToQuoted")}</span>
    </button>
  );
}

function Reactions({ message }: { message: Message }) {
  const { reactions } = message;
  const ports = useThreadPorts();
  if (reactions.length === 0) return null;
  const counts = new Map<string, Reaction[]>();
  for (const reaction of reactions) counts.set(reaction.emoji, [...(counts.get(reaction.emoji) ?? []), reaction]);
  return (
    <ul className="relative z-1 -mt-1.5 flex gap-1 px-2" aria-label={t("thread.reactions")}>
      {[...counts].map(([emoji, all]) => {
        const own = all.some((reaction) => reaction.by === "us");
        const names = all.map((reaction) => reaction.name ?? (reaction.by === "us" ? t("thread.us") : t("thread.customer"))).join(", ");
        return (
          <li key={emoji}>
            <button
              type="button"
              aria-pressed={own}
              disabled={!ports?.reacts}
              title={names}
              onClick={() => ports?.react(message, own ? "" : emoji)}
              className={cx(
                "inline-flex h-6 items-center gap-1 rounded-full border px-1.5 text-sm",
                own ? "border-accent bg-accent-soft" : "border-line bg-surface enabled:hover:bg-hover",
              )}
            >
              {emoji}
              {all.length > 1 && <span className="text-xs tabular-nums">{all.length}</span>}
            </button>
          </li>
        );
      })}
    </ul>
  );
}

/** Only what is out of the ordinary is put into words. */
function Delivery({ message }: { message: Message }) {
  const ports = useThreadPorts();
  const { status, change } = message;
  const notable = change !== null || status === "sending" || status === "failed" || status === "unknown" || status === "cancelled";
  if (message.direction !== "out" || !notable) return null;
  return ports?.delivery(message);
}

function SystemLine({ message }: { message: Message }) {
  const body = textAt(message.content, "body");
  const happened = textAt(message.content, "type")?.startsWith("group_");
  return (
    <p data-message={message.id} className="flex justify-center px-8 py-2">
      <span className="rounded-full bg-surface/70 px-3 py-1 text-center text-xs text-ink-2" dir="auto">
        {happened ? (
          <Suspense fallback={body}>
            <GroupLine content={message.content} />
          </Suspense>
        ) : (
          (message.text ?? body ?? t("type.system"))
        )}
      </span>
    </p>
  );
}
