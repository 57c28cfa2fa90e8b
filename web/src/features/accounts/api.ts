/** Requests for numbers, Meta apps, members and dead letters. */
import { infiniteQueryOptions, queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { api } from "@/api/client";
import type { Account, DeadLetter, MetaApp, Page, Template } from "@/api/types";
import { postFile } from "@/api/upload";
import { accountsKey } from "@/directory/api";
import { upsertById } from "@/model/list";
import { type DeadLetterPages, type DeadLetterState, replaceDeadLetter } from "./cache";

const metaAppsKey = ["meta-apps"] as const;
const membersKey = (accountId: string) => ["members", accountId] as const;
const deadLettersKey = ["dead-letters"] as const;

export const metaAppsQuery = queryOptions({
  queryKey: metaAppsKey,
  queryFn: async ({ signal }) => (await api.get<{ items: MetaApp[] }>("/meta-apps", { signal })).items,
});

export const membersQuery = (accountId: string) =>
  queryOptions({
    queryKey: membersKey(accountId),
    queryFn: async ({ signal }) => (await api.get<{ user_ids: string[] }>(`/accounts/${accountId}/members`, { signal })).user_ids,
  });

export interface DeadLetterFilter {
  state: DeadLetterState;
  accountId: string | null;
}

export function deadLettersQuery({ state, accountId }: DeadLetterFilter) {
  return infiniteQueryOptions({
    queryKey: [...deadLettersKey, state, accountId] as const,
    queryFn: ({ pageParam, signal }) =>
      api.get<Page<DeadLetter>>("/dead-letters", { query: { state, account_id: accountId, cursor: pageParam }, signal }),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
    // No event tells of dead letters, so the page asks when it is opened.
    staleTime: 0,
  });
}

export interface NewLinked {
  channel: "linked";
  name: string;
  color: string;
}

export interface NewAccount {
  channel: "cloud";
  name: string;
  color: string;
  phone: string;
  phone_number_id: string;
  waba_id: string;
  meta_app_id: string;
  access_token?: string;
}

export function useCreateAccount() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (body: NewAccount | NewLinked) => api.post<Account>("/accounts", body),
    onSuccess: (account) => client.setQueryData<Account[]>(accountsKey, (held) => upsertById(held ?? [], account)),
  });
}

export interface AccountChange {
  name?: string;
  color?: string;
  access_token?: string;
  send_read_receipts?: boolean;
  send_typing?: boolean;
  enforce_window?: boolean;
  rate_per_second?: number;
  ignore_groups?: boolean;
}

export function useChangeAccount(id: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (change: AccountChange) => api.patch<Account>(`/accounts/${id}`, change),
    onSuccess: (account) => client.setQueryData<Account[]>(accountsKey, (held) => upsertById(held ?? [], account)),
  });
}

export function useDeleteAccount(id: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: () => api.delete(`/accounts/${id}`),
    onSuccess: () => client.setQueryData<Account[]>(accountsKey, (held) => held?.filter((account) => account.id !== id)),
  });
}

export function useSetMembers(accountId: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (userIds: string[]) => api.put<{ user_ids: string[] } | undefined>(`/accounts/${accountId}/members`, { user_ids: userIds }),
    onSuccess: (_answer, userIds) => client.setQueryData<string[]>(membersKey(accountId), userIds),
  });
}

export interface NewMetaApp {
  name: string;
  app_secret: string;
  portfolio_id?: string;
}

export function useCreateMetaApp() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (body: NewMetaApp) => api.post<MetaApp>("/meta-apps", body),
    onSuccess: (app) => client.setQueryData<MetaApp[]>(metaAppsKey, (held) => upsertById(held ?? [], app)),
  });
}

export function useDeleteMetaApp(id: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: () => api.delete(`/meta-apps/${id}`),
    onSuccess: () => client.setQueryData<MetaApp[]>(metaAppsKey, (held) => held?.filter((app) => app.id !== id)),
  });
}

export const syncTemplates = (accountId: string) => api.post<{ items: Template[] } | undefined>(`/accounts/${accountId}/templates/sync`);
export const deleteTemplate = (id: string) => api.delete(`/templates/${id}`);

/** What may be changed of a template. */
export interface TemplateChange {
  /** Left out where it stays: Meta refuses to hear it again of an approved template. */
  category?: string;
  components: Record<string, unknown>[];
}

export interface NewTemplate extends TemplateChange {
  name: string;
  language: string;
  category: string;
  parameter_format: Template["parameter_format"];
}

export const createTemplate = (accountId: string, body: NewTemplate) => api.post<Template>(`/accounts/${accountId}/templates`, body);
export const changeTemplate = (id: string, change: TemplateChange) => api.patch<Template>(`/templates/${id}`, change);

/** Meta's name for a file that shows what a heading may hold. */
export const uploadSample = (accountId: string, file: File) =>
  postFile<{ handle: string }>(`/accounts/${accountId}/templates/samples`, file, file.name, () => undefined).done;

/** Replays or discards; the answer takes the letter's place, and it leaves the lists of other states. */
export function useDeadLetterAction(action: "replay" | "discard") {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (id: string) => api.post<DeadLetter>(`/dead-letters/${id}/${action}`),
    onSuccess: (letter) => {
      for (const [key, data] of client.getQueriesData<DeadLetterPages>({ queryKey: deadLettersKey })) {
        if (data) client.setQueryData(key, replaceDeadLetter(data, letter, key[1] as DeadLetterState));
      }
    },
  });
}
