/** Saved replies: the variables in them, and finding one by what is typed after a slash. Pure. */
import type { SavedReply } from "@/api/types";

export interface Facts {
  contact: { name: string; phone: string | null };
  agent: string;
  account: string;
}

export const VARIABLES = ["contact.name", "contact.first_name", "contact.phone", "agent.name", "account.name"] as const;

function valueOf(name: string, facts: Facts): string | null {
  switch (name) {
    case "contact.name":
      return facts.contact.name;
    case "contact.first_name":
      return facts.contact.name.trim().split(/\s+/)[0] ?? "";
    case "contact.phone":
      return facts.contact.phone ?? "";
    case "agent.name":
      return facts.agent;
    case "account.name":
      return facts.account;
    default:
      return null;
  }
}

/** A variable that nobody knows stays as it is, so that the writer sees the mistake before the customer does. */
export function fillVariables(text: string, facts: Facts): string {
  return text.replace(/\{\{\s*([a-z_.]+)\s*\}\}/g, (whole, name: string) => valueOf(name, facts) ?? whole);
}

export interface Slash {
  /** Where the slash stands. */
  from: number;
  query: string;
}

/** What is being typed after a slash that begins a word, up to the caret. */
export function slashAt(text: string, caret: number): Slash | null {
  const found = /(?:^|\s)\/([\p{L}\p{N}_-]{0,32})$/u.exec(text.slice(0, caret));
  if (!found) return null;
  const query = found[1] ?? "";
  return { from: caret - query.length - 1, query: query.toLocaleLowerCase() };
}

/** By shortcut first, then by words of the title and the text. */
export function matchingReplies(replies: SavedReply[], query: string): SavedReply[] {
  const rank = (reply: SavedReply) => {
    if (reply.shortcut.startsWith(query)) return 0;
    if (reply.title.toLocaleLowerCase().includes(query)) return 1;
    return `${reply.shortcut} ${reply.text}`.toLocaleLowerCase().includes(query) ? 2 : 3;
  };
  return replies
    .filter((reply) => rank(reply) < 3)
    .toSorted((a, b) => rank(a) - rank(b) || a.shortcut.localeCompare(b.shortcut));
}
