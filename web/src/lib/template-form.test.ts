import { describe, expect, test } from "vitest";
import type { Template } from "@/api/types";
import { checkTemplate, fieldOf } from "./template-check";
import { type ButtonKind, type TemplateForm, EMPTY_TEMPLATE, addButton, componentsOf, formOf, isEditable, mayAdd, nextVariable } from "./template-form";

const sample = { handle: "4::h", name: "fern.png", mime: "image/png", url: "blob:x" };
const form = (change: Partial<TemplateForm>): TemplateForm => ({ ...EMPTY_TEMPLATE, name: "n", body: "Hello", ...change });
const withButtons = (...kinds: ButtonKind[]) => kinds.reduce(addButton, []);

const full = form({
  header: "image",
  sample,
  body: " Hi {{2}}, {{1}} is here. ",
  footer: "Bye",
  examples: { header: {}, body: { "1": "it", "2": "Ana" } },
  buttons: [
    { id: 1, kind: "quick_reply", text: "Yes ", url: "", example: "", phone: "", code: "", held: null },
    { id: 2, kind: "url", text: "Track", url: "https://x.example/{{1}}", example: "12", phone: "", code: "", held: null },
    { id: 3, kind: "phone_number", text: "Call", url: "", example: "", phone: "+44 20 7946-0000", code: "", held: null },
    { id: 4, kind: "copy_code", text: "", url: "", example: "", phone: "", code: "FERN25", held: null },
  ],
});

function templateOf(made: TemplateForm, status = "APPROVED"): Template {
  return {
    id: "tpl_1",
    provider_id: "1",
    waba_id: "2",
    name: made.name,
    language: made.language,
    category: made.category,
    status,
    quality: null,
    parameter_format: made.format,
    components: componentsOf(made) as Template["components"],
    rejected_reason: null,
    updated_at: 0,
  };
}

describe("the parts that Meta wants", () => {
  test("every part and button in its form, with samples in the order of their numbers", () => {
    expect(componentsOf(full)).toEqual([
      { type: "HEADER", format: "IMAGE", example: { header_handle: ["4::h"] } },
      { type: "BODY", text: "Hi {{2}}, {{1}} is here.", example: { body_text: [["it", "Ana"]] } },
      { type: "FOOTER", text: "Bye" },
      {
        type: "BUTTONS",
        buttons: [
          { type: "QUICK_REPLY", text: "Yes" },
          { type: "URL", text: "Track", url: "https://x.example/{{1}}", example: ["https://x.example/12"] },
          { type: "PHONE_NUMBER", text: "Call", phone_number: "+442079460000" },
          { type: "COPY_CODE", example: "FERN25" },
        ],
      },
    ]);
  });

  test("named variables have named samples", () => {
    const named = form({ format: "named", header: "text", headerText: "For {{who}}", body: "Hi {{who}}!", examples: { header: { who: "you" }, body: { who: "Ana" } } });
    expect(componentsOf(named)).toEqual([
      { type: "HEADER", format: "TEXT", text: "For {{who}}", example: { header_text_named_params: [{ param_name: "who", example: "you" }] } },
      { type: "BODY", text: "Hi {{who}}!", example: { body_text_named_params: [{ param_name: "who", example: "Ana" }] } },
    ]);
  });

  test("the form of what is there makes the same parts again, but for the sample, which Meta wants anew", () => {
    const again = formOf(templateOf(full));
    expect(again.sample).toBeNull();
    expect(componentsOf({ ...again, sample })).toEqual(componentsOf(full));
  });

  test("a button of a kind that is not known stays as it is", () => {
    const flow = { type: "FLOW", text: "Book", flow_id: "7" };
    const held = { ...templateOf(form({})), components: [{ type: "BODY", text: "Hello" }, { type: "BUTTONS", buttons: [flow] }] as unknown as Template["components"] };
    expect(componentsOf(formOf(held)).at(-1)).toEqual({ type: "BUTTONS", buttons: [flow] });
  });
});

describe("what can be changed", () => {
  test("what Meta has decided on, of the kinds that the form knows", () => {
    const carousel = { ...templateOf(full), components: [{ type: "CAROUSEL" }] as unknown as Template["components"] };
    expect([templateOf(full), templateOf(full, "REJECTED"), templateOf(full, "PENDING"), carousel].map(isEditable)).toEqual([true, true, false, false]);
  });

  test("quick replies stay together, and no kind comes more often than Meta takes it", () => {
    expect(withButtons("quick_reply", "url", "quick_reply", "url").map((button) => button.kind)).toEqual(["quick_reply", "quick_reply", "url", "url"]);
    const buttons = withButtons("url", "url", "phone_number");
    expect([mayAdd(buttons, "url"), mayAdd(buttons, "phone_number"), mayAdd(buttons, "copy_code")]).toEqual([false, false, true]);
    expect(new Set(buttons.map((button) => button.id)).size).toBe(3);
  });

  test("the next variable has a name that is free", () => {
    expect([nextVariable("a {{1}} {{2}}", "positional"), nextVariable("", "named"), nextVariable("{{name}} {{name_1}}", "named")]).toEqual(["3", "name", "name_2"]);
  });
});

describe("what Meta would refuse", () => {
  const problems = (change: Partial<TemplateForm>) => Object.fromEntries(Object.entries(checkTemplate(form(change))).map(([field, { key }]) => [field, key.split(".")[1]]));

  test("nothing, where all is well", () => {
    expect(checkTemplate(full)).toEqual({});
  });

  test("each mistake is told at its field", () => {
    expect(problems({ name: "", body: " " })).toEqual({ name: "empty", body: "empty" });
    expect(problems({ header: "text", headerText: "{{1}} {{2}}", examples: { header: { "1": "a", "2": "b" }, body: {} } })).toEqual({ header: "oneVariable" });
    expect(problems({ header: "video" })).toEqual({ sample: "sample" });
    expect(problems({ header: "video", sample: { ...sample, handle: null } })).toEqual({ sample: "uploading" });
    expect(problems({ body: "Hi {{1}}!" })).toEqual({ "example.body.1": "empty" });
    expect(problems({ footer: "{{1}}" })).toEqual({ footer: "footer" });
  });

  test.each([
    ["Hi {{1}} and {{3}}.", "numbers"],
    ["Hi {{name}}.", "numbers"],
    ["Hi {{1}.", "braces"],
    ["Hi {{a b}}.", "braces"],
    ["{{1}}, hi", "edges"],
    ["Hi {{1}}", "edges"],
    ["Hi {{1}} {{2}}.", "neighbours"],
  ])("variables: %s", (body, problem) => {
    expect(problems({ body, examples: { header: {}, body: { "1": "a", "2": "b", "3": "c", name: "d" } } })).toEqual({ body: problem });
  });

  test("named variables are words in small letters", () => {
    expect(problems({ format: "named", body: "Hi {{Name}}.", examples: { header: {}, body: { Name: "x" } } })).toEqual({ body: "names" });
  });

  test("buttons need their parts", () => {
    const [reply, url, phone, code] = withButtons("quick_reply", "url", "phone_number", "copy_code");
    if (!reply || !url || !phone || !code) throw new Error("no buttons");
    expect(problems({ buttons: [reply, url, phone, code] })).toEqual({
      "buttons.0.text": "empty",
      "buttons.1.text": "empty",
      "buttons.1.url": "address",
      "buttons.2.text": "empty",
      "buttons.2.phone": "phone",
      "buttons.3.code": "empty",
    });
    const end = { ...url, text: "Go", url: "https://x.example/{{1}}/more" };
    expect(problems({ buttons: [end, { ...reply, text: "Go" }] })).toEqual({ "buttons.0.url": "addressEnd", "buttons.0.example": "empty", "buttons.1.text": "twice" });
  });

  test("a field that the server names is found in the form", () => {
    const fields = ["name", "components.0.example", "components.1.text", "components.2.text", "components.3.buttons.1.url", "components.3.buttons.2.phone_number", "components.3.buttons.3.example"];
    expect(fields.map((field) => fieldOf(full, field))).toEqual(["name", "sample", "body", "footer", "buttons.1.url", "buttons.2.phone", "buttons.3.code"]);
  });
});
