/** The draft of a conversation: on the server, per person, in step over tabs; typing never waits for it. */
import { type QueryClient, queryOptions, useQuery, useQueryClient } from "@tanstack/react-query";
import { api } from "@/api/client";
import type { Draft } from "@/api/types";
import { createStore, useStore } from "@/lib/store";
import { connection } from "@/realtime/hints";
import { draftKey, echoes } from "./draft-cache";
import { isTemporary } from "./outbox-rules";
import { EMPTY_DRAFT, isEmpty, plainDraft } from "./draft-rules";

const path = (conversationId: string) => `/conversations/${conversationId}/draft`;
const REST_MS = 500;

export function draftQuery(conversationId: string) {
  return queryOptions({
    queryKey: draftKey(conversationId),
    queryFn: async ({ signal }) => plainDraft((await api.get<{ draft: Draft | null }>(path(conversationId), { signal })).draft),
  });
}

/** What was typed here and is not saved yet; it shows instead of what the server has. */
const unsaved = createStore<Readonly<Record<string, Draft>>>({});
const timers = new Map<string, ReturnType<typeof setTimeout>>();
const saving = new Set<string>();

export interface DraftHandle {
  draft: Draft;
  /** Nothing may be typed over a draft that is still on its way. */
  ready: boolean;
  edit: (change: Partial<Draft>) => void;
  clear: () => void;
}

export function useDraft(conversationId: string): DraftHandle {
  const client = useQueryClient();
  const query = useQuery(draftQuery(conversationId));
  const mine = useStore(unsaved, (all) => all[conversationId]);
  const draft = mine ?? query.data ?? EMPTY_DRAFT;
  return {
    draft,
    ready: !query.isPending,
    edit: (change) => put(client, conversationId, { ...draft, ...change }, REST_MS),
    clear: () => put(client, conversationId, EMPTY_DRAFT, 0),
  };
}

function put(client: QueryClient, conversationId: string, draft: Draft, afterMs: number): void {
  unsaved.set({ ...unsaved.get(), [conversationId]: draft });
  saveIn(client, conversationId, afterMs);
}

function saveIn(client: QueryClient, conversationId: string, afterMs: number): void {
  clearTimeout(timers.get(conversationId));
  timers.set(conversationId, setTimeout(() => void save(client, conversationId), afterMs));
}

async function save(client: QueryClient, conversationId: string): Promise<void> {
  const draft = unsaved.get()[conversationId];
  // One save at a time: the answer to an older one must not come after that to a newer one.
  if (!draft || saving.has(conversationId)) return;
  const held = client.getQueryData<Draft>(draftKey(conversationId)) ?? EMPTY_DRAFT;
  if (isEmpty(draft) && isEmpty(held)) {
    settle(client, conversationId, draft);
    return;
  }
  const kept = isEmpty(draft) ? null : draft;
  saving.add(conversationId);
  echoes.expect(conversationId, kept);
  try {
    await (kept ? api.put(path(conversationId), kept) : api.delete(path(conversationId)));
    settle(client, conversationId, draft);
  } catch (error) {
    echoes.forget(conversationId, kept);
    // What the server will never take, such as a text that is too long, waits for the next change.
    if (isTemporary(error)) retryOnReturn(client, conversationId);
  } finally {
    saving.delete(conversationId);
  }
  const now = unsaved.get()[conversationId];
  if (now && now !== draft) saveIn(client, conversationId, REST_MS);
}

/** Saved: the copy of this tab gives way, unless somebody has typed on. */
function settle(client: QueryClient, conversationId: string, draft: Draft): void {
  client.setQueryData<Draft>(draftKey(conversationId), draft);
  const { [conversationId]: now, ...rest } = unsaved.get();
  if (now === draft) unsaved.set(rest);
}

const RETRY_MS = 10_000;

function retryOnReturn(client: QueryClient, conversationId: string): void {
  const stop = connection.subscribe(() => {
    if (connection.get() !== "live") return;
    stop();
    saveIn(client, conversationId, 0);
  });
  if (connection.get() === "live") {
    stop();
    saveIn(client, conversationId, RETRY_MS);
  }
}

/** At the end of a page there is no time left to wait. */
export function saveDraftNow(client: QueryClient, conversationId: string): void {
  if (unsaved.get()[conversationId]) saveIn(client, conversationId, 0);
}
