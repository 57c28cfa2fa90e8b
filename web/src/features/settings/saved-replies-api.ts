/** Requests to change saved replies; reading them is everybody's (directory/replies.ts). */
import { api } from "@/api/client";
import type { SavedReply } from "@/api/types";

export type SavedReplyFields = Pick<SavedReply, "shortcut" | "title" | "text">;

export const createSavedReply = (fields: SavedReplyFields) => api.post<SavedReply>("/saved-replies", fields);
export const updateSavedReply = (id: string, fields: SavedReplyFields) => api.patch<SavedReply>(`/saved-replies/${id}`, fields);
export const deleteSavedReply = (id: string) => api.delete(`/saved-replies/${id}`);
