import { QueryClient } from "@tanstack/react-query";
import { afterEach, expect, test, vi } from "vitest";
import type { MessagePage } from "@/api/types";
import { withStatus } from "@/model/message";
import { makeMessage } from "@/testing/objects";
import { applyNewMessage, applyToMessage, threadQuery } from "./api";

afterEach(() => vi.unstubAllGlobals());

test("what happens while a thread is being fetched is not lost behind an answer that was read before it", async () => {
  const sent = makeMessage({ id: "msg_1", direction: "out", status: "sent" });
  const page: MessagePage = { items: [sent], before: null, after: null };
  let answer: () => void = () => undefined;
  const answered = new Promise<void>((resolve) => (answer = resolve));
  vi.stubGlobal("fetch", () => answered.then(() => Response.json(page)));
  const client = new QueryClient();
  const fetched = client.query(threadQuery("cnv_1"));

  const delivered = { message_id: "msg_1", conversation_id: "cnv_1", status: "delivered", at: 9 } as const;
  applyToMessage(client, "cnv_1", (held) => (held.id === "msg_1" ? withStatus(held, delivered) : held));
  applyNewMessage(client, makeMessage({ id: "msg_2", provider_at: 9_000 }));
  applyNewMessage(client, makeMessage({ id: "msg_3", conversation_id: "cnv_2" }));
  answer();
  expect((await fetched).items.map((item) => [item.id, item.status])).toEqual([
    ["msg_1", "delivered"],
    ["msg_2", "received"],
  ]);
});
