/** Requests about messages of ours. What is being written and sent goes through `outbox.ts` instead. */
import { queryOptions } from "@tanstack/react-query";
import { api } from "@/api/client";
import type { Attempt, Message } from "@/api/types";

export const retryMessage = (id: string) => api.post<Message>(`/messages/${id}/retry`);
export const cancelMessage = (id: string) => api.post<Message>(`/messages/${id}/cancel`);

/** The same `client_id` changes nothing twice, so both may be asked for again. */
export const editMessage = (id: string, clientId: string, text: string) => api.patch<Message>(`/messages/${id}`, { client_id: clientId, text });
export const deleteMessage = (id: string, clientId: string) => api.delete<Message>(`/messages/${id}?client_id=${clientId}`);
export const forgetChange = (id: string) => api.delete<Message>(`/messages/${id}/change`);

/** A reaction is no message of its own: the answer is the message it was given to. */
export function react(conversationId: string, messageId: string, emoji: string): Promise<Message> {
  const body = { client_id: newClientId(), reaction: { message_id: messageId, emoji } };
  return api.post<Message>(`/conversations/${conversationId}/messages`, body);
}

export const attemptsQuery = (messageId: string, count: number) =>
  queryOptions({
    queryKey: ["attempts", messageId, count] as const,
    queryFn: async ({ signal }) => (await api.get<{ items: Attempt[] }>(`/messages/${messageId}/attempts`, { signal })).items,
  });

/** Absent on a plain-HTTP address in the local network, so made by hand: 128 random bits. */
export function newClientId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
