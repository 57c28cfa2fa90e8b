/**
 * The server records, for every kind of event, what a client held before, the event, and what a fresh fetch returns
 * after. Applying the event to "before" must give "after": old state + events = fresh state.
 */
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import type { Envelope } from "@/api/events";
import { dispatch } from "./dispatch";
import { type Snapshot, snapshotTarget } from "./snapshot";

interface Recording {
  name: string;
  before: Partial<Snapshot>;
  event: Envelope;
  after: Partial<Snapshot>;
}

const folder = fileURLToPath(new URL("../../../tests/fixtures/convergence/", import.meta.url));
const files = existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith(".json")) : [];

function complete(part: Partial<Snapshot>): Snapshot {
  return { conversations: part.conversations ?? [], messages: part.messages ?? [], contacts: part.contacts ?? [] };
}

/** Order within a list is the business of the caches' own tests. */
function byId(state: Snapshot): Snapshot {
  const sorted = <T extends { id: string }>(items: T[]) => items.toSorted((a, b) => (a.id < b.id ? -1 : 1));
  return { conversations: sorted(state.conversations), messages: sorted(state.messages), contacts: sorted(state.contacts) };
}

describe("convergence", () => {
  test("the server's recordings are there", () => {
    expect(files.length, `no recordings in ${folder}: run the server's tests, which write them`).toBeGreaterThan(0);
  });

  test.each(files)("%s", (file) => {
    const recording = JSON.parse(readFileSync(folder + file, "utf8")) as Recording;
    const state = complete(recording.before);
    dispatch(recording.event, snapshotTarget(state));
    expect(byId(state)).toEqual(byId(complete(recording.after)));
  });
});
