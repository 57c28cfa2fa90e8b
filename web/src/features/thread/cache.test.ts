import { describe, expect, test } from "vitest";
import { makeMessage } from "@/testing/objects";
import { type ThreadWindow, WINDOW_LIMIT, addMessage, addNewer, addOlder, replaceMessage, windowOf, withPending } from "./cache";
import { firstUnread, rowsOf, unseenAfter } from "./grouping";

const at = (id: string, provider_at: number) => makeMessage({ id, provider_at });
const whole = (...items: ReturnType<typeof at>[]): ThreadWindow => ({ items, before: null, after: null });
const ids = (window: ThreadWindow) => window.items.map((message) => message.id);

describe("addMessage", () => {
  test("appends in the order of the provider's time, then of the id", () => {
    let window = whole(at("m1", 100), at("m3", 300));
    window = addMessage(window, at("m2", 200));
    window = addMessage(window, at("m4", 300));
    expect(ids(window)).toEqual(["m1", "m2", "m3", "m4"]);
  });

  test("the same message twice is one message", () => {
    const window = addMessage(whole(at("m1", 100)), at("m1", 100));
    expect(ids(window)).toEqual(["m1"]);
  });

  test("away from the live end a new message is left to paging", () => {
    const window: ThreadWindow = { items: [at("m1", 100)], before: null, after: "cursor" };
    expect(addMessage(window, at("m2", 200))).toBe(window);
  });

  test("a late message older than what is loaded is left to paging", () => {
    const window: ThreadWindow = { items: [at("m5", 500)], before: "cursor", after: null };
    expect(addMessage(window, at("m1", 100))).toBe(window);
  });

  test("a message into an empty thread is shown", () => {
    expect(ids(addMessage(whole(), at("m1", 100)))).toEqual(["m1"]);
  });

  test("the window stays bounded and remembers where it was cut", () => {
    let window = whole();
    for (let index = 0; index < WINDOW_LIMIT + 5; index += 1) window = addMessage(window, at(`m${1000 + index}`, index));
    expect(window.items).toHaveLength(WINDOW_LIMIT);
    expect(window.before).toEqual({ around: "m1005" });
    expect(window.after).toBeNull();
  });
});

describe("paging", () => {
  test("older pages join without doubling the seam", () => {
    const window = addOlder({ items: [at("m3", 300)], before: "c", after: null }, { items: [at("m2", 200), at("m3", 300)], before: "d", after: "x" });
    expect(ids(window)).toEqual(["m2", "m3"]);
    expect(window.before).toBe("d");
    expect(window.after).toBeNull();
  });

  test("paging far back drops the newest and can come forward again", () => {
    const many = Array.from({ length: WINDOW_LIMIT }, (_, index) => at(`n${1000 + index}`, 10_000 + index));
    const back = addOlder(windowOf({ items: many, before: "c", after: null }), { items: [at("m1", 1)], before: null, after: null });
    expect(back.after).toEqual({ around: `n${1000 + WINDOW_LIMIT - 2}` });
    const forward = addNewer(back, { items: many.slice(-2), before: "y", after: null });
    expect(forward.items.at(-1)?.id).toBe(`n${1000 + WINDOW_LIMIT - 1}`);
    expect(forward.after).toBeNull();
  });
});

describe("what waits to be sent", () => {
  const local = (client_id: string, provider_at: number, status: "sending" | "failed" = "sending") =>
    makeMessage({ id: `local_${client_id}`, client_id, provider_at, direction: "out", status });

  test("stands below everything, whatever the clocks say, until the server has it", () => {
    const window = whole(at("m1", 100), at("m2", 900));
    expect(withPending(window, [local("a", 50), local("b", 60)]).map((item) => item.id)).toEqual(["m1", "m2", "local_a", "local_b"]);
    const stored = whole(at("m1", 100), makeMessage({ id: "m3", client_id: "a", provider_at: 950, direction: "out" }));
    expect(withPending(stored, [local("a", 50)])).toBe(stored.items);
  });

  test("keeps its place in time once it is refused", () => {
    expect(withPending(whole(at("m1", 100), at("m2", 900)), [local("a", 500, "failed")]).map((item) => item.id)).toEqual(["m1", "local_a", "m2"]);
  });

  test("stands above what is for later", () => {
    const later = makeMessage({ id: "m9", provider_at: 9_000, send_at: 9_000, direction: "out", status: "sending" });
    expect(withPending(whole(at("m1", 100), later), [local("a", 500)]).map((item) => item.id)).toEqual(["m1", "local_a", "m9"]);
  });

  test("has no place away from the live end", () => {
    const window: ThreadWindow = { items: [at("m1", 100)], before: null, after: "cursor" };
    expect(withPending(window, [local("a", 500)])).toBe(window.items);
  });

  test("a message of ours keeps its row when the server gives it an id", () => {
    const stored = makeMessage({ id: "m3", client_id: "a", provider_at: 50, direction: "out" });
    const keys = (items: ReturnType<typeof at>[]) => rowsOf(items, null).map((row) => row.key);
    expect(keys([local("a", 50)])).toEqual(keys([stored]));
  });
});

test("an edit of a message that is not loaded changes nothing", () => {
  const window = whole(at("m1", 100));
  expect(replaceMessage(window, at("m9", 900))).toBe(window);
});

describe("grouping", () => {
  const minute = 60_000;
  const day = new Date(2026, 4, 1, 12).getTime();
  const first = makeMessage({ id: "a", provider_at: day });
  const second = makeMessage({ id: "b", provider_at: day + 1_000 });
  const answer = makeMessage({ id: "c", provider_at: day + 2_000, direction: "out", author_id: "usr_1" });
  const tomorrow = makeMessage({ id: "d", provider_at: day + 24 * 60 * minute });

  test("one speaker within a minute is one block, and days are divided", () => {
    const rows = rowsOf([first, second, answer, tomorrow], null);
    expect(rows.map((row) => row.kind)).toEqual(["day", "message", "message", "message", "day", "message"]);
    expect(rows.flatMap((row) => (row.kind === "message" ? [[row.key, row.first, row.last]] : []))).toEqual([
      ["a", true, false],
      ["b", false, true],
      ["c", true, true],
      ["d", true, true],
    ]);
  });

  test("the new line splits a block", () => {
    const rows = rowsOf([first, second], "b");
    expect(rows.map((row) => row.kind)).toEqual(["day", "message", "new", "message"]);
  });

  test("unread counts the customer's messages only", () => {
    expect(firstUnread([first, second, answer], 1)).toBe("b");
    expect(firstUnread([first, second, answer], 9)).toBe("a");
    expect(firstUnread([first], 0)).toBeNull();
    expect(unseenAfter([first, answer, tomorrow], "a")).toBe(1);
  });
});
