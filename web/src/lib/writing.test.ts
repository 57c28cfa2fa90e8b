import { describe, expect, test } from "vitest";
import type { SavedReply, Template } from "@/api/types";
import { NO_VALUES, blanksIn, fillBlanks, filledContent, isComplete, partsOf, templateBody } from "./template";
import { fillVariables, matchingReplies, slashAt } from "./variables";

const facts = { contact: { name: "Olivia Bennett", phone: "+44 7700" }, agent: "Ana", account: "Shop" };
const reply = (shortcut: string, title: string, text: string): SavedReply => ({ id: shortcut, shortcut, title, text, updated_at: 0 });

describe("saved replies", () => {
  test("variables are filled, unknown ones stay in sight", () => {
    expect(fillVariables("Hi {{contact.first_name}}, {{ agent.name }} of {{account.name}} {{contact.age}}", facts)).toBe("Hi Olivia, Ana of Shop {{contact.age}}");
    expect(fillVariables("{{contact.phone}}", { ...facts, contact: { name: "", phone: null } })).toBe("");
  });

  test("a slash counts where a word begins, up to the caret", () => {
    expect(slashAt("/ho", 3)).toEqual({ from: 0, query: "ho" });
    expect(slashAt("Hi /HO rest", 6)).toEqual({ from: 3, query: "ho" });
    expect(slashAt("and/or", 6)).toBeNull();
    expect(slashAt("/two words", 10)).toBeNull();
    expect(slashAt("https://x", 9)).toBeNull();
  });

  test("the shortcut counts most, then the title, then the text", () => {
    const all = [reply("a", "x", "hours are long"), reply("b", "Opening hours", "x"), reply("hours", "x", "x"), reply("c", "y", "y")];
    expect(matchingReplies(all, "hours").map((item) => item.shortcut)).toEqual(["hours", "b", "a"]);
    expect(matchingReplies(all, "")).toHaveLength(4);
  });
});

const template = (components: Record<string, unknown>[], over: Partial<Template> = {}): Template => ({
  id: "tpl_1",
  waba_id: "1",
  provider_id: "2",
  name: "order",
  language: "en",
  category: "UTILITY",
  status: "APPROVED",
  quality: null,
  parameter_format: "positional",
  components: components as Template["components"],
  rejected_reason: null,
  updated_at: 0,
  ...over,
});

describe("templates", () => {
  const order = template([
    { type: "HEADER", format: "TEXT", text: "Order {{1}}" },
    { type: "BODY", text: "Hi {{2}}, {{1}} is on its way, {{2}}.", example: { body_text: [["A-1", "Ana"]] } },
    { type: "FOOTER", text: "Bye" },
    { type: "BUTTONS", buttons: [{ type: "QUICK_REPLY", text: "Thanks" }, { type: "URL", text: "Track", url: "https://x/{{1}}" }] },
  ]);
  const parts = partsOf(order);
  const values = { header: { "1": "7" }, body: { "1": "A-1", "2": " Ana " }, buttons: { "1": "abc" } };

  test("their parts and blanks", () => {
    expect(parts.header).toEqual({ format: "TEXT", text: "Order {{1}}", blanks: ["1"] });
    expect(parts.body.blanks).toEqual(["2", "1"]);
    expect(parts.buttons.map((button) => button.needsValue)).toEqual([false, true]);
    // By number, wherever they stand.
    expect(parts.examples.body).toEqual({ "1": "A-1", "2": "Ana" });
    expect(blanksIn("none")).toEqual([]);
  });

  test("positions are sent by number, wherever they stand", () => {
    expect(templateBody(order, parts, values, null)).toEqual({ template_id: "tpl_1", parameters: { header: ["7"], body: ["A-1", "Ana"], buttons: { "1": "abc" } } });
  });

  test("names are sent by name, a file by its upload", () => {
    const named = template([{ type: "HEADER", format: "IMAGE" }, { type: "BODY", text: "Hi {{first_name}}" }], { parameter_format: "named" });
    const body = templateBody(named, partsOf(named), { ...NO_VALUES, body: { first_name: "Ana" } }, "upl_1");
    expect(body).toEqual({ template_id: "tpl_1", parameters: { body: { first_name: "Ana" } }, header_upload_id: "upl_1" });
  });

  test("complete only when every blank, button and file is there", () => {
    expect(isComplete(parts, values, false)).toBe(true);
    expect(isComplete(parts, { ...values, buttons: {} }, false)).toBe(false);
    expect(isComplete(parts, { ...values, body: { "1": "A-1", "2": "  " } }, false)).toBe(false);
    const picture = partsOf(template([{ type: "HEADER", format: "IMAGE" }, { type: "BODY", text: "Hi" }]));
    expect([isComplete(picture, NO_VALUES, false), isComplete(picture, NO_VALUES, true)]).toEqual([false, true]);
  });

  test("the bubble shows the filled texts, and empty blanks as they are", () => {
    expect(filledContent(order, parts, { ...NO_VALUES, body: { "2": "Ana" } })).toMatchObject({ header: "Order {{1}}", body: "Hi Ana, {{1}} is on its way, Ana.", footer: "Bye" });
    expect(fillBlanks("{{ a }}", { a: "$&" })).toBe("$&");
  });
});
