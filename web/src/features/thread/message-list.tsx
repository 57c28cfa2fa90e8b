import { useQueryClient } from "@tanstack/react-query";
import { ChevronDown } from "lucide-react";
import { type KeyboardEvent, Suspense, lazy, useCallback, useEffect, useEffectEvent, useLayoutEffect, useMemo, useRef, useState } from "react";
import type { Conversation, Message } from "@/api/types";
import { t, tn } from "@/i18n";
import { dayOf } from "@/i18n/format";
import { useMinute } from "@/lib/clock";
import { useAttention } from "@/lib/hooks";
import { useShortcuts } from "@/lib/shortcuts";
import { toastError } from "@/ui/toast";
import { activate, active, messageAt } from "./active";
import { loadAround, loadLatest, loadNewer, loadOlder } from "./api";
import { Bubble } from "./bubble";
import { type ThreadWindow, withPending } from "./cache";
import { type Row, rowsOf } from "./grouping";
import { useThreadPorts } from "./ports";
import { useNewLine } from "./use-new-line";
import { type SwipeHandlers, useSwipe } from "./use-swipe";
import { useThreadScroll } from "./use-thread-scroll";

const Viewer = lazy(() => import("./viewer"));

interface ListProps {
  conversation: Conversation;
  thread: ThreadWindow;
  pending: Message[];
  onRead: (messageId: string) => void;
}

const FLASH_MS = 1_700;

export function MessageList({ conversation, thread, pending, onRead }: ListProps) {
  const client = useQueryClient();
  const { id } = conversation;
  const { items, before, after } = thread;
  const shown = useMemo(() => withPending(thread, pending), [thread, pending]);
  const attentive = useAttention();
  const load = useLoading(id);
  const { scroller, content, ...scroll } = useThreadScroll({
    rows: shown,
    onNearTop: () => before !== null && void load(loadOlder),
    onNearBottom: () => after !== null && void load(loadNewer),
  });
  const atEnd = scroll.atBottom && after === null;
  const seeing = attentive && atEnd;
  const { newFrom, unseen } = useNewLine(items, conversation.unread_count, seeing);
  const rows = useMemo(() => rowsOf(shown, newFrom), [shown, newFrom]);
  const [highlighted, highlight] = useHighlight();
  const [image, setImage] = useState<string | null>(null);

  useReading(conversation, items.at(-1)?.id, seeing, onRead);
  useOpenAtLine(newFrom, scroll.toMessage);

  const jump = useStable(async (messageId: string) => {
    await loadAround(client, id, messageId).catch(toastError);
    // Drawn in the next frame at the latest.
    requestAnimationFrame(() => {
      if (scroll.toMessage(messageId, "center")) highlight(messageId);
    });
  });
  const toLatest = async () => {
    await loadLatest(client, id).catch(toastError);
    requestAnimationFrame(() => scroll.toBottom(after === null));
  };
  // Whoever sends something wants to see it.
  useOnChange(pending.at(-1)?.id, () => void toLatest());
  const swipe = useAnswering(items);
  return (
    <div className="relative min-h-0 grow">
      {/* It only listens to what its messages are asked for. */}
      {/* eslint-disable-next-line jsx-a11y/no-noninteractive-element-interactions */}
      <div
        ref={scroller}
        onScroll={scroll.onScroll}
        onPointerOver={(event) => event.pointerType === "mouse" && activate(messageAt(event.target))}
        onPointerLeave={(event) => event.pointerType === "mouse" && activate(null)}
        onFocus={(event) => activate(messageAt(event.target))}
        onKeyDown={onArrow}
        role="log"
        aria-label={t("thread.messages")}
        // A scrolling region must be reachable by keyboard.
        // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex
        tabIndex={0}
        className="relative h-full overflow-y-auto overscroll-contain [overflow-anchor:none] focus-visible:-outline-offset-2"
      >
        <div ref={content} {...swipe} className="flex min-h-full touch-pan-y flex-col justify-end overflow-x-clip pt-4 pb-3">
          {before === null && <Beginning name={conversation.contact.name} />}
          {rows.map((row) => (
            <RowView
              key={row.key}
              row={row}
              highlighted={row.kind === "message" && row.message.id === highlighted}
              customerName={conversation.contact.name}
              onJump={jump}
              onOpenImage={setImage}
            />
          ))}
        </div>
      </div>
      {!atEnd && <JumpToLatest unseen={unseen} onClick={() => void toLatest()} />}
      {image !== null && (
        <Suspense>
          <Viewer items={shown} openId={image} onClose={() => setImage(null)} />
        </Suspense>
      )}
    </div>
  );
}

/** One page at a time, in whichever direction. */
function useLoading(conversationId: string): (what: typeof loadOlder) => Promise<void> {
  const client = useQueryClient();
  const loading = useRef(false);
  return async (what) => {
    if (loading.current) return;
    loading.current = true;
    await what(client, conversationId).catch(toastError);
    loading.current = false;
  };
}

/** By key the message that is being looked at is answered, by touch the one that is pulled. */
function useAnswering(items: Message[]): SwipeHandlers {
  const ports = useThreadPorts();
  const quote = (messageId: string | null) => {
    const message = items.find((item) => item.id === messageId);
    if (message && ports?.open) ports.quote(message);
    else ports?.write();
  };
  useShortcuts({ r: () => quote(active.get()) });
  return useSwipe(quote);
}

/** The arrows lead from message to message, once one of them has the focus. */
function onArrow(event: KeyboardEvent<HTMLElement>): void {
  const step = event.key === "ArrowUp" ? -1 : event.key === "ArrowDown" ? 1 : 0;
  if (step === 0 || !(event.target instanceof HTMLElement) || event.target.tagName !== "ARTICLE") return;
  const all = [...event.currentTarget.querySelectorAll<HTMLElement>("article")];
  const next = all[all.indexOf(event.target) + step];
  if (!next) return;
  event.preventDefault();
  next.focus();
}

/** The same function for ever, so that bubbles need not be drawn again; it does what the latest one does. */
function useStable(run: (messageId: string) => Promise<void>): (messageId: string) => void {
  const latest = useRef(run);
  useLayoutEffect(() => {
    latest.current = run;
  });
  return useCallback((messageId: string) => void latest.current(messageId), []);
}

/** Runs when a value becomes another that is not nothing, and not for the first. */
function useOnChange(value: string | undefined, run: () => void): void {
  const held = useRef(value);
  const changed = useEffectEvent(run);
  useEffect(() => {
    const before = held.current;
    held.current = value;
    if (value !== undefined && value !== before) changed();
  }, [value]);
}

function useHighlight(): [string | null, (id: string) => void] {
  const [id, setId] = useState<string | null>(null);
  useEffect(() => {
    if (id === null) return;
    const timer = setTimeout(() => setId(null), FLASH_MS);
    return () => clearTimeout(timer);
  }, [id]);
  return [id, setId];
}

/** Tells the server once per last message, and only while somebody really looks at it. */
function useReading(conversation: Conversation, lastId: string | undefined, seeing: boolean, onRead: (id: string) => void): void {
  const told = useRef<string | null>(null);
  const unread = conversation.unread_count > 0;
  const tell = useEffectEvent((messageId: string) => {
    if (told.current === messageId) return;
    told.current = messageId;
    onRead(messageId);
  });
  useEffect(() => {
    if (seeing && unread && lastId !== undefined) tell(lastId);
  }, [seeing, unread, lastId]);
}

/** A thread with news opens at the first of them, unless all of them fit anyway. */
function useOpenAtLine(newFrom: string | null, toMessage: (id: string, place: ScrollLogicalPosition) => boolean): void {
  const open = useEffectEvent(() => {
    if (newFrom !== null) toMessage(newFrom, "center");
  });
  useEffect(() => open(), []);
}

interface RowProps {
  row: Row;
  highlighted: boolean;
  customerName: string;
  onJump: (messageId: string) => void;
  onOpenImage: (messageId: string) => void;
}

function RowView({ row, highlighted, customerName, onJump, onOpenImage }: RowProps) {
  if (row.kind === "day") return <DayDivider at={row.at} />;
  if (row.kind === "new") return <NewLine />;
  return (
    <Bubble
      message={row.message}
      first={row.first}
      last={row.last}
      highlighted={highlighted}
      customerName={customerName}
      onJump={onJump}
      onOpenImage={onOpenImage}
    />
  );
}

function DayDivider({ at }: { at: number }) {
  const now = useMinute();
  return (
    <h3 className="sticky top-2 z-2 my-3 flex justify-center">
      <span className="rounded-full border border-line bg-surface px-3 py-1 text-xs font-medium text-ink-2">{dayOf(at, now)}</span>
    </h3>
  );
}

function NewLine() {
  return (
    // Its words stand at the side, since the day floats over the middle.
    <p className="my-3 flex items-center gap-3 px-4 text-xs font-semibold text-accent-ink after:h-px after:grow after:bg-accent/40 sm:px-8">
      {t("thread.newMessages")}
    </p>
  );
}

function Beginning({ name }: { name: string }) {
  return (
    <p className="px-8 py-4 text-center text-xs text-ink-3">
      {t("thread.beginning")} <bdi>{name}</bdi>
    </p>
  );
}

function JumpToLatest({ unseen, onClick }: { unseen: number; onClick: () => void }) {
  const label = unseen > 0 ? tn("thread.jumpUnseen", unseen) : t("thread.jumpLatest");
  return (
    <button
      type="button"
      aria-label={label}
      title={label}
      onClick={onClick}
      className="animate-appear absolute end-4 bottom-4 inline-flex h-10 min-w-10 items-center justify-center gap-1.5 rounded-full border border-line bg-surface px-2.5 text-ink-2 shadow-raised hover:text-ink"
    >
      {unseen > 0 && <span className="ps-1 text-sm font-semibold text-accent-ink tabular-nums">{unseen}</span>}
      <ChevronDown className="size-5" />
    </button>
  );
}
