/**
 * Sends what was written, once: an entry waits here, in this tab and on disk, until the server has answered for it. The
 * `client_id` makes a second try harmless, whichever tab makes it. Fetched after the first load.
 */
import { api } from "@/api/client";
import type { Message } from "@/api/types";
import { connection } from "@/realtime/hints";
import { refusedMessage } from "./local";
import { drop, keep, stored } from "./outbox-db";
import { adopt, conversationsWaiting, isTemporary, nextWaiting, pauseAfter, reasonOf } from "./outbox-rules";
import { type Pending, forgetPending, pending } from "./pending";
import { endUpload, upload } from "./upload";

interface Ports {
  userId: string;
  /** The server has taken it: it becomes part of the thread. */
  sent: (message: Message) => void;
}

let ports: Ports | null = null;
const busy = new Set<string>();
let failures = 0;
let again: ReturnType<typeof setTimeout> | undefined;

/** Takes up what an earlier tab left and sends it; called when somebody has logged in. Returns what ends it. */
export function startOutbox(next: Ports): () => void {
  ports = next;
  const stopMirror = mirror();
  const stopWatch = connection.subscribe(() => {
    if (connection.get() === "live") kick();
  });
  void takeUp(next.userId);
  return () => {
    stopMirror();
    stopWatch();
    clearTimeout(again);
    ports = null;
    pending.set([]);
  };
}

async function takeUp(userId: string): Promise<void> {
  // Without a disk, as in some private windows, the outbox lives as long as the tab.
  const found = await stored().catch(() => []);
  if (ports?.userId !== userId) return;
  const own = found.filter((item) => item.user_id === userId).map(withAddress);
  pending.set(adopt(pending.get(), own));
  kick();
}

/** Addresses of files in memory die with the tab that made them. */
function withAddress(item: Pending): Pending {
  const { media } = item.message;
  if (!item.file || !media) return item;
  const url = URL.createObjectURL(item.file);
  const thumbnail_url = media.thumbnail_url === null ? null : url;
  return { ...item, message: { ...item.message, media: { ...media, url, thumbnail_url } } };
}

/** What changes in memory changes on disk. */
function mirror(): () => void {
  let before = pending.get();
  return pending.subscribe(() => {
    const now = pending.get();
    const ids = new Set(now.map((item) => item.client_id));
    // At the end of a session all leave memory, and none leaves the disk.
    if (ports) {
      for (const item of now) if (!before.includes(item)) void keep(item).catch(() => undefined);
      for (const item of before) if (!ids.has(item.client_id)) letGo(item);
    }
    before = now;
  });
}

const IMAGE_HANDOVER_MS = 30_000;

function letGo(item: Pending): void {
  void drop(item.client_id).catch(() => undefined);
  endUpload(item.client_id);
  const url = item.message.media?.url;
  // The server's picture takes the place of ours only when it is loaded.
  if (url?.startsWith("blob:")) setTimeout(() => URL.revokeObjectURL(url), IMAGE_HANDOVER_MS);
}

export function enqueue(items: Pending[]): void {
  pending.set([...pending.get(), ...items]);
  kick();
}

/** Once more after the server refused it. */
export function sendAgain(clientId: string): void {
  pending.set(
    pending.get().map((item) =>
      item.client_id === clientId ? { ...item, state: "waiting", message: { ...item.message, status: "sending", error: null } } : item,
    ),
  );
  kick();
}

function kick(): void {
  clearTimeout(again);
  for (const id of conversationsWaiting(pending.get())) void drain(id);
}

function kickLater(): void {
  failures += 1;
  clearTimeout(again);
  again = setTimeout(kick, pauseAfter(failures));
}

async function drain(conversationId: string): Promise<void> {
  if (busy.has(conversationId)) return;
  busy.add(conversationId);
  try {
    await oneTab(conversationId, () => drainHere(conversationId));
  } finally {
    busy.delete(conversationId);
  }
}

/** Two tabs with the same entries must not overtake each other. */
async function oneTab(conversationId: string, work: () => Promise<void>): Promise<void> {
  const locks = (navigator as Partial<Navigator>).locks;
  if (locks) await locks.request(`hoopoe-outbox ${conversationId}`, work);
  else await work();
}

async function drainHere(conversationId: string): Promise<void> {
  for (let item = nextWaiting(pending.get(), conversationId); item && ports; item = nextWaiting(pending.get(), conversationId)) {
    try {
      const message = await send(item);
      failures = 0;
      ports.sent(message);
      forgetPending(item.client_id);
    } catch (error) {
      // Given up by the person while it was being uploaded.
      if (error instanceof DOMException && error.name === "AbortError") forgetPending(item.client_id);
      else if (isTemporary(error)) {
        kickLater();
        return;
      } else refuse(item, error);
    }
  }
}

async function send(item: Pending): Promise<Message> {
  const body = { ...item.body };
  if (item.file && body.media?.upload_id === "") {
    const { id } = await upload(item.client_id, item.conversation_id, item.file, item.message.media?.filename ?? "file");
    body.media = { ...body.media, upload_id: id };
  }
  return api.post<Message>(`/conversations/${item.conversation_id}/messages`, body);
}

function refuse(item: Pending, error: unknown): void {
  endUpload(item.client_id);
  const message = refusedMessage(item.message, reasonOf(error));
  pending.set(pending.get().map((held) => (held.client_id === item.client_id ? { ...held, state: "refused", message } : held)));
}
