import { QueryClient } from "@tanstack/react-query";
import { beforeEach, describe, expect, test } from "vitest";
import type { Envelope, EventData, EventType } from "@/api/events";
import type { Conversation, ConversationCounts, Me } from "@/api/types";
import { accountsKey, meKey } from "@/directory/api";
import { savedRepliesQuery, templatesQuery } from "@/directory/replies";
import { conversationsQuery, countsKey } from "@/features/inbox/api";
import { filtersOf } from "@/features/inbox/filters";
import { draftKey } from "@/features/sending/draft-cache";
import { pending } from "@/features/sending/pending";
import { threadQuery } from "@/features/thread/api";
import { withOwnReaction } from "@/model/message";
import type { ThreadWindow } from "@/features/thread/cache";
import { conversationAt, makeContact, makeConversation, makeMessage } from "@/testing/objects";
import { dispatch } from "./dispatch";
import { queryTarget } from "./query-target";

const ME = "usr_me";

function envelope<T extends EventType>(type: T, data: EventData[T]): Envelope {
  return { seq: 1, type, at: 0, data } as Envelope;
}

describe("events in the query caches", () => {
  let client: QueryClient;
  const listKey = conversationsQuery(filtersOf({})).queryKey;
  const send = <T extends EventType>(type: T, data: EventData[T]) => dispatch(envelope(type, data), queryTarget(client));
  const list = () => client.getQueryData(listKey)?.pages.flatMap((page) => page.items) ?? [];
  const thread = () => client.getQueryData<ThreadWindow>(threadQuery("cnv_1").queryKey)?.items ?? [];
  const counts = () => client.getQueryData<ConversationCounts>(countsKey);

  beforeEach(() => {
    client = new QueryClient({ defaultOptions: { queries: { staleTime: Infinity } } });
    const user = { id: ME, email: "", name: "", role: "agent", locale: "en", disabled: false, created_at: 0 } as const;
    client.setQueryData<Me>(meKey, { user, tenant: { id: "ten_1", name: "" }, account_ids: ["acc_1"] });
    const held: Conversation[] = [conversationAt("cnv_2", 2_000), conversationAt("cnv_1", 1_000)];
    client.setQueryData(listKey, { pages: [{ items: held, next_cursor: null }], pageParams: [null] });
    client.setQueryData<ThreadWindow>(threadQuery("cnv_1").queryKey, { items: [makeMessage()], before: null, after: null });
    client.setQueryData<ConversationCounts>(countsKey, { mine: 0, unassigned: 2, all: 2, unread: 0 });
  });

  test("message:new appends, moves the conversation up and counts it, even when it comes twice", () => {
    const message = makeMessage({ id: "msg_2", provider_at: 3_000 });
    const conversation = conversationAt("cnv_1", 3_000, { unread_count: 1, version: 2 });
    send("message:new", { message, conversation });
    send("message:new", { message, conversation });
    expect(thread().map((item) => item.id)).toEqual(["msg_1", "msg_2"]);
    expect(list().map((item) => item.id)).toEqual(["cnv_1", "cnv_2"]);
    expect(counts()).toEqual({ mine: 0, unassigned: 2, all: 2, unread: 1 });
  });

  test("a conversation of an unknown contact shows without waiting for contact:new", () => {
    const conversation = conversationAt("cnv_9", 9_000, { unread_count: 1 });
    send("conversation:new", { conversation });
    expect(list()[0]?.id).toBe("cnv_9");
    expect(counts()).toEqual({ mine: 0, unassigned: 3, all: 3, unread: 1 });
  });

  test("an older version of a conversation is ignored", () => {
    send("conversation:updated", { conversation: conversationAt("cnv_1", 1_000, { version: 5, assignee_id: ME }) });
    send("conversation:updated", { conversation: conversationAt("cnv_1", 1_000, { version: 4, assignee_id: null }) });
    expect(list().find((item) => item.id === "cnv_1")?.assignee_id).toBe(ME);
    expect(counts()?.mine).toBe(1);
  });

  test("statuses out of order never go back, and late times are kept", () => {
    const out = makeMessage({ id: "msg_3", direction: "out", status: "sent", sent_at: 10, provider_at: 5_000 });
    send("message:new", { message: out, conversation: conversationAt("cnv_1", 5_000, { version: 2 }) });
    send("message:status", { message_id: "msg_3", conversation_id: "cnv_1", status: "read", at: 30 });
    send("message:status", { message_id: "msg_3", conversation_id: "cnv_1", status: "delivered", at: 20 });
    expect(thread().at(-1)).toMatchObject({ status: "read", read_at: 30, delivered_at: 20 });
  });

  test("a failure shows its reason, a new try clears it, a receipt overrules it", () => {
    const out = makeMessage({ id: "msg_3", direction: "out", status: "sending", provider_at: 5_000 });
    send("message:new", { message: out, conversation: conversationAt("cnv_1", 5_000, { version: 2 }) });
    const status = (value: "failed" | "sending" | "sent" | "delivered") => {
      const error = value === "failed" ? { code: 131026, title: "Undeliverable", detail: "" } : null;
      send("message:status", { message_id: "msg_3", conversation_id: "cnv_1", status: value, at: 1, error });
    };
    status("failed");
    expect(thread().at(-1)?.error?.title).toBe("Undeliverable");
    status("sent");
    expect(thread().at(-1)?.status).toBe("failed");
    status("sending");
    expect(thread().at(-1)).toMatchObject({ status: "sending", error: null });
    status("failed");
    status("delivered");
    expect(thread().at(-1)?.status).toBe("delivered");
  });

  test("the tick in the list follows the last message", () => {
    const last_message = { id: "msg_3", type: "text", direction: "out", text: "hi", status: "sent", at: 1_000 } as const;
    send("conversation:updated", { conversation: makeConversation({ id: "cnv_1", version: 2, last_message }) });
    send("message:status", { message_id: "msg_3", conversation_id: "cnv_1", status: "delivered", at: 1 });
    expect(list().find((item) => item.id === "cnv_1")?.last_message?.status).toBe("delivered");
  });

  test("reading in another tab takes the badge away here", () => {
    send("conversation:updated", { conversation: conversationAt("cnv_1", 1_000, { version: 2, unread_count: 3 }) });
    expect(counts()?.unread).toBe(1);
    send("conversation:read", { conversation_id: "cnv_1", unread_count: 0, user_id: ME, version: 3 });
    expect(list().find((item) => item.id === "cnv_1")?.unread_count).toBe(0);
    expect(counts()?.unread).toBe(0);
  });

  test("a renamed contact is renamed in the list", () => {
    send("contact:updated", { contact: makeContact({ name: "María J.", updated_at: 9_000 }) });
    expect(list().every((item) => item.contact.name === "María J.")).toBe(true);
  });

  test("after a merge the conversations belong to the survivor", () => {
    send("contact:merged", { survivor: makeContact({ id: "con_2", name: "Survivor" }), merged_id: "con_1", conversations: [], folded: [] });
    expect(list().every((item) => item.contact.id === "con_2")).toBe(true);
  });

  test("a conversation folded into another leaves the list, and its thread is fetched where it went", () => {
    const folded = [{ from: "cnv_2", into: "cnv_1" }];
    send("contact:merged", { survivor: makeContact(), merged_id: "con_9", conversations: [], folded });
    expect(list().map((item) => item.id)).toEqual(["cnv_1"]);
    expect(client.getQueryState(threadQuery("cnv_1").queryKey)?.isInvalidated).toBe(true);
  });

  test("a removed account is gone at once", () => {
    client.setQueryData(accountsKey, [{ id: "acc_1" }]);
    send("account:deleted", { account_id: "acc_1" });
    expect(client.getQueryData(accountsKey)).toEqual([]);
    expect(client.getQueryData(listKey)).toBeUndefined();
  });

  test("membership:changed drops what may no longer be seen", () => {
    client.setQueryData(accountsKey, []);
    send("membership:changed", { account_ids: [] });
    expect(client.getQueryData<Me>(meKey)?.account_ids).toEqual([]);
    expect(client.getQueryData(listKey)).toBeUndefined();
    expect(client.getQueryState(accountsKey)?.isInvalidated).toBe(true);
  });

  test("sync:reset marks everything for fetching", () => {
    send("sync:reset", {});
    expect(client.getQueryState(listKey)?.isInvalidated).toBe(true);
  });

  test("an event of a newer server is passed over", () => {
    const unknown = { seq: 1, type: "label:new", at: 0, data: {} } as unknown as Envelope;
    expect(() => dispatch(unknown, queryTarget(client))).not.toThrow();
  });

  test("a message without a certain answer may be tried again, and a receipt overrules the doubt", () => {
    const out = makeMessage({ id: "msg_3", direction: "out", status: "sending", provider_at: 5_000 });
    send("message:new", { message: out, conversation: conversationAt("cnv_1", 5_000, { version: 2 }) });
    const status = (value: "unknown" | "sending" | "sent" | "cancelled", attempts: number) =>
      send("message:status", { message_id: "msg_3", conversation_id: "cnv_1", status: value, at: 1, attempts });
    status("unknown", 1);
    expect(thread().at(-1)).toMatchObject({ status: "unknown", attempts: 1 });
    status("sending", 2);
    expect(thread().at(-1)).toMatchObject({ status: "sending", attempts: 2 });
    status("unknown", 2);
    status("sent", 2);
    expect(thread().at(-1)?.status).toBe("sent");
    status("unknown", 2);
    status("cancelled", 2);
    expect(thread().at(-1)?.status).toBe("sent");
  });

  test("a message of ours that arrives as an event no longer waits here", () => {
    const message = makeMessage({ id: "msg_4", client_id: "c1", direction: "out", status: "sending", provider_at: 6_000 });
    const item = { client_id: "c1", user_id: ME, conversation_id: "cnv_1", body: { client_id: "c1" }, message, file: null, state: "waiting" } as const;
    pending.set([item, { ...item, client_id: "c2" }]);
    send("message:new", { message, conversation: conversationAt("cnv_1", 6_000, { version: 3 }) });
    expect(pending.get().map((held) => held.client_id)).toEqual(["c2"]);
    pending.set([]);
  });

  test("a draft from another tab is shown, and its end too", () => {
    send("draft:changed", { conversation_id: "cnv_1", draft: { text: "Hi", quote_id: "msg_1", updated_at: 5 } });
    expect(client.getQueryData(draftKey("cnv_1"))).toEqual({ text: "Hi", quote_id: "msg_1" });
    send("draft:changed", { conversation_id: "cnv_1", draft: null });
    expect(client.getQueryData(draftKey("cnv_1"))).toEqual({ text: "", quote_id: null });
  });

  test("saved replies come, change and go", () => {
    const reply = { id: "rpl_1", shortcut: "hi", title: "Hi", text: "Hello", updated_at: 1 };
    const replies = () => client.getQueryData(savedRepliesQuery.queryKey);
    send("saved_reply:changed", { id: reply.id, reply });
    expect(replies()).toBeUndefined();
    client.setQueryData(savedRepliesQuery.queryKey, []);
    send("saved_reply:changed", { id: reply.id, reply });
    send("saved_reply:changed", { id: reply.id, reply: { ...reply, text: "Hello!" } });
    expect(replies()).toEqual([{ ...reply, text: "Hello!" }]);
    send("saved_reply:changed", { id: reply.id, reply: null });
    expect(replies()).toEqual([]);
  });

  test("a template reaches the lists of its business account", () => {
    const template = { id: "tpl_1", waba_id: "w1", provider_id: "p", name: "n", language: "en", category: "UTILITY", status: "PENDING", quality: null, parameter_format: "positional", components: [], rejected_reason: null, updated_at: 1 } as const;
    const held = { ...template, components: [] };
    client.setQueryData(templatesQuery("acc_1").queryKey, [held]);
    send("template:changed", { id: "tpl_1", template: { ...held, status: "APPROVED" } });
    send("template:changed", { id: "tpl_2", template: { ...held, id: "tpl_2" } });
    expect(client.getQueryData(templatesQuery("acc_1").queryKey)?.map((item) => [item.id, item.status])).toEqual([
      ["tpl_1", "APPROVED"],
      ["tpl_2", "PENDING"],
    ]);
    send("template:changed", { id: "tpl_1", template: null });
    expect(client.getQueryData(templatesQuery("acc_1").queryKey)?.map((item) => item.id)).toEqual(["tpl_2"]);
  });

  test("our own reaction is one per message and can be taken back", () => {
    const message = makeMessage({ reactions: [{ emoji: "🙏", by: "customer", name: null, at: 1 }] });
    const once = withOwnReaction(message, "👍", 2);
    expect(withOwnReaction(once, "❤️", 3).reactions.map((item) => item.emoji)).toEqual(["🙏", "❤️"]);
    expect(withOwnReaction(once, "", 3).reactions).toEqual(message.reactions);
  });
});
