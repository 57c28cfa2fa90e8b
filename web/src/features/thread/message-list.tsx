import { useQueryClient } from "@tanstack/react-query";
import { ChevronDown } from "lucide-react";
import { Suspense, lazy, useEffect, useEffectEvent, useMemo, useRef, useState } from "react";
import type { Conversation } from "@/api/types";
import { t, tn } from "@/i18n";
import { dayOf } from "@/i18n/format";
import { useMinute } from "@/lib/clock";
import { useAttention } from "@/lib/hooks";
import { toastError } from "@/ui/toast";
import { loadAround, loadLatest, loadNewer, loadOlder } from "./api";
import { Bubble } from "./bubble";
import type { ThreadWindow } from "./cache";
import { type Row, rowsOf } from "./grouping";
import { useNewLine } from "./use-new-line";
import { useThreadScroll } from "./use-thread-scroll";

const Viewer = lazy(() => import("./viewer"));

interface ListProps {
  conversation: Conversation;
  thread: ThreadWindow;
  onRead: (messageId: string) => void;
}

const FLASH_MS = 1_700;

export function MessageList({ conversation, thread, onRead }: ListProps) {
  const client = useQueryClient();
  const { id } = conversation;
  const { items, before, after } = thread;
  const attentive = useAttention();
  const loading = useRef(false);
  const load = async (what: typeof loadOlder) => {
    if (loading.current) return;
    loading.current = true;
    await what(client, id).catch(toastError);
    loading.current = false;
  };
  const { scroller, content, ...scroll } = useThreadScroll({
    rows: items,
    onNearTop: () => before !== null && void load(loadOlder),
    onNearBottom: () => after !== null && void load(loadNewer),
  });
  const atEnd = scroll.atBottom && after === null;
  const seeing = attentive && atEnd;
  const { newFrom, unseen } = useNewLine(items, conversation.unread_count, seeing);
  const rows = useMemo(() => rowsOf(items, newFrom), [items, newFrom]);
  const [highlighted, highlight] = useHighlight();
  const [image, setImage] = useState<string | null>(null);

  useReading(conversation, items.at(-1)?.id, seeing, onRead);
  useOpenAtLine(newFrom, scroll.toMessage);

  const jump = async (messageId: string) => {
    await loadAround(client, id, messageId).catch(toastError);
    // Drawn in the next frame at the latest.
    requestAnimationFrame(() => {
      if (scroll.toMessage(messageId, "center")) highlight(messageId);
    });
  };
  const toLatest = async () => {
    await loadLatest(client, id).catch(toastError);
    requestAnimationFrame(() => scroll.toBottom(after === null));
  };
  return (
    <div className="relative min-h-0 grow">
      <div
        ref={scroller}
        onScroll={scroll.onScroll}
        role="log"
        aria-label={t("thread.messages")}
        // A scrolling region must be reachable by keyboard.
        // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex
        tabIndex={0}
        className="relative h-full overflow-y-auto overscroll-contain [overflow-anchor:none] focus-visible:-outline-offset-2"
      >
        <div ref={content} className="flex min-h-full flex-col justify-end pt-4 pb-3">
          {before === null && <Beginning name={conversation.contact.name} />}
          {rows.map((row) => (
            <RowView
              key={row.key}
              row={row}
              highlighted={row.key === highlighted}
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
          <Viewer items={items} openId={image} onClose={() => setImage(null)} />
        </Suspense>
      )}
    </div>
  );
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
  onJump: (messageId: string) => Promise<void>;
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
      onJump={(messageId) => void onJump(messageId)}
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
    <p className="my-3 flex items-center gap-3 px-4 text-xs font-semibold text-accent-ink before:h-px before:grow before:bg-accent/40 after:h-px after:grow after:bg-accent/40 sm:px-8">
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
