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
import { isNewer } from "@/model/conversation";
import { findInPages, mapPages, removeFromPages } from "@/model/list";
import { type ConversationPages, countsAfter, placeConversation } from "./cache";
import type { Filters } from "./filters";

const listsKey = ["conversations", "list"] as const;
export const countsKey = ["conversations", "counts"] as const;
const detailKey = (id: string) => ["conversations", "detail", id] as const;

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

function lists(client: QueryClient): { filters: Filters; key: readonly unknown[]; data: ConversationPages }[] {
  const found = client.getQueriesData<ConversationPages>({ queryKey: listsKey });
  return found.flatMap(([key, data]) => (data ? [{ key, data, filters: key[2] as Filters }] : []));
}

export function findConversation(client: QueryClient, id: string): Conversation | undefined {
  const detail = client.getQueryData<Conversation>(detailKey(id));
  if (detail) return detail;
  for (const { data } of lists(client)) {
    const found = findInPages(data, id);
    if (found) return found;
  }
  return undefined;
}

/** Brings a changed conversation into every cache that should show it. */
export function applyConversation(client: QueryClient, next: Conversation, isNew = false): void {
  const before = findConversation(client, next.id);
  if (!isNewer(next, before)) return;
  const me = myId(client);
  for (const { key, data, filters } of lists(client)) {
    client.setQueryData(key, placeConversation(data, next, filters, me));
  }
  if (client.getQueryData(detailKey(next.id))) client.setQueryData(detailKey(next.id), next);
  applyCounts(client, before, next, isNew);
}

function applyCounts(client: QueryClient, before: Conversation | undefined, next: Conversation, isNew: boolean): void {
  const counts = client.getQueryData<ConversationCounts>(countsKey);
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
  for (const { key, data } of lists(client)) client.setQueryData(key, removeFromPages(data, from));
  const target = findConversation(client, into);
  if (target && client.getQueryData(detailKey(from))) client.setQueryData(detailKey(from), target);
  else void client.invalidateQueries({ queryKey: detailKey(from) });
  recountSoon(client);
}

/** For changes that keep version and place: a tick, a contact's name. */
export function changeConversations(client: QueryClient, change: (held: Conversation) => Conversation): void {
  for (const { key, data } of lists(client)) {
    const next = mapPages(data, change);
    if (next !== data) client.setQueryData(key, next);
  }
  client.setQueriesData<Conversation>({ queryKey: ["conversations", "detail"] }, (held) => (held ? change(held) : held));
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
