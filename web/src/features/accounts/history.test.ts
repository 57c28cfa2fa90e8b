import { expect, test } from "vitest";
import type { Account } from "@/api/types";
import { phaseOf } from "./history";

const NOW = 1_000_000_000;
const MINUTE = 60_000;
const account = (state: Account["state"]) => ({ state }) as Account;

test("what is said of a phone's past follows how far it came, and how long ago", () => {
  const phase = (state: Account["state"], percent: number | null, minutes: number) => phaseOf(account(state), percent, NOW - minutes * MINUTE, NOW);
  expect(phase("connected", null, 0), "none was shared").toBeNull();
  expect(phase("connected", 40, 1)).toBe("running");
  expect(phase("disconnected", 40, 1)).toBe("away");
  expect(phase("connected", 40, 20)).toBe("quiet");
  expect(phase("connected", 100, 20)).toBe("done");
  expect(phase("connected", 100, 2 * 24 * 60), "old news").toBeNull();
});
