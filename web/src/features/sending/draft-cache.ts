/** Drafts as events bring them. Part of the first load, so it holds no more than that. */
import type { QueryClient } from "@tanstack/react-query";
import { changeQueries } from "@/api/live";
import type { Draft } from "@/api/types";
import { Echoes, plainDraft } from "./draft-rules";

export const draftKey = (conversationId: string) => ["draft", conversationId] as const;
export const echoes = new Echoes();

/** From another tab, or the echo of a save of this one. */
export function applyDraft(client: QueryClient, conversationId: string, draft: Draft | null): void {
  if (echoes.take(conversationId, draft)) return;
  const plain = plainDraft(draft);
  client.setQueryData<Draft>(draftKey(conversationId), plain);
  // And once more, should the draft be on its way from the server as it was.
  changeQueries<Draft>(client, draftKey(conversationId), () => plain);
}
