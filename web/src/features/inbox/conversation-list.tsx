import { useInfiniteQuery } from "@tanstack/react-query";
import { useVirtualizer } from "@tanstack/react-virtual";
import { ArrowUp, Inbox, SearchX } from "lucide-react";
import { type RefObject, useEffect, useLayoutEffect, useRef } from "react";
import type { Conversation } from "@/api/types";
import { t, tn } from "@/i18n";
import { useShortcuts } from "@/lib/shortcuts";
import { Empty, Failed, Skeleton } from "@/ui/states";
import { conversationsQuery } from "./api";
import { ConversationRow, ROW_HEIGHT } from "./conversation-row";
import { type InboxSearch, filtersOf, viewOf } from "./filters";
import { ListHeader } from "./list-header";
import { useHeldOrder } from "./use-held-order";

interface ListProps {
  selectedId: string | null;
  search: InboxSearch;
  onSearch: (next: InboxSearch, replace?: boolean) => void;
}

export function ConversationList({ selectedId, search, onSearch }: ListProps) {
  const searchRef = useRef<HTMLInputElement>(null);
  useShortcuts({ "/": () => searchRef.current?.focus() });
  return (
    <section aria-label={t("list.label")} className="flex h-full min-h-0 flex-col bg-surface">
      <ListHeader search={search} onSearch={onSearch} searchRef={searchRef} />
      <Rows key={JSON.stringify(search)} selectedId={selectedId} search={search} />
    </section>
  );
}

function Rows({ selectedId, search }: Omit<ListProps, "onSearch">) {
  const query = useInfiniteQuery(conversationsQuery(filtersOf(search)));
  if (query.isPending) return <RowSkeletons />;
  if (query.isError && query.data === undefined) return <Failed error={query.error} retry={() => void query.refetch()} />;
  const items = query.data.pages.flatMap((page) => page.items);
  if (items.length === 0) return <Nothing search={search} />;
  const more = query.hasNextPage && !query.isFetchingNextPage && !query.isFetchNextPageError;
  return (
    <VirtualRows items={items} selectedId={selectedId} search={search} loadMore={more ? () => void query.fetchNextPage() : null} />
  );
}

interface VirtualProps {
  items: Conversation[];
  selectedId: string | null;
  search: InboxSearch;
  loadMore: (() => void) | null;
}

const PREFETCH_ROWS = 15;

function VirtualRows({ items, selectedId, search, loadMore }: VirtualProps) {
  const scroller = useRef<HTMLDivElement>(null);
  const { rows, waiting, hold, release } = useHeldOrder(items);
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_HEIGHT,
    getItemKey: (index) => rows[index]?.id ?? index,
    overscan: 6,
    paddingStart: 8,
    paddingEnd: 8,
  });
  useKeepPlace(scroller, rows);
  useRowKeys(scroller, rows, selectedId, (index) => virtual.scrollToIndex(index));
  const visible = virtual.getVirtualItems();
  const lastVisible = visible.at(-1)?.index ?? 0;
  useEffect(() => {
    if (loadMore && lastVisible >= items.length - PREFETCH_ROWS) loadMore();
  }, [loadMore, lastVisible, items.length]);

  const showWaiting = () => {
    release();
    scroller.current?.scrollTo({ top: 0 });
  };
  return (
    <div className="relative min-h-0 grow">
      {waiting > 0 && (
        <button
          type="button"
          onClick={showWaiting}
          className="animate-appear absolute start-1/2 top-2 z-10 inline-flex h-8 -translate-x-1/2 items-center gap-1.5 rounded-full bg-accent px-3 text-sm font-medium text-on-accent shadow-raised rtl:translate-x-1/2"
        >
          <ArrowUp className="size-4" />
          {tn("list.waiting", waiting)}
        </button>
      )}
      <div
        ref={scroller}
        className="h-full overflow-y-auto overscroll-contain [overflow-anchor:none]"
        onPointerMove={(event) => hold(event.pointerType)}
        onPointerLeave={release}
      >
        <ul className="relative" style={{ height: virtual.getTotalSize() }}>
          {visible.map(({ index, key, start }) => {
            const conversation = rows[index];
            if (!conversation) return null;
            return (
              <li
                key={key}
                aria-setsize={loadMore ? -1 : rows.length}
                aria-posinset={index + 1}
                className="absolute inset-x-2"
                style={{ transform: `translateY(${start}px)`, height: ROW_HEIGHT }}
              >
                <ConversationRow conversation={conversation} selected={conversation.id === selectedId} search={search} />
              </li>
            );
          })}
        </ul>
      </div>
    </div>
  );
}

/** Rows that come in above what is being read push the scroll position along, so that the eye stays where it is. */
function useKeepPlace(scroller: RefObject<HTMLDivElement | null>, rows: Conversation[]): void {
  const before = useRef(rows);
  useLayoutEffect(() => {
    const element = scroller.current;
    const old = before.current;
    before.current = rows;
    if (!element || old === rows || element.scrollTop < ROW_HEIGHT) return;
    const first = Math.floor(element.scrollTop / ROW_HEIGHT);
    const anchor = old[first]?.id;
    const index = rows.findIndex((row) => row.id === anchor);
    if (index >= 0 && index !== first) element.scrollBy({ top: (index - first) * ROW_HEIGHT, behavior: "instant" });
  }, [rows, scroller]);
}

function useRowKeys(
  scroller: RefObject<HTMLDivElement | null>,
  rows: Conversation[],
  selectedId: string | null,
  scrollTo: (index: number) => void,
): void {
  const move = (step: number) => {
    const focused = document.activeElement?.getAttribute("data-row") ?? selectedId;
    const from = rows.findIndex((row) => row.id === focused);
    const index = Math.min(rows.length - 1, Math.max(0, from < 0 ? 0 : from + step));
    const id = rows[index]?.id;
    if (!id) return;
    scrollTo(index);
    // The row may be drawn only after the scroll.
    requestAnimationFrame(() => scroller.current?.querySelector<HTMLElement>(`[data-row="${id}"]`)?.focus());
  };
  const inList = (step: number) => {
    if (!document.activeElement?.hasAttribute("data-row")) return false;
    move(step);
    return true;
  };
  useShortcuts({
    j: () => move(1),
    k: () => move(-1),
    ArrowDown: () => inList(1),
    ArrowUp: () => inList(-1),
  });
}

function RowSkeletons() {
  return (
    <div className="overflow-hidden p-2" role="status" aria-label={t("state.loading")}>
      {Array.from({ length: 9 }, (_, index) => (
        <div key={index} className="flex items-center gap-3 px-3" style={{ height: ROW_HEIGHT }}>
          <Skeleton className="size-11 rounded-full" />
          <span className="grow space-y-2.5">
            <Skeleton className="h-3.5 w-2/5" />
            <Skeleton className="h-3 w-4/5" />
          </span>
        </div>
      ))}
    </div>
  );
}

function Nothing({ search }: { search: InboxSearch }) {
  if (search.q) {
    return (
      <Empty icon={<SearchX className="size-6" />} title={t("empty.searchTitle", { q: search.q })}>
        {t("empty.searchText")}
      </Empty>
    );
  }
  const view = search.unread ? "unread" : (viewOf(search) ?? "all");
  return (
    <Empty icon={<Inbox className="size-6" />} title={t(`empty.${view}Title`)}>
      {t(`empty.${view}Text`)}
    </Empty>
  );
}
