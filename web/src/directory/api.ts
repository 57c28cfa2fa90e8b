/** Who and what every page needs names of: me, my colleagues, the accounts. Fetched once, then kept by events. */
import { type QueryClient, queryOptions, useQuery } from "@tanstack/react-query";
import { api, session } from "@/api/client";
import type { Account, Me, Page, Role, User } from "@/api/types";

export const meKey = ["me"] as const;
export const usersKey = ["users"] as const;
export const accountsKey = ["accounts"] as const;

/** People and numbers are dozens, not thousands; still, a page of the API holds a hundred at most. */
async function all<T>(path: string, signal: AbortSignal): Promise<T[]> {
  const items: T[] = [];
  let cursor: string | null = null;
  do {
    const page: Partial<Page<T>> & { items: T[] } = await api.get(path, { query: { cursor, limit: 100 }, signal });
    items.push(...page.items);
    cursor = page.next_cursor ?? null;
  } while (cursor !== null);
  return items;
}

export const usersQuery = queryOptions({
  queryKey: usersKey,
  queryFn: ({ signal }) => all<User>("/users", signal),
  gcTime: Infinity,
});

export const accountsQuery = queryOptions({
  queryKey: accountsKey,
  queryFn: ({ signal }) => all<Account>("/accounts", signal),
  gcTime: Infinity,
});

const meQuery = queryOptions({
  queryKey: meKey,
  queryFn: ({ signal }) => api.get<Me>("/me", { signal }),
  initialData: () => session()?.me,
  gcTime: Infinity,
});

/** Only for screens behind the login, where a session is certain. */
export function useMe(): Me {
  const { data } = useQuery(meQuery);
  const me = data ?? session()?.me;
  if (!me) throw new Error("No session");
  return me;
}

export function myId(client: QueryClient): string {
  return client.getQueryData<Me>(meKey)?.user.id ?? session()?.me.user.id ?? "";
}

export function useUsers(): User[] {
  return useQuery(usersQuery).data ?? [];
}

export function useUser(id: string | null): User | undefined {
  return useQuery({ ...usersQuery, select: (users) => users.find((user) => user.id === id) }).data;
}

export function useAccounts(): Account[] {
  return useQuery(accountsQuery).data ?? [];
}

export function useAccount(id: string): Account | undefined {
  return useQuery({ ...accountsQuery, select: (accounts) => accounts.find((account) => account.id === id) }).data;
}

const ORDER: Record<Role, number> = { agent: 0, manager: 1, admin: 2 };

export function hasRole(me: Me, least: Role): boolean {
  return ORDER[me.user.role] >= ORDER[least];
}
