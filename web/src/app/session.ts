/** Ties the session to the rest: the real-time connection, the caches, and the page that is shown without one. */
import { type QueryClient, notifyManager } from "@tanstack/react-query";
import { api, onSession, refresh, session, setSession } from "@/api/client";
import type { Envelope } from "@/api/events";
import type { Me, Session } from "@/api/types";
import { meKey, myId } from "@/directory/api";
import { connection } from "@/realtime/hints";
import { dispatch } from "@/realtime/dispatch";
import { queryTarget } from "@/realtime/query-target";
import { connect, emitToken } from "@/realtime/socket";
import { type NotifyPorts, notify } from "./notify";

const RENEW_BEFORE_MS = 60_000;
/** The first pages wait this long at most for the streams to be followed, so that nothing has to be fetched twice. */
const GREETING_LIMIT_MS = 800;

let disconnect: (() => void) | null = null;
let renewal: ReturnType<typeof setTimeout> | undefined;

export type AppPorts = Pick<NotifyPorts, "openConversation" | "open"> & { loggedOut: () => void };

export function followSession(client: QueryClient, ports: AppPorts): void {
  const onChange = (next: Session | null) => {
    clearTimeout(renewal);
    if (next) begin(client, ports, next);
    else if (disconnect) end(client, ports);
  };
  onSession(onChange);
  followOtherTabs();
  if (session()) onChange(session());
}

function begin(client: QueryClient, ports: AppPorts, next: Session): void {
  const before = client.getQueryData<Me>(meKey)?.user.id;
  if (before !== undefined && before !== next.me.user.id) client.clear();
  client.setQueryData<Me>(meKey, next.me);
  const wait = Math.max(5_000, next.expires_at - Date.now() - RENEW_BEFORE_MS);
  renewal = setTimeout(() => void refresh().catch(() => undefined), wait);
  if (disconnect) emitToken(next.access_token);
  else disconnect = follow(client, ports);
  void beginOutbox(client, next.me.user.id);
}

let outbox: { userId: string; stop: () => void } | null = null;

/** What waits from an earlier visit is sent, whichever page is open. */
async function beginOutbox(client: QueryClient, userId: string): Promise<void> {
  if (outbox?.userId === userId) return;
  outbox?.stop();
  const mine = { userId, stop: (): void => undefined };
  outbox = mine;
  const { startOutbox } = await import("@/features/sending/outbox");
  if (outbox !== mine) return;
  mine.stop = startOutbox({ userId, sent: (message) => queryTarget(client).addMessage(message) });
}

function end(client: QueryClient, ports: AppPorts): void {
  disconnect?.();
  disconnect = null;
  outbox?.stop();
  outbox = null;
  client.clear();
  ports.loggedOut();
}

function follow(client: QueryClient, ports: AppPorts): () => void {
  const target = queryTarget(client);
  const notifyPorts = { ...ports, myId: () => myId(client) };
  return connect({
    token: () => session()?.access_token ?? null,
    renew: async () => (await refresh()) !== null,
    // One packet, one drawing.
    apply: (events: Envelope[]) => {
      notifyManager.batch(() => {
        for (const event of events) dispatch(event, target);
      });
      notify(events, notifyPorts);
    },
    reset: () => target.reset(),
    joined: () => void client.invalidateQueries({ predicate: (query) => query.queryKey[0] !== meKey[0] }),
  });
}

let greeting: Promise<void> | null = null;

/** Resolves when events are being followed, or when that takes too long. */
export function greeted(): Promise<void> {
  greeting ??= new Promise((resolve) => {
    if (connection.get() === "live") {
      resolve();
      return;
    }
    const timer = setTimeout(resolve, GREETING_LIMIT_MS);
    const stop = connection.subscribe(() => {
      if (connection.get() !== "live") return;
      clearTimeout(timer);
      stop();
      resolve();
    });
  });
  return greeting;
}

const channel = "BroadcastChannel" in window ? new BroadcastChannel("hoopoe-session") : null;

function followOtherTabs(): void {
  channel?.addEventListener("message", () => setSession(null));
}

export async function logout(): Promise<void> {
  // Without the server's answer the cookie lives on, yet this browser must not keep showing the inbox.
  await api.post("/auth/logout").catch(() => undefined);
  channel?.postMessage("logout");
  setSession(null);
}
