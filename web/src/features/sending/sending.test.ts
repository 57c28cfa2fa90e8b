import { describe, expect, test } from "vitest";
import { ApiError } from "@/api/client";
import type { Account, SendBody } from "@/api/types";
import { HOUR_MS } from "@/i18n/format";
import { makeConversation, makeMessage } from "@/testing/objects";
import { type Attachment, kindOf } from "./attachment";
import { Echoes, isEmpty, sameDraft } from "./draft-rules";
import { EMPTY_FORM, interactiveBody } from "./interactive";
import { isLocal, localMessage, quotedOf, refusedMessage } from "./local";
import { adopt, conversationsWaiting, isTemporary, nextWaiting, pauseAfter, reasonOf } from "./outbox-rules";
import type { Pending } from "./pending";
import { placeIn } from "./place";
import { planMessages } from "./plan";
import { shapeOf } from "./use-recorder";
import { windowOf } from "./window";

const context = { account_id: "acc_1", conversation_id: "cnv_1", author_id: "usr_1", at: 5_000, quoted: null, file: null, template: null };
const picture = { kind: "image", url: "blob:1", mime: "image/png", size: 9, name: "a.png", width: 4, height: 3, duration_ms: null } as const;

function waiting(client_id: string, over: Partial<Pending> = {}): Pending {
  const body: SendBody = { client_id, text: { body: client_id } };
  const message = localMessage(body, { ...context, at: Number(client_id.slice(1)) });
  return { client_id, user_id: "usr_1", conversation_id: "cnv_1", body, message, file: null, state: "waiting", ...over };
}

describe("the bubble before the server has the message", () => {
  test("words, on their way", () => {
    const message = localMessage({ client_id: "a", text: { body: "Hola" } }, context);
    expect(message).toMatchObject({ id: "local_a", client_id: "a", type: "text", text: "Hola", status: "sending", direction: "out", author_id: "usr_1" });
    expect(isLocal(message)).toBe(true);
  });

  test("a picture shows itself, with its measures and its caption", () => {
    const body = { client_id: "a", media: { upload_id: "", caption: "Look" } };
    const message = localMessage(body, { ...context, file: picture });
    expect(message).toMatchObject({ type: "image", text: "Look", media: { state: "ready", url: "blob:1", thumbnail_url: "blob:1", width: 4 } });
  });

  test("a template shows its filled texts", () => {
    const message = localMessage({ client_id: "a", template: { template_id: "tpl_1", parameters: {} } }, { ...context, template: { name: "n", body: "Hi Ana" } });
    expect(message).toMatchObject({ type: "template", text: "Hi Ana", content: { name: "n", body: "Hi Ana" } });
  });

  test("a refusal keeps its place and says why", () => {
    const message = refusedMessage(localMessage({ client_id: "a", text: { body: "x" } }, context), reasonOf(new ApiError(409, "window_closed", "closed")));
    expect(message).toMatchObject({ status: "failed", error: { code: 0, title: "closed", detail: "window_closed" } });
  });

  test("a quote holds at most 160 characters", () => {
    expect(quotedOf(makeMessage({ text: "x".repeat(500) })).text).toHaveLength(160);
  });
});

describe("the outbox", () => {
  test("one after the other within a conversation, past what was refused", () => {
    const items = [waiting("m1", { state: "refused" }), waiting("m2"), waiting("m3"), waiting("m4", { conversation_id: "cnv_2" })];
    expect(nextWaiting(items, "cnv_1")?.client_id).toBe("m2");
    expect(conversationsWaiting(items)).toEqual(["cnv_1", "cnv_2"]);
    expect(nextWaiting(items, "cnv_9")).toBeUndefined();
  });

  test("a lost connection and a busy server are tried again, a refusal is not", () => {
    expect(isTemporary(new ApiError(0, "network", ""))).toBe(true);
    expect(isTemporary(new ApiError(503, "unavailable", ""))).toBe(true);
    expect(isTemporary(new ApiError(429, "rate_limited", ""))).toBe(true);
    expect(isTemporary(new ApiError(401, "unauthorized", ""))).toBe(true);
    expect(isTemporary(new ApiError(409, "window_closed", ""))).toBe(false);
    expect(isTemporary(new ApiError(422, "validation_failed", ""))).toBe(false);
  });

  test("the pauses grow to half a minute", () => {
    expect([1, 2, 3, 20].map(pauseAfter)).toEqual([1_500, 3_000, 6_000, 30_000]);
  });

  test("what an earlier tab left comes in the order of writing, once", () => {
    const held = [waiting("m5"), waiting("m9")];
    expect(adopt(held, [waiting("m7"), waiting("m5")]).map((item) => item.client_id)).toEqual(["m5", "m7", "m9"]);
    expect(adopt(held, [waiting("m5")])).toBe(held);
  });
});

describe("what stands in the composer becomes messages", () => {
  const file = (client_id: string, kind: Attachment["look"]["kind"]): Attachment => ({ client_id, file: new Blob(), look: { ...picture, kind }, problem: null });
  const extra = { quoteId: null, sendAt: null };
  const plan = (text: string, files: Attachment[], over = {}) => planMessages(text, files, { ...extra, ...over }, () => "new").map(({ body }) => body);

  test("words alone", () => {
    expect(plan("  Hi \n", [])).toEqual([{ client_id: "new", text: { body: "Hi", preview_url: true } }]);
    expect(plan("   ", [])).toEqual([]);
  });

  test("the first file that can bear a caption gets the words", () => {
    expect(plan("Hi", [file("a", "audio"), file("b", "image"), file("c", "image")]).map((body) => [body.client_id, body.media?.caption])).toEqual([
      ["a", undefined],
      ["b", "Hi"],
      ["c", undefined],
    ]);
  });

  test("words that no file can bear follow as a message", () => {
    expect(plan("Hi", [file("a", "audio")]).map((body) => body.text?.body)).toEqual([undefined, "Hi"]);
    expect(plan("x".repeat(2_000), [file("a", "image")])).toHaveLength(2);
  });

  test("the quote belongs to the first, the moment to all", () => {
    const bodies = plan("Hi", [file("a", "audio")], { quoteId: "msg_1", sendAt: 9 });
    expect(bodies.map((body) => [body.quote_id, body.send_at])).toEqual([
      ["msg_1", 9],
      [undefined, 9],
    ]);
  });

  test("what WhatsApp cannot show goes as a document", () => {
    expect(["image/png", "image/heic", "video/mp4", "video/webm", "audio/ogg", "application/pdf", ""].map(kindOf)).toEqual([
      "image",
      "document",
      "video",
      "document",
      "audio",
      "document",
      "document",
    ]);
  });
});

describe("drafts", () => {
  const draft = (text: string) => ({ text, quote_id: null });

  test("an echo of one's own save is known once, and ends the wait for older ones", () => {
    const echoes = new Echoes();
    echoes.expect("cnv_1", draft("a"));
    echoes.expect("cnv_1", draft("ab"));
    echoes.expect("cnv_1", null);
    expect(echoes.take("cnv_1", draft("other tab"))).toBe(false);
    expect(echoes.take("cnv_1", draft("ab"))).toBe(true);
    expect(echoes.take("cnv_1", draft("a"))).toBe(false);
    expect(echoes.take("cnv_1", null)).toBe(true);
    expect(echoes.take("cnv_1", null)).toBe(false);
  });

  test("a save that failed brings no echo", () => {
    const echoes = new Echoes();
    const kept = draft("a");
    echoes.expect("cnv_1", kept);
    echoes.forget("cnv_1", kept);
    expect(echoes.take("cnv_1", draft("a"))).toBe(false);
  });

  test("a quote alone is worth keeping, blanks are not", () => {
    expect(isEmpty(draft("  "))).toBe(true);
    expect(isEmpty({ text: "", quote_id: "msg_1" })).toBe(false);
    expect(sameDraft(null, draft(""))).toBe(true);
  });
});

describe("the 24-hour window", () => {
  const account = (over: Partial<Account> = {}) => ({ capabilities: { window: true }, enforce_window: true, ...over }) as Account;
  const now = 1_000_000_000;
  const state = (until: number | null, over?: Partial<Account>) => windowOf(makeConversation({ window_expires_at: until }), account(over), now);

  test("open, closing, closed, never open", () => {
    expect(state(now + 5 * HOUR_MS)).toMatchObject({ state: "open", canWrite: true });
    expect(state(now + 3 * HOUR_MS)).toMatchObject({ state: "closing", canWrite: true });
    expect(state(now)).toMatchObject({ state: "closed", canWrite: false });
    expect(state(null)).toMatchObject({ state: "never", canWrite: false });
  });

  test("an account that does not keep to it warns only; a linked phone has none", () => {
    expect(state(now - 1, { enforce_window: false })).toMatchObject({ state: "closed", canWrite: true });
    expect(state(now - 1, { capabilities: { window: false } as Account["capabilities"] })).toMatchObject({ state: "none", canWrite: true });
  });
});

describe("forms", () => {
  test("buttons need words, and different ones", () => {
    const form = { ...EMPTY_FORM, body: "Choose" };
    expect(interactiveBody({ ...form, buttons: ["Yes", " ", "No"] })).toEqual({
      kind: "button",
      body: "Choose",
      buttons: [
        { id: "choice_1", title: "Yes" },
        { id: "choice_2", title: "No" },
      ],
    });
    expect(interactiveBody({ ...form, buttons: ["Yes", "Yes"] })).toBeNull();
    expect(interactiveBody({ ...EMPTY_FORM, buttons: ["Yes"] })).toBeNull();
  });

  test("a list needs its button and one choice; a link needs an address", () => {
    const form = { ...EMPTY_FORM, kind: "list" as const, body: "Choose", rows: [{ title: "A", description: "first" }] };
    expect(interactiveBody(form)).toBeNull();
    expect(interactiveBody({ ...form, listButton: "Open" })?.list?.sections[0]?.rows).toEqual([{ id: "choice_1", title: "A", description: "first" }]);
    const link = { ...EMPTY_FORM, kind: "cta_url" as const, body: "See", urlTitle: "Shop" };
    expect(interactiveBody({ ...link, url: "javascript:alert(1)" })).toBeNull();
    expect(interactiveBody({ ...link, url: "https://shop.example" })?.url).toEqual({ title: "Shop", url: "https://shop.example" });
  });

  test.each([
    ["38.7223, -9.1393", 38.7223, -9.1393],
    ["https://www.openstreetmap.org/?mlat=38.72&mlon=-9.13#map=16/1/1", 38.72, -9.13],
    ["https://www.google.com/maps/place/X/@1.0,2.0,15z/data=!3m1!4b1!4m5!3d38.72!4d-9.13", 38.72, -9.13],
    ["https://maps.google.com/?q=38.72,-9.13", 38.72, -9.13],
    ["https://maps.apple.com/?ll=38.72,-9.13&q=Pin", 38.72, -9.13],
    ["geo:38.72,-9.13?z=3", 38.72, -9.13],
  ])("a place in %s", (text, latitude, longitude) => {
    expect(placeIn(text)).toEqual({ latitude, longitude });
  });

  test("no place where there is none", () => {
    expect(placeIn("Main street 5")).toBeNull();
    expect(placeIn("138.7, 9.1")).toBeNull();
  });
});

test("a recording's shape has as many bars as a player, each the loudest of its stretch", () => {
  expect(shapeOf([0.1, 0.9, 0.2, 0.3], 2)).toEqual([0.9, 0.3]);
  expect(shapeOf([0.5], 44)).toEqual([0.5]);
});
