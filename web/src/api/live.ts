/**
 * Changes of what the caches hold, by events and by answers. One that comes while a query is being fetched may be missing
 * in the answer, which was read before it, so it is made again to what the answer brings. Changes must be such that twice
 * is as good as once, and they are made in the order in which they came.
 */
import type { Query, QueryClient, QueryKey } from "@tanstack/react-query";

type Change = (held: unknown, key: QueryKey) => unknown;

/** By fetch under way: what came meanwhile. */
const meanwhile = new WeakMap<Query, Change[]>();

/** Called once for a client, before its first query. */
export function followFetches(client: QueryClient): void {
  client.getQueryCache().subscribe((event) => {
    if (event.type !== "updated") return;
    const { action } = event;
    const query = event.query as Query;
    if (action.type === "fetch") meanwhile.set(query, []);
    if (action.type === "error") meanwhile.delete(query);
    if (action.type !== "success" || action.manual) return;
    const missed = meanwhile.get(query) ?? [];
    meanwhile.delete(query);
    for (const change of missed) make(client, query, change);
  });
}

function make(client: QueryClient, query: Query, change: Change): void {
  const held: unknown = query.state.data;
  const next = held === undefined ? held : change(held, query.queryKey);
  if (next !== held) client.setQueryData(query.queryKey, next);
}

/** For every query whose key begins so. */
export function changeQueries<T>(client: QueryClient, queryKey: QueryKey, change: (held: T, key: QueryKey) => T): void {
  for (const query of client.getQueryCache().findAll({ queryKey })) {
    meanwhile.get(query)?.push(change as Change);
    make(client, query, change as Change);
  }
}
