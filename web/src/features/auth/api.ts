/** Ways to get a session. Each answers with one and makes it the current one. */
import { queryOptions, useMutation } from "@tanstack/react-query";
import { api, setSession } from "@/api/client";
import type { Session } from "@/api/types";

export interface Credentials {
  email: string;
  password: string;
}

export interface SetupForm extends Credentials {
  token: string;
  organisation: string;
  name: string;
}

export const setupQuery = queryOptions({
  queryKey: ["setup"],
  queryFn: ({ signal }) => api.get<{ needed: boolean }>("/setup", { signal }),
});

function useSessionMutation<T>(path: string) {
  return useMutation({
    mutationFn: (body: T) => api.post<Session>(path, body),
    onSuccess: (session) => setSession(session),
  });
}

export const useLogin = () => useSessionMutation<Credentials>("/auth/login");
export const useLink = () => useSessionMutation<{ token: string }>("/auth/link");
export const useSetup = () => useSessionMutation<SetupForm>("/setup");
