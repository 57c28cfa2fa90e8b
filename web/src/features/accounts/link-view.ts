/** What the dialog shows while a phone is being linked: what is offered to the phone goes before the account's own state. Pure. */
import type { AccountState, LinkOffer } from "@/api/types";

export type View = "preparing" | "qr" | "code" | "passkey" | "connecting" | "connected" | "failed";

interface Standing {
  state: AccountState;
  reason: string | null;
  offer: LinkOffer | undefined;
  /** A code has been asked for, and the server has not answered yet. */
  asking: boolean;
}

export function viewOf({ state, reason, offer, asking }: Standing): View {
  if (asking) return "preparing";
  if (offer && offer.kind !== "none") return offer.kind;
  switch (state) {
    case "connected":
    case "connecting":
      return state;
    case "disconnected":
      return "connecting";
    case "needs_qr":
      return reason === null ? "preparing" : "failed";
    default:
      return "failed";
  }
}

/** As phones ask for it: four and four. */
export function groupsOf(code: string): string[] {
  return code.replace(/[^0-9A-Za-z]/g, "").match(/.{1,4}/g) ?? [];
}

const LONGEST_MS = 180_000;

/** How long a code is good still. A clock that is far off must neither stop the ring nor hide the code. */
export function timeLeft(offer: LinkOffer, now: number): number | null {
  const left = (offer.expires_at ?? 0) - now;
  return left > 0 && left <= LONGEST_MS ? left : null;
}
