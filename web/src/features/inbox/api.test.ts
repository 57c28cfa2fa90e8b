import { afterEach, describe, expect, test, vi } from "vitest";
import type { QueryClient } from "@tanstack/react-query";
import { InfiniteQueryObserver } from "@tanstack/react-query";
import { createQueryClient } from "@/api/query-client";
import type { Conversation } from "@/api/types";
import { withPreviewStatus } from "@/model/conversation";
import { conversationAt } from "@/testing/objects";
import { applyConversation, applyRead, changeConversations, conversationsQuery, countsQuery, foldConversation } from "./api";
import { type InboxSearch, filtersOf } from "./filters";

/** A server that answers when it is told to; what it says was read when the request came. */
class SlowServer {
  private readonly waiting: (() => void)[] = [];
  readonly asked: string[] = [];

  constructor(private readonly answers: unknown[]) {
    vi.stubGlobal("fetch", (path: string) => {
      this.asked.push(path);
      const body = this.answers.shift();
      return new Promise<Response>((resolve) => this.waiting.push(() => resolve(Response.json(body))));
    });
  }

  answer(): void {
    this.waiting.shift()?.();
  }
}

afterEach(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

const a = conversationAt("a", 300);
const b = conversationAt("b", 200);
const later = (held: Conversation, over: Partial<Conversation>) => ({ ...held, version: held.version + 1, ...over });
const page = (items: Conversation[], next_cursor: string | null = null) => ({ items, next_cursor });

function listOf(client: QueryClient, search: InboxSearch = {}) {
  const observer = new InfiniteQueryObserver(client, conversationsQuery(filtersOf(search)));
  observer.subscribe(() => undefined);
  const rows = () => observer.getCurrentResult().data?.pages.flatMap((held) => held.items.map((item) => `${item.id}${item.version}`));
  const settled = () => vi.waitFor(() => expect(observer.getCurrentResult().isFetching).toBe(false));
  return { observer, rows, settled };
}

// First, because one that the others plan is not planned twice.
test("sums are asked again, since nothing tells what the answer knows", async () => {
  vi.useFakeTimers();
  const server = new SlowServer([
    { mine: 0, unassigned: 1, all: 1, unread: 0 },
    { mine: 0, unassigned: 2, all: 2, unread: 0 },
  ]);
  const client = createQueryClient();
  const fetched = client.query(countsQuery);
  applyConversation(client, conversationAt("new", 400), true);
  server.answer();
  await fetched;
  await vi.advanceTimersByTimeAsync(2_000);
  expect(client.getQueryState(countsQuery.queryKey)?.isInvalidated).toBe(true);
});

describe("what happens while a list is being fetched is not lost behind an answer that was read before it", () => {
  test("the first page", async () => {
    const server = new SlowServer([page([a, b])]);
    const client = createQueryClient();
    const { rows, settled } = listOf(client);
    applyConversation(client, conversationAt("new", 400), true);
    applyConversation(client, later(b, { last_message_at: 500 }));
    changeConversations(client, (held) => withPreviewStatus(held, { message_id: "msg_a", status: "read" }));
    applyConversation(client, later(a, { status: "resolved" }));
    server.answer();
    await settled();
    expect(rows()).toEqual(["b2", "new1"]);
  });

  test("an answer that knows more is not set back", async () => {
    const server = new SlowServer([page([later(later(a, {}), {}), b])]);
    const client = createQueryClient();
    const { rows, settled } = listOf(client);
    applyConversation(client, later(a, {}));
    server.answer();
    await settled();
    expect(rows()).toEqual(["a3", "b1"]);
  });

  test("the next page, and the rows above it", async () => {
    const server = new SlowServer([page([a], "more"), page([b])]);
    const client = createQueryClient();
    const { observer, rows, settled } = listOf(client);
    server.answer();
    await settled();
    const fetched = observer.fetchNextPage();
    applyConversation(client, later(a, { unread_count: 3 }));
    applyConversation(client, later(b, { last_message_at: 400 }));
    server.answer();
    await fetched;
    expect(rows()).toEqual(["b2", "a2"]);
  });

  test("the same page once more", async () => {
    const server = new SlowServer([page([a, b]), page([a, b])]);
    const client = createQueryClient();
    const { rows, settled } = listOf(client);
    server.answer();
    await settled();
    void client.invalidateQueries();
    foldConversation(client, "b", "a");
    applyConversation(client, later(a, {}));
    server.answer();
    await settled();
    expect(rows()).toEqual(["a2"]);
  });

  test("a filtered one", async () => {
    const unread = { ...a, unread_count: 2 };
    const server = new SlowServer([page([unread])]);
    const client = createQueryClient();
    const { rows, settled } = listOf(client, { unread: true });
    applyRead(client, { conversation_id: "a", unread_count: 0, version: 2 });
    applyConversation(client, later(b, { unread_count: 1 }));
    server.answer();
    await settled();
    expect(rows()).toEqual(["b2"]);
  });

  test("a search: whom it finds and whom the words plainly find", async () => {
    const server = new SlowServer([page([a])]);
    const client = createQueryClient();
    const { rows, settled } = listOf(client, { q: "mari" });
    applyConversation(client, later(a, {}));
    applyConversation(client, conversationAt("new", 400), true);
    applyConversation(client, conversationAt("other", 500, { contact: { ...a.contact, name: "Tom Marino" } }), true);
    applyConversation(client, conversationAt("nobody", 600, { contact: { ...a.contact, name: "Sam", phone: null } }), true);
    server.answer();
    await settled();
    expect(rows()).toEqual(["other1", "new1", "a2"]);
  });
});
