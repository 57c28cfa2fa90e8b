import { QueryClient, notifyManager } from "@tanstack/react-query";
import { ApiError } from "./client";
import { followFetches } from "./live";

// By default changes wait for a timer before they are drawn; a message should not.
notifyManager.setScheduler(queueMicrotask);

/** Sockets keep the caches fresh, so nothing is refetched by age, focus or reconnect. */
export function createQueryClient(): QueryClient {
  const client = new QueryClient({
    defaultOptions: {
      queries: {
        staleTime: Infinity,
        gcTime: 5 * 60_000,
        refetchOnWindowFocus: false,
        refetchOnReconnect: false,
        networkMode: "always",
        retry: (failures, error) => {
          const temporary = !(error instanceof ApiError) || error.status === 0 || error.status >= 500;
          return temporary && failures < 2;
        },
      },
      mutations: { retry: false, networkMode: "always" },
    },
  });
  followFetches(client);
  return client;
}
