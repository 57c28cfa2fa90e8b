/** Saved replies and templates: what the composer offers and the settings edit. Fetched when first needed, then kept by events. */
import { type QueryClient, queryOptions } from "@tanstack/react-query";
import { api } from "@/api/client";
import { changeQueries } from "@/api/live";
import type { SavedReply, Template } from "@/api/types";
import { upsertById } from "@/model/list";

const savedRepliesKey = ["saved-replies"] as const;
const templatesKey = ["templates"] as const;

export const savedRepliesQuery = queryOptions({
  queryKey: savedRepliesKey,
  queryFn: async ({ signal }) => (await api.get<{ items: SavedReply[] }>("/saved-replies", { signal })).items,
  gcTime: Infinity,
});

export const templatesQuery = (accountId: string) =>
  queryOptions({
    queryKey: [...templatesKey, accountId] as const,
    queryFn: async ({ signal }) => (await api.get<{ items: Template[] }>(`/accounts/${accountId}/templates`, { signal })).items,
  });

/** null: it was deleted. */
export function applySavedReply(client: QueryClient, id: string, reply: SavedReply | null): void {
  changeQueries<SavedReply[]>(client, savedRepliesKey, (held) => (reply ? upsertById(held, reply) : held.filter((item) => item.id !== id)));
}

/** Numbers of one business account share its templates, so an unknown one may belong to any list. */
export function applyTemplate(client: QueryClient, id: string, template: Template | null): void {
  changeQueries<Template[]>(client, templatesKey, (held, key) => {
    if (!template) return held.filter((item) => item.id !== id);
    if (held.some((item) => item.id === id || item.waba_id === template.waba_id)) return upsertById(held, template);
    void client.invalidateQueries({ queryKey: key });
    return held;
  });
}
