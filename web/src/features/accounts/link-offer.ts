/** What is offered to the phone: told live to whoever may link, and asked for when a page comes later or the line was cut. */
import { queryOptions, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { api } from "@/api/client";
import type { Account, LinkOffer } from "@/api/types";
import { accountsKey } from "@/directory/api";
import { useStore } from "@/lib/store";
import { upsertById } from "@/model/list";
import { connection, linkOffers, setLinkOffer } from "@/realtime/hints";

const offerQuery = (accountId: string, line: string) =>
  queryOptions({
    // A line that was cut may have missed what was told meanwhile.
    queryKey: ["link", accountId, line] as const,
    queryFn: ({ signal }) => api.get<LinkOffer>(`/accounts/${accountId}/link`, { signal }),
    staleTime: 0,
    gcTime: 0,
  });

export function useOffer(accountId: string): LinkOffer | undefined {
  const line = useStore(connection, (state) => state);
  const told = useStore(linkOffers, (all) => all[accountId]);
  const { data } = useQuery(offerQuery(accountId, line));
  return told ?? data;
}

export type StartLink = { method: "qr" } | { method: "code"; phone: string };

function useAccountAnswer<Input>(accountId: string, ask: (input: Input) => Promise<Account>) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ask,
    onMutate: () => setLinkOffer(accountId, null),
    onSuccess: (account) => client.setQueryData<Account[]>(accountsKey, (held) => upsertById(held ?? [], account)),
  });
}

export const useStartLink = (accountId: string) =>
  useAccountAnswer(accountId, (start: StartLink) => api.post<Account>(`/accounts/${accountId}/link`, start));

export const useResetLink = (accountId: string) => useAccountAnswer(accountId, () => api.post<Account>(`/accounts/${accountId}/reset`));
