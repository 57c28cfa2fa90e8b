/** Requests and cache access for contacts. */
import { type QueryClient, infiniteQueryOptions, queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { api } from "@/api/client";
import { changeQueries } from "@/api/live";
import type { Contact, ContactStatistics, Conversation, DuplicateGroup, Merge, Page } from "@/api/types";
import { isFresher } from "@/model/contact";
import { mapSame } from "@/model/list";
import { type ContactPages, mergeInPages, placeContact, placeContactConversation } from "./cache";

const listsKey = ["contacts", "list"] as const;
const detailKey = (id: string) => ["contacts", "detail", id] as const;
const conversationsKey = ["contacts", "conversations"] as const;
const mergesKey = (id: string) => ["contacts", "merges", id] as const;
const statisticsKey = ["contacts", "statistics"] as const;
const duplicatesKey = ["contacts", "duplicates"] as const;

export function contactsQuery(q: string) {
  return infiniteQueryOptions({
    queryKey: [...listsKey, q] as const,
    queryFn: ({ pageParam, signal }) =>
      api.get<Page<Contact>>("/contacts", { query: { q, cursor: pageParam, limit: 50 }, signal }),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
  });
}

export const contactQuery = (id: string) =>
  queryOptions({
    queryKey: detailKey(id),
    queryFn: ({ signal }) => api.get<Contact>(`/contacts/${id}`, { signal }),
  });

export const contactConversationsQuery = (id: string) =>
  queryOptions({
    queryKey: [...conversationsKey, id] as const,
    queryFn: async ({ signal }) =>
      (await api.get<{ items: Conversation[] }>(`/contacts/${id}/conversations`, { signal })).items,
  });

export const mergesQuery = (id: string) =>
  queryOptions({
    queryKey: mergesKey(id),
    queryFn: async ({ signal }) => (await api.get<{ items: Merge[] }>(`/contacts/${id}/merges`, { signal })).items,
  });

export const statisticsQuery = queryOptions({
  queryKey: statisticsKey,
  queryFn: ({ signal }) => api.get<ContactStatistics>("/contacts/statistics", { signal }),
});

export const duplicatesQuery = queryOptions({
  queryKey: duplicatesKey,
  queryFn: async ({ signal }) => (await api.get<{ items: DuplicateGroup[] }>("/contacts/duplicates", { signal })).items,
});

function eachList(client: QueryClient, change: (data: ContactPages, q: string) => ContactPages): void {
  changeQueries<ContactPages>(client, listsKey, (data, key) => change(data, key[2] as string));
}

let sums: ReturnType<typeof setTimeout> | null = null;
const SUMS_DELAY_MS = 1_000;

/** Sums over all contacts are the server's business: asked again once per burst, and only if they are on screen. */
function sumsChanged(client: QueryClient): void {
  sums ??= setTimeout(() => {
    sums = null;
    void client.invalidateQueries({ queryKey: statisticsKey });
    void client.invalidateQueries({ queryKey: duplicatesKey });
  }, SUMS_DELAY_MS);
}

const written = new Set<string>();

/** No event tells how much was written to somebody: whoever looks at the number gets it from the server, once per burst. */
export function contactWritten(client: QueryClient, contactId: string): void {
  if (client.getQueryState(detailKey(contactId)) === undefined || written.has(contactId)) return;
  written.add(contactId);
  setTimeout(() => {
    written.delete(contactId);
    void client.invalidateQueries({ queryKey: detailKey(contactId) });
  }, SUMS_DELAY_MS);
}

export function applyContact(client: QueryClient, contact: Contact, isNew = false): void {
  eachList(client, (data, q) => placeContact(data, contact, q));
  changeQueries<Contact>(client, detailKey(contact.id), (held) => (isFresher(contact, held) ? contact : held));
  if (isNew) sumsChanged(client);
}

export function applyMerged(client: QueryClient, survivor: Contact, mergedId: string): void {
  eachList(client, (data, q) => mergeInPages(data, survivor, mergedId, q));
  changeQueries<Contact>(client, detailKey(survivor.id), () => survivor);
  client.removeQueries({ queryKey: detailKey(mergedId) });
  void client.invalidateQueries({ queryKey: [...conversationsKey, survivor.id] });
  void client.invalidateQueries({ queryKey: mergesKey(survivor.id) });
  sumsChanged(client);
}

/** Keeps "other conversations" in step; only lists already loaded are touched. */
export function applyContactConversation(client: QueryClient, conversation: Conversation): void {
  changeQueries<Conversation[]>(client, [...conversationsKey, conversation.contact.id], (held) => placeContactConversation(held, conversation));
}

export function changeContactConversations(client: QueryClient, change: (held: Conversation) => Conversation): void {
  changeQueries<Conversation[]>(client, conversationsKey, (held) => mapSame(held, change));
}

export interface ContactChange {
  name?: string;
  notes?: string;
  blocked?: boolean;
}

export function useChangeContact(id: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (change: ContactChange) => api.patch<Contact>(`/contacts/${id}`, change),
    onSuccess: (contact) => applyContact(client, contact),
  });
}

export function useCreateContact() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (body: { name: string; phone: string }) => api.post<Contact>("/contacts", body),
    onSuccess: (contact) => applyContact(client, contact, true),
  });
}

export function useMergeContact(id: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (otherId: string) => api.post<Merge>(`/contacts/${id}/merge`, { other_id: otherId }),
    onSuccess: (merge) => afterMerge(client, merge),
  });
}

export function useUndoMerge() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (mergeId: string) => api.post<Merge>(`/merges/${mergeId}/undo`),
    onSuccess: (merge) => afterMerge(client, merge),
  });
}

/** The answer names the merge, not the contacts; the contacts on screen are read again. */
function afterMerge(client: QueryClient, merge: Merge): void {
  void client.invalidateQueries({ queryKey: detailKey(merge.survivor_id) });
  void client.invalidateQueries({ queryKey: mergesKey(merge.survivor_id) });
  void client.invalidateQueries({ queryKey: [...conversationsKey, merge.survivor_id] });
  void client.invalidateQueries({ queryKey: listsKey });
  sumsChanged(client);
}
