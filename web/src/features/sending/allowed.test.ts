import { expect, test } from "vitest";
import type { Account, Capabilities } from "@/api/types";
import { allowedBy } from "./allowed";

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
  delete: false,
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
