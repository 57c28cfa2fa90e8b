/** How the cached conversation lists and counts change when a conversation changes. Pure. */
import type { Conversation, ConversationCounts } from "@/api/types";
import { compareConversations, isNewer } from "@/model/conversation";
import { type PagesOf, findInPages, mapPages, removeFromPages } from "@/model/list";
import { type Filters, isFound, matches } from "./filters";

export type ConversationPages = PagesOf<Conversation>;

/**
 * Puts a changed conversation where it belongs in one list, or takes it out when the list's filters no longer match.
 * The caller has checked the version.
 */
export function placeConversation(
  data: ConversationPages,
  conversation: Conversation,
  filters: Filters,
  myId: string,
): ConversationPages {
  const held = findInPages(data, conversation.id);
  // Who is found by a search is the server's word; somebody new joins where the name plainly says so.
  const belongs = matches(conversation, filters, myId) && (held !== undefined || isFound(conversation, filters.q));
  if (!belongs) return held ? removeFromPages(data, conversation.id) : data;
  if (held && compareConversations(held, conversation) === 0) {
    return mapPages(data, (item) => (item.id === conversation.id ? conversation : item));
  }
  return insert(held ? removeFromPages(data, conversation.id) : data, conversation, filters);
}

/** The same, unless the list has a copy that is as new. */
export function placeNewer(data: ConversationPages, conversation: Conversation, filters: Filters, myId: string): ConversationPages {
  return isNewer(conversation, findInPages(data, conversation.id)) ? placeConversation(data, conversation, filters, myId) : data;
}

function insert(data: ConversationPages, conversation: Conversation, filters: Filters): ConversationPages {
  const last = data.pages.length - 1;
  for (const [index, page] of data.pages.entries()) {
    const at = page.items.findIndex((item) => compareConversations(conversation, item, filters.sort) < 0);
    if (at >= 0) return withPage(data, index, page.items.toSpliced(at, 0, conversation));
    // Behind the last loaded row there may be others first: paging will bring it in its place.
    if (index === last && page.next_cursor === null) return withPage(data, index, [...page.items, conversation]);
  }
  return data;
}

function withPage(data: ConversationPages, index: number, items: Conversation[]): ConversationPages {
  const page = data.pages[index];
  return page === undefined ? data : { ...data, pages: data.pages.with(index, { ...page, items }) };
}

/** The server counts open conversations only. */
function counted(conversation: Conversation | undefined, myId: string): ConversationCounts {
  if (conversation?.status !== "open") return { mine: 0, unassigned: 0, all: 0, unread: 0 };
  return {
    mine: conversation.assignee_id === myId ? 1 : 0,
    unassigned: conversation.assignee_id === null ? 1 : 0,
    all: 1,
    unread: conversation.unread_count > 0 ? 1 : 0,
  };
}

export function isCountedAlike(one: Conversation | undefined, other: Conversation, myId: string): boolean {
  return JSON.stringify(counted(one, myId)) === JSON.stringify(counted(other, myId));
}

export function countsAfter(
  counts: ConversationCounts,
  before: Conversation | undefined,
  after: Conversation,
  myId: string,
): ConversationCounts {
  const old = counted(before, myId);
  const now = counted(after, myId);
  const moved = (key: keyof ConversationCounts) => Math.max(0, counts[key] - old[key] + now[key]);
  return { mine: moved("mine"), unassigned: moved("unassigned"), all: moved("all"), unread: moved("unread") };
}
