/** Requests for webhooks and their log. No event tells of them, so the pages ask when they are opened and after what they do. */
import { infiniteQueryOptions, queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { api } from "@/api/client";
import type { Delivery, DeliveryDetail, DeliveryState, Page, Webhook, WebhookEventType } from "@/api/types";
import { upsertById } from "@/model/list";

const webhooksKey = ["webhooks"] as const;
const deliveriesKey = (id: string) => ["deliveries", id] as const;

export const webhooksQuery = queryOptions({
  queryKey: webhooksKey,
  queryFn: async ({ signal }) => (await api.get<{ items: Webhook[] }>("/webhooks", { signal })).items,
  staleTime: 0,
  refetchOnWindowFocus: true,
});

export function deliveriesQuery(id: string, state: DeliveryState | null) {
  return infiniteQueryOptions({
    queryKey: [...deliveriesKey(id), state] as const,
    queryFn: ({ pageParam, signal }) => api.get<Page<Delivery>>(`/webhooks/${id}/deliveries`, { query: { state, cursor: pageParam }, signal }),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
    staleTime: 0,
    refetchOnWindowFocus: true,
  });
}

export const deliveryQuery = (id: string, deliveryId: string) =>
  queryOptions({
    queryKey: [...deliveriesKey(id), "one", deliveryId] as const,
    queryFn: ({ signal }) => api.get<DeliveryDetail>(`/webhooks/${id}/deliveries/${deliveryId}`, { signal }),
    staleTime: 0,
  });

export interface WebhookFields {
  name: string;
  url: string;
  event_types: WebhookEventType[];
  account_ids: string[];
  enabled: boolean;
}

export interface WithSecret {
  webhook: Webhook;
  secret: string;
}

/** Puts a webhook as it is now into what is on screen. */
function useApply() {
  const client = useQueryClient();
  return (webhook: Webhook) => client.setQueryData<Webhook[]>(webhooksKey, (held) => upsertById(held ?? [], webhook));
}

export function useCreateWebhook() {
  const apply = useApply();
  return useMutation({
    mutationFn: (fields: WebhookFields) => api.post<WithSecret>("/webhooks", fields),
    onSuccess: ({ webhook }) => apply(webhook),
  });
}

export function useUpdateWebhook(id: string) {
  const apply = useApply();
  return useMutation({
    mutationFn: (fields: Partial<WebhookFields>) => api.patch<Webhook>(`/webhooks/${id}`, fields),
    onSuccess: apply,
  });
}

export function useRotateSecret(id: string) {
  const apply = useApply();
  return useMutation({
    mutationFn: () => api.post<WithSecret>(`/webhooks/${id}/secret`, {}),
    onSuccess: ({ webhook }) => apply(webhook),
  });
}

export function useRemoveWebhook(id: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: () => api.delete(`/webhooks/${id}`),
    onSuccess: () => client.setQueryData<Webhook[]>(webhooksKey, (held) => held?.filter((webhook) => webhook.id !== id)),
  });
}

/** What changes the log: it is read again afterwards, and so are the webhooks' counts. */
export function useLogChange<Result, Variables = void>(id: string, change: (variables: Variables) => Promise<Result>) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: change,
    onSettled: () =>
      Promise.all([client.invalidateQueries({ queryKey: deliveriesKey(id) }), client.invalidateQueries({ queryKey: webhooksKey })]),
  });
}

export const testWebhook = (id: string) => api.post<Delivery>(`/webhooks/${id}/test`, {});
export const replayFailed = (id: string) => api.post<{ count: number }>(`/webhooks/${id}/replay`, {});
export const replayDelivery = (delivery: Delivery) => api.post<Delivery>(`/webhooks/${delivery.webhook_id}/deliveries/${delivery.id}/replay`, {});
export const skipDelivery = (delivery: Delivery) => api.post<Delivery>(`/webhooks/${delivery.webhook_id}/deliveries/${delivery.id}/skip`, {});
