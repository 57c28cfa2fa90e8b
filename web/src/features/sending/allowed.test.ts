import { expect, test } from "vitest";
import type { Account, Capabilities, Message } from "@/api/types";
import { makeMessage } from "@/testing/objects";
import { allowedBy, changesOf } from "./allowed";

const nothing: Capabilities = {
  text: true,
  image: false,
  video: false,
  audio: false,
  voice: false,
  document: false,
  sticker: false,
  location: false,
  contacts: false,
  reaction: false,
  edit: false,
  edit_for_ms: null,
  delete: false,
  delete_for_ms: null,
  buttons: false,
  list: false,
  cta_url: false,
  location_request: false,
  contact_request: false,
  template: false,
  window: false,
  groups: false,
};
const can = (more: Partial<Capabilities>) => allowedBy({ capabilities: { ...nothing, ...more } } as Account);

test("only what the account can send is offered", () => {
  expect(can({})).toMatchObject({ more: false, voice: false, template: false, interactive: false });
  expect(can({ video: true, location: true })).toMatchObject({ pictures: true, files: false, location: true, contacts: false, more: true });
  expect(can({ list: true }).interactive).toBe(true);
});

test("an account that is not loaded yet is offered everything", () => {
  expect(Object.values(allowedBy(undefined)).every(Boolean)).toBe(true);
});

const changing: Account = { capabilities: { ...nothing, edit: true, edit_for_ms: 100, delete: true, delete_for_ms: 1_000 } } as Account;
const sent = (over: Partial<Message> = {}) => makeMessage({ direction: "out", status: "read", sent_at: 1_000, ...over });

test("a message of ours can be changed for a while, and taken back for longer", () => {
  expect(changesOf(sent(), changing, 1_100)).toEqual({ edit: true, delete: true });
  expect(changesOf(sent(), changing, 1_101)).toEqual({ edit: false, delete: true });
  expect(changesOf(sent(), changing, 2_001)).toEqual({ edit: false, delete: false });
});

test("nothing can be changed that is not ours, did not go out, is gone, or where the account can't", () => {
  const never = { edit: false, delete: false };
  for (const over of [{ direction: "in" }, { status: "sending" }, { status: "failed" }, { deleted_at: 5 }] as Partial<Message>[]) {
    expect(changesOf(sent(over), changing, 1_000)).toEqual(never);
  }
  expect(changesOf(sent(), { capabilities: nothing } as Account, 1_000)).toEqual(never);
  expect(changesOf(sent(), undefined, 1_000)).toEqual(never);
  expect(changesOf(sent({ type: "image" }), changing, 1_000)).toEqual({ edit: false, delete: true });
});
