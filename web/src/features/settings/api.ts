/** Requests for one's own profile and for people. */
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { api } from "@/api/client";
import type { Me, Role, User } from "@/api/types";
import { meKey, usersKey } from "@/directory/api";
import { upsertById } from "@/model/list";

export interface ProfileChange {
  name?: string;
  locale?: string;
  password?: string;
  current_password?: string;
}

export function useChangeProfile() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (change: ProfileChange) => api.patch<Me>("/me", change),
    onSuccess: (me) => {
      client.setQueryData<Me>(meKey, me);
      client.setQueryData<User[]>(usersKey, (held) => (held ? upsertById(held, me.user) : held));
    },
  });
}

export interface NewUser {
  email: string;
  name: string;
  role: Role;
  password: string;
}

export interface UserChange {
  name?: string;
  role?: Role;
  disabled?: boolean;
  password?: string;
}

export function useCreateUser() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (body: NewUser) => api.post<User>("/users", body),
    onSuccess: (user) => client.setQueryData<User[]>(usersKey, (held) => upsertById(held ?? [], user)),
  });
}

export function useChangeUser(id: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (change: UserChange) => api.patch<User>(`/users/${id}`, change),
    onSuccess: (user) => client.setQueryData<User[]>(usersKey, (held) => upsertById(held ?? [], user)),
  });
}
