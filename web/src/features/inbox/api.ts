/** Requests and cache access for conversations. */
import {
  type QueryClient,
  infiniteQueryOptions,
  queryOptions,
  useMutation,
  useQueryClient,
} from "@tanstack/react-query";
import { api } from "@/api/client";
import type { Conversation, ConversationCounts, Page } from "@/api/types";
import { myId } from "@/directory/api";
import { changeQueries } from "@/api/live";
import { type ReadMark, isNewer, markRead } from "@/model/conversation";
import { findInPages, mapPages, removeFromPages } from "@/model/list";
import { type ConversationPages, countsAfter, isCountedAlike, placeNewer } from "./cache";
import type { Filters } from "./filters";

const listsKey = ["conversations", "list"] as const;
export const countsKey = ["conversations", "counts"] as const;
const detailsKey = ["conversations", "detail"] as const;
const detailKey = (id: string) => [...detailsKey, id] as const;

const PAGE_SIZE = 50;

export function conversationsQuery(filters: Filters) {
  return infiniteQueryOptions({
    queryKey: [...listsKey, filters] as const,
    queryFn: ({ pageParam, signal }) => {
      const { status, assignee, account_id, unread, q, sort } = filters;
      const query = { status, assignee, account_id, unread: unread || null, q, sort, cursor: pageParam, limit: PAGE_SIZE };
      return api.get<Page<Conversation>>("/conversations", { query, signal });
    },
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
    gcTime: 2 * 60_000,
  });
}

export const countsQuery = queryOptions({
  queryKey: countsKey,
  queryFn: ({ signal }) => api.get<ConversationCounts>("/conversations/counts", { signal }),
  gcTime: Infinity,
});

export function conversationQuery(client: QueryClient, id: string) {
  return queryOptions({
    queryKey: detailKey(id),
    queryFn: ({ signal }) => api.get<Conversation>(`/conversations/${id}`, { signal }),
    // A row that was clicked is already complete.
    initialData: () => findConversation(client, id),
  });
}

type ListChange = (data: ConversationPages, filters: Filters) => ConversationPages;

function changeLists(client: QueryClient, change: ListChange): void {
  changeQueries<ConversationPages>(client, listsKey, (data, key) => change(data, key[2] as Filters));
}

export function findConversation(client: QueryClient, id: string): Conversation | undefined {
  const detail = client.getQueryData<Conversation>(detailKey(id));
  if (detail) return detail;
  for (const [, data] of client.getQueriesData<ConversationPages>({ queryKey: listsKey })) {
    const found = data && findInPages(data, id);
    if (found) return found;
  }
  return undefined;
}

/** Brings a changed conversation into every cache that should show it. */
export function applyConversation(client: QueryClient, next: Conversation, isNew = false): void {
  const before = findConversation(client, next.id);
  // A cache may have been fetched before this and another one after it, so each looks for itself what is newer.
  const newest = isNewer(next, before) ? next : (before ?? next);
  const me = myId(client);
  changeLists(client, (data, filters) => placeNewer(data, newest, filters, me));
  changeQueries<Conversation>(client, detailKey(next.id), (held) => (isNewer(newest, held) ? newest : held));
  if (newest === next) applyCounts(client, before, next, isNew);
}

/** Somebody has read; what is not loaded need not be told, but for an answer that is on its way. */
export function applyRead(client: QueryClient, mark: ReadMark): void {
  const held = findConversation(client, mark.conversation_id);
  if (held) {
    applyConversation(client, markRead(held, mark));
    return;
  }
  const me = myId(client);
  changeLists(client, (data, filters) => {
    const listed = findInPages(data, mark.conversation_id);
    return listed ? placeNewer(data, markRead(listed, mark), filters, me) : data;
  });
  changeQueries<Conversation>(client, detailKey(mark.conversation_id), (detail) => markRead(detail, mark));
  recountSoon(client);
}

function applyCounts(client: QueryClient, before: Conversation | undefined, next: Conversation, isNew: boolean): void {
  const { data: counts, fetchStatus } = client.getQueryState<ConversationCounts>(countsKey) ?? {};
  // Sums can't be added to an answer that may know of this already.
  if (fetchStatus === "fetching" && !isCountedAlike(before, next, myId(client))) recountSoon(client);
  if (!counts) return;
  if (before || isNew) client.setQueryData(countsKey, countsAfter(counts, before, next, myId(client)));
  else recountSoon(client);
}

let recount: ReturnType<typeof setTimeout> | null = null;
const RECOUNT_DELAY_MS = 1_500;

/** A change to a conversation never loaded here: only the server knows what it counted before. Asked once per burst. */
function recountSoon(client: QueryClient): void {
  recount ??= setTimeout(() => {
    recount = null;
    void client.invalidateQueries({ queryKey: countsKey });
  }, RECOUNT_DELAY_MS);
}

/** A conversation became part of another: its row goes, and whoever has it open is led to the other. */
export function foldConversation(client: QueryClient, from: string, into: string): void {
  changeLists(client, (data) => removeFromPages(data, from));
  const target = findConversation(client, into);
  if (target && client.getQueryData(detailKey(from))) client.setQueryData(detailKey(from), target);
  else void client.invalidateQueries({ queryKey: detailKey(from) });
  recountSoon(client);
}

/** For changes that keep version and place: a tick, a contact's name. */
export function changeConversations(client: QueryClient, change: (held: Conversation) => Conversation): void {
  changeLists(client, (data) => mapPages(data, change));
  changeQueries<Conversation>(client, detailsKey, change);
}

export interface ConversationChange {
  status?: Conversation["status"];
  assignee_id?: string | null;
  snoozed_until?: number | null;
}

export function useChangeConversation() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ id, change }: { id: string; change: ConversationChange }) =>
      api.patch<Conversation>(`/conversations/${id}`, change),
    onSuccess: (conversation) => applyConversation(client, conversation),
  });
}

export async function markConversationRead(client: QueryClient, id: string, messageId: string): Promise<void> {
  const conversation = await api.post<Conversation>(`/conversations/${id}/read`, { message_id: messageId });
  applyConversation(client, conversation);
}
