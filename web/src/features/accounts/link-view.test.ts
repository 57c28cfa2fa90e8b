import { expect, test } from "vitest";
import type { LinkOffer } from "@/api/types";
import { groupsOf, timeLeft, viewOf } from "./link-view";

const qr: LinkOffer = { kind: "qr", code: "2@abc", expires_at: 20_000, message: null };
const none: LinkOffer = { kind: "none", code: null, expires_at: null, message: null };
const waits = { state: "needs_qr", reason: null, offer: none, asking: false } as const;

test("what is offered goes before the account's state, and a question under way before both", () => {
  expect(viewOf({ ...waits, offer: qr })).toBe("qr");
  expect(viewOf({ ...waits, state: "logged_out", reason: "The phone ended the link.", offer: qr })).toBe("qr");
  expect(viewOf({ ...waits, offer: qr, asking: true })).toBe("preparing");
});

test("without an offer the account's state says how it stands", () => {
  expect(viewOf(waits)).toBe("preparing");
  expect(viewOf({ ...waits, reason: "Nobody scanned the QR code in time." })).toBe("failed");
  expect(viewOf({ ...waits, state: "connecting" })).toBe("connecting");
  expect(viewOf({ ...waits, state: "disconnected" })).toBe("connecting");
  expect(viewOf({ ...waits, state: "connected" })).toBe("connected");
  expect(viewOf({ ...waits, state: "banned", offer: undefined })).toBe("failed");
});

test("a code is shown in fours, however it is written", () => {
  expect(groupsOf("ABCD-EFGH")).toEqual(["ABCD", "EFGH"]);
  expect(groupsOf("ABCDEFGH")).toEqual(["ABCD", "EFGH"]);
  expect(groupsOf("")).toEqual([]);
});

test("a clock that is far off has no time to tell", () => {
  expect(timeLeft(qr, 5_000)).toBe(15_000);
  expect(timeLeft(qr, 30_000)).toBeNull();
  expect(timeLeft(qr, -600_000)).toBeNull();
  expect(timeLeft(none, 0)).toBeNull();
});
