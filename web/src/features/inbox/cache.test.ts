import { describe, expect, test } from "vitest";
import type { Conversation } from "@/api/types";
import { conversationAt } from "@/testing/objects";
import { type ConversationPages, countsAfter, placeConversation } from "./cache";
import { filtersOf } from "./filters";
import { inHeldOrder } from "./use-held-order";

const ME = "usr_me";
const open = filtersOf({});

function pages(...items: Conversation[][]): ConversationPages {
  return {
    pages: items.map((list, index) => ({ items: list, next_cursor: index < items.length - 1 ? "more" : null })),
    pageParams: items.map(() => null),
  };
}

const ids = (data: ConversationPages) => data.pages.flatMap((page) => page.items.map((item) => item.id));

const a = conversationAt("a", 300);
const b = conversationAt("b", 200);
const c = conversationAt("c", 100);

describe("placeConversation", () => {
  test("a conversation with a newer message moves to the top, once", () => {
    const next = placeConversation(pages([a, b], [c]), conversationAt("c", 400), open, ME);
    expect(ids(next)).toEqual(["c", "a", "b"]);
  });

  test("a new conversation takes its place in the order", () => {
    expect(ids(placeConversation(pages([a, c]), b, open, ME))).toEqual(["a", "b", "c"]);
  });

  test("equal times are ordered by id, as the server does", () => {
    expect(ids(placeConversation(pages([b]), conversationAt("z", 200), open, ME))).toEqual(["z", "b"]);
  });

  test("oldest first puts it the other way round", () => {
    const oldest = filtersOf({ sort: "oldest" });
    expect(ids(placeConversation(pages([c, a]), b, oldest, ME))).toEqual(["c", "b", "a"]);
  });

  test("what no longer matches leaves the list", () => {
    const resolved = { ...b, status: "resolved" as const };
    expect(ids(placeConversation(pages([a, b]), resolved, open, ME))).toEqual(["a"]);
  });

  test("what comes to match joins the list", () => {
    const mine = filtersOf({ assignee: "me" });
    expect(ids(placeConversation(pages([a]), { ...b, assignee_id: ME }, mine, ME))).toEqual(["a", "b"]);
    expect(ids(placeConversation(pages([a]), { ...b, assignee_id: "usr_other" }, mine, ME))).toEqual(["a"]);
  });

  test("a row behind the loaded ones is left to paging", () => {
    const data = pages([a, b]);
    const more = { ...data, pages: [{ items: [a, b], next_cursor: "more" }] };
    expect(placeConversation(more, c, open, ME)).toBe(more);
  });

  test("a search result is updated in place, and joined only by whom the words plainly find", () => {
    const search = filtersOf({ q: "+3460 arana" });
    const changed = { ...b, unread_count: 4 };
    const next = placeConversation(pages([a, b]), changed, search, ME);
    expect(next.pages[0]?.items[1]).toBe(changed);
    expect(placeConversation(next, c, search, ME)).toBe(next);
    const found = { ...c, contact: { ...c.contact, name: "José Araña" } };
    expect(ids(placeConversation(next, found, search, ME))).toEqual(["a", "b", "c"]);
  });

  test("an unread filter drops what has been read", () => {
    const unread = filtersOf({ unread: true });
    expect(ids(placeConversation(pages([{ ...a, unread_count: 1 }]), { ...a, unread_count: 0 }, unread, ME))).toEqual([]);
  });
});

describe("countsAfter", () => {
  const counts = { mine: 1, unassigned: 2, all: 3, unread: 1 };

  test("claiming moves one from unassigned to mine", () => {
    const next = countsAfter(counts, a, { ...a, assignee_id: ME }, ME);
    expect(next).toEqual({ mine: 2, unassigned: 1, all: 3, unread: 1 });
  });

  test("a new unread conversation counts everywhere it belongs", () => {
    const next = countsAfter(counts, undefined, { ...a, unread_count: 1 }, ME);
    expect(next).toEqual({ mine: 1, unassigned: 3, all: 4, unread: 2 });
  });

  test("resolving takes it out of all counts", () => {
    const before = { ...a, assignee_id: ME, unread_count: 2 };
    expect(countsAfter(counts, before, { ...before, status: "resolved" }, ME)).toEqual({ mine: 0, unassigned: 2, all: 2, unread: 0 });
  });
});

describe("inHeldOrder", () => {
  test("rows keep their places and new ones wait", () => {
    const { rows, waiting } = inHeldOrder([conversationAt("new", 500), c, a, b], ["a", "b", "c"]);
    expect(rows.map((row) => row.id)).toEqual(["a", "b", "c"]);
    expect(waiting).toBe(1);
  });

  test("rows that came by paging are shown", () => {
    const { rows, waiting } = inHeldOrder([a, b, c], ["a", "b"]);
    expect(rows.map((row) => row.id)).toEqual(["a", "b", "c"]);
    expect(waiting).toBe(0);
  });
});
