/** The inbox's filters as the URL names them, and as the server wants them. */
import type { Conversation, ConversationStatus } from "@/api/types";
import type { Sort } from "@/model/conversation";

export interface InboxSearch {
  status?: ConversationStatus | "all";
  assignee?: string;
  account?: string;
  unread?: boolean;
  q?: string;
  sort?: "oldest";
}

const STATUSES = ["open", "resolved", "snoozed", "all"] as const;

function text(value: unknown): string | undefined {
  if (typeof value === "number") return String(value);
  return typeof value === "string" && value !== "" ? value : undefined;
}

/** Takes what a person may have typed or bookmarked and keeps only what makes sense. */
export function parseInboxSearch(raw: Record<string, unknown>): InboxSearch {
  const search: InboxSearch = {};
  const status = STATUSES.find((known) => known === raw.status);
  if (status && status !== "open") search.status = status;
  const assignee = text(raw.assignee);
  if (assignee) search.assignee = assignee;
  const account = text(raw.account);
  if (account) search.account = account;
  if (raw.unread === true || raw.unread === "true") search.unread = true;
  const q = text(raw.q);
  if (q) search.q = q;
  if (raw.sort === "oldest") search.sort = "oldest";
  return search;
}

/** Complete filters, as a query key and as parameters of the request. */
export interface Filters {
  status: ConversationStatus | "all";
  assignee: string | null;
  account_id: string | null;
  unread: boolean;
  q: string;
  sort: Sort;
}

export function filtersOf(search: InboxSearch): Filters {
  return {
    // A search by name means "wherever it is", unless a view was chosen on purpose.
    status: search.status ?? (search.q ? "all" : "open"),
    assignee: search.assignee ?? null,
    account_id: search.account ?? null,
    unread: search.unread ?? false,
    q: search.q ?? "",
    sort: search.sort ?? "newest",
  };
}

export type View = "mine" | "unassigned" | "all" | "snoozed" | "resolved";

export const VIEWS: readonly View[] = ["mine", "unassigned", "all", "snoozed", "resolved"];

export function viewOf(search: InboxSearch): View | null {
  if (search.status === "snoozed" || search.status === "resolved") return search.status;
  if (search.status === "all") return null;
  if (search.assignee === "me") return "mine";
  if (search.assignee === "none") return "unassigned";
  return search.assignee === undefined ? "all" : null;
}

/** Choosing a view keeps account, unread and order, and leaves the search. */
export function searchForView(view: View, search: InboxSearch): InboxSearch {
  const next: InboxSearch = { ...search };
  delete next.status;
  delete next.assignee;
  delete next.q;
  if (view === "snoozed" || view === "resolved") next.status = view;
  if (view === "mine") next.assignee = "me";
  if (view === "unassigned") next.assignee = "none";
  return next;
}

/** Without case and accents. */
const folded = (text: string) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();

/** Every word that is sought begins a word of the name, or stands in the number. */
export function isFound({ contact }: Conversation, q: string): boolean {
  const names = folded(`${contact.name} ${contact.username ?? ""}`).split(/[^\p{L}\p{N}]+/u);
  return folded(q.trim())
    .split(/\s+/)
    .every((word) => names.some((name) => name.startsWith(word)) || (/^\+?\d{3,}$/.test(word) && contact.phone?.includes(word)));
}

export function matches(conversation: Conversation, filters: Filters, myId: string): boolean {
  if (filters.status !== "all" && conversation.status !== filters.status) return false;
  if (filters.account_id !== null && conversation.account_id !== filters.account_id) return false;
  if (filters.unread && conversation.unread_count === 0) return false;
  if (filters.assignee === null) return true;
  if (filters.assignee === "none") return conversation.assignee_id === null;
  const wanted = filters.assignee === "me" ? myId : filters.assignee;
  return conversation.assignee_id === wanted;
}
