/**
 * The server records, for every kind of event, what a client held before, the event, and what a fresh fetch returns
 * after. Applying the event to "before" must give "after": old state + events = fresh state.
 */
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { QueryClient } from "@tanstack/react-query";
import { describe, expect, test } from "vitest";
import type { Envelope } from "@/api/events";
import type { Draft, SavedReply, Template } from "@/api/types";
import { savedRepliesQuery, templatesQuery } from "@/directory/replies";
import { draftKey } from "@/features/sending/draft-cache";
import { plainDraft } from "@/features/sending/draft-rules";
import { dispatch } from "./dispatch";
import { queryTarget } from "./query-target";
import { type Snapshot, snapshotTarget } from "./snapshot";

/** What helps to write, as it is fetched. */
interface Kept {
  drafts?: { conversation_id: string; draft: Draft | null }[];
  saved_replies?: SavedReply[];
  templates?: { account_id: string; items: Template[] };
}

interface Recording {
  name: string;
  before: Partial<Snapshot> & Kept;
  event: Envelope;
  after: Partial<Snapshot> & Kept;
}

const folder = fileURLToPath(new URL("../../../tests/fixtures/convergence/", import.meta.url));
const files = existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith(".json")) : [];

function complete(part: Partial<Snapshot>): Snapshot {
  return { conversations: part.conversations ?? [], messages: part.messages ?? [], contacts: part.contacts ?? [] };
}

/** Order within a list is the business of the caches' own tests. */
const sorted = <T extends { id: string }>(items: T[]) => items.toSorted((a, b) => (a.id < b.id ? -1 : 1));

function byId(state: Snapshot): Snapshot {
  return { conversations: sorted(state.conversations), messages: sorted(state.messages), contacts: sorted(state.contacts) };
}

/** The app's own caches, filled as by fetching. */
function filled(kept: Kept): QueryClient {
  const client = new QueryClient();
  if (kept.saved_replies) client.setQueryData(savedRepliesQuery.queryKey, kept.saved_replies);
  if (kept.templates) client.setQueryData(templatesQuery(kept.templates.account_id).queryKey, kept.templates.items);
  for (const { conversation_id, draft } of kept.drafts ?? []) client.setQueryData(draftKey(conversation_id), plainDraft(draft));
  return client;
}

/** All that is in the caches, by key; fetched anew nothing may have to be. */
function held(client: QueryClient): Record<string, unknown> {
  const all = client.getQueryCache().getAll();
  return Object.fromEntries(
    all.map(({ queryKey, state }) => {
      const data = Array.isArray(state.data) ? sorted(state.data as { id: string }[]) : state.data;
      return [queryKey.join(" "), { data, stale: state.isInvalidated }];
    }),
  );
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

  test("what helps to write is recorded with what there was before and after", () => {
    const recordings = files.map((file) => JSON.parse(readFileSync(folder + file, "utf8")) as Recording);
    for (const type of ["draft:changed", "saved_reply:changed", "template:changed"]) {
      const ofType = recordings.filter(({ event }) => event.type === type);
      expect(ofType.length, type).toBeGreaterThan(1);
      for (const { name, before, after } of ofType) expect(after, name).not.toEqual(before);
    }
  });

  test.each(files)("%s, in the app's caches of what helps to write", (file) => {
    const recording = JSON.parse(readFileSync(folder + file, "utf8")) as Recording;
    const { drafts, saved_replies, templates } = recording.before;
    if (!drafts && !saved_replies && !templates) return;
    const client = filled(recording.before);
    dispatch(recording.event, queryTarget(client));
    expect(held(client)).toEqual(held(filled(recording.after)));
  });
});
