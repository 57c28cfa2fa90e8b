/** Requests and cache access for the messages of one conversation. */
import { type QueryClient, queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { api } from "@/api/client";
import type { Media, Message, MessagePage } from "@/api/types";
import {
  type Edge,
  type ThreadWindow,
  addMessage,
  addNewer,
  addOlder,
  changeMessages,
  hasMessage,
  replaceMessage,
  windowOf,
} from "./cache";

const threadsKey = ["messages"] as const;
const threadKey = (conversationId: string) => [...threadsKey, conversationId] as const;
const PAGE_SIZE = 50;

type Update = (held: ThreadWindow) => ThreadWindow;

/** Fetches under way, with the events that arrived meanwhile: the answer may have been read before them. */
const underWay = new Map<Update[], string>();

async function fetchPage(conversationId: string, query: Record<string, string>, signal?: AbortSignal): Promise<ThreadWindow> {
  const options = { query: { ...query, limit: PAGE_SIZE }, ...(signal ? { signal } : {}) };
  const meanwhile: Update[] = [];
  underWay.set(meanwhile, conversationId);
  try {
    const page = await api.get<MessagePage>(`/conversations/${conversationId}/messages`, options);
    return meanwhile.reduce((held, update) => update(held), windowOf(page));
  } finally {
    underWay.delete(meanwhile);
  }
}

/** An event that a fetch under way may miss is applied to its answer as well; twice is as good as once. */
function remember(conversationId: string | null, update: Update): void {
  for (const [meanwhile, id] of underWay) if (conversationId === null || id === conversationId) meanwhile.push(update);
}

export function threadQuery(conversationId: string) {
  return queryOptions({
    queryKey: threadKey(conversationId),
    queryFn: ({ signal }) => fetchPage(conversationId, {}, signal),
    gcTime: 3 * 60_000,
  });
}

function change(client: QueryClient, conversationId: string, update: Update): void {
  client.setQueryData<ThreadWindow>(threadKey(conversationId), (held) => (held ? update(held) : held));
}

function applyEvent(client: QueryClient, conversationId: string, update: Update): void {
  remember(conversationId, update);
  change(client, conversationId, update);
}

export const applyNewMessage = (client: QueryClient, message: Message) =>
  applyEvent(client, message.conversation_id, (held) => addMessage(held, message));

export const applyChangedMessage = (client: QueryClient, message: Message) =>
  applyEvent(client, message.conversation_id, (held) => replaceMessage(held, message));

export const applyToMessage = (client: QueryClient, conversationId: string, update: (held: Message) => Message) =>
  applyEvent(client, conversationId, (held) => changeMessages(held, update));

/** For changes that may touch any thread, such as a person's name in a group. */
export function applyToAllMessages(client: QueryClient, update: (held: Message) => Message): void {
  remember(null, (held) => changeMessages(held, update));
  client.setQueriesData<ThreadWindow>({ queryKey: threadsKey }, (held) => (held ? changeMessages(held, update) : held));
}

/** The messages of one thread moved into another, in between those that are there. */
export function foldThread(client: QueryClient, from: string, into: string): void {
  client.removeQueries({ queryKey: threadKey(from) });
  void client.invalidateQueries({ queryKey: threadKey(into) });
}

function edgeQuery(edge: Exclude<Edge, null>, direction: "before" | "after"): Record<string, string> {
  return typeof edge === "string" ? { [direction]: edge } : { around: edge.around };
}

export async function loadOlder(client: QueryClient, conversationId: string): Promise<void> {
  const edge = client.getQueryData<ThreadWindow>(threadKey(conversationId))?.before ?? null;
  if (edge === null) return;
  const page = await fetchPage(conversationId, edgeQuery(edge, "before"));
  change(client, conversationId, (held) => addOlder(held, page));
}

export async function loadNewer(client: QueryClient, conversationId: string): Promise<void> {
  const edge = client.getQueryData<ThreadWindow>(threadKey(conversationId))?.after ?? null;
  if (edge === null) return;
  const page = await fetchPage(conversationId, edgeQuery(edge, "after"));
  change(client, conversationId, (held) => addNewer(held, page));
}

/** Makes a message part of the window, replacing the window when it is far away. */
export async function loadAround(client: QueryClient, conversationId: string, messageId: string): Promise<void> {
  const held = client.getQueryData<ThreadWindow>(threadKey(conversationId));
  if (held && hasMessage(held, messageId)) return;
  const page = await fetchPage(conversationId, { around: messageId });
  client.setQueryData<ThreadWindow>(threadKey(conversationId), page);
}

/** Back to the live end after having jumped or paged away from it. */
export async function loadLatest(client: QueryClient, conversationId: string): Promise<void> {
  const held = client.getQueryData<ThreadWindow>(threadKey(conversationId));
  if (held?.after === null) return;
  const page = await fetchPage(conversationId, {});
  client.setQueryData<ThreadWindow>(threadKey(conversationId), page);
}

/** Asks the server to fetch a file from WhatsApp again. */
export function useRetryMedia() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (mediaId: string) => api.post<Media>(`/media/${mediaId}/retry`),
    onSuccess: (media) => applyToAllMessages(client, (held) => (held.media?.id === media.id ? { ...held, media } : held)),
  });
}
