/** Whether the team may write freely: Meta's 24 hours after the customer's last message. Pure. */
import type { Account, Conversation } from "@/api/types";
import { HOUR_MS } from "@/i18n/format";

export interface ReplyWindow {
  state: "open" | "closing" | "closed" | "never" | "none";
  until: number | null;
  canWrite: boolean;
}

const CLOSING_MS = 4 * HOUR_MS;

export function windowOf(conversation: Conversation, account: Account | undefined, now: number): ReplyWindow {
  const until = conversation.window_expires_at;
  // Only Meta's own interface has the rule, and not in groups; a linked phone writes whenever it likes.
  if (account?.capabilities.window === false || conversation.is_group) return { state: "none", until: null, canWrite: true };
  const enforced = account?.enforce_window !== false;
  if (until === null) return { state: "never", until, canWrite: !enforced };
  if (until <= now) return { state: "closed", until, canWrite: !enforced };
  return { state: until - now < CLOSING_MS ? "closing" : "open", until, canWrite: true };
}
