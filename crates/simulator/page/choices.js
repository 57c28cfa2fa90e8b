// What a business offers to tap: reply buttons, lists, links, requests, and templates with all their parts.

import { h, toast } from "./dom.js";
import { icon } from "./icons.js";
import { askLocation, chooseRow } from "./dialogs.js";

/** A row below a message. `answer` is what the customer tapped here before, if anything. */
function choice(name, label, onclick, more = {}) {
  return h("button", { type: "button", onclick, ...more }, name ? icon(name) : null, h("span", {}, label));
}

function link(label, url) {
  return h("a", { href: url, target: "_blank", rel: "noreferrer", title: url }, icon("open"), h("span", {}, label));
}

/** A button that can be tapped once: afterwards the one that was chosen is marked, the others are dim. */
function replyButton(entry, act, name, title, draft) {
  const answer = act.answerTo(entry);
  const isChosen = answer !== undefined && (answer.content?.button_reply?.title ?? answer.content?.text) === title;
  return choice(isChosen ? "check" : name, title, () => act.answer(entry, draft),
    { disabled: answer !== undefined, class: isChosen ? "chosen" : null });
}

function interactiveChoices(entry, act) {
  const { type, action } = entry.content;
  switch (type) {
    case "button":
      return action.buttons.map(({ reply }) => replyButton(entry, act, "reply", reply.title, { kind: "button_reply", ...reply }));
    case "list": {
      const chosen = act.answerTo(entry)?.content?.list_reply?.id;
      return [choice("list", action.button, async () => {
        const row = await chooseRow(action, chosen);
        if (row) act.answer(entry, { kind: "list_reply", ...row });
      })];
    }
    case "cta_url": return [link(action.parameters.display_text, action.parameters.url)];
    case "location_request_message":
      return [choice("pin", "Send location", async () => {
        const place = await askLocation();
        if (place) act.answer(entry, place);
      })];
    case "request_contact_info": return [choice("phone", "Share phone number", () => act.sharePhone(entry))];
    default: return [];
  }
}

async function copy(code) {
  const done = await navigator.clipboard?.writeText(code).then(() => true, () => false);
  toast(done ? `${code} was copied.` : `The code is ${code}.`);
}

function templateChoice(entry, act, button) {
  switch (button.type) {
    case "quick_reply":
      return replyButton(entry, act, "reply", button.text, { kind: "template_button", text: button.text, payload: button.payload || button.text });
    case "url": return link(button.text, button.url);
    case "phone_number": return h("a", { href: `tel:${button.phone_number}` }, icon("phone"), h("span", {}, button.text));
    case "copy_code": return choice("copy", button.text || "Copy code", () => copy(button.code));
    default: return choice(null, button.text ?? "", () => {});
  }
}

/** Title, text, small print and choices of an interactive message or a template of the business; `file` draws its file. */
export function offer(entry, act, { file, richText, place }) {
  const parts = entry.shown ?? { header: entry.content.header, body: entry.content.body?.text, footer: entry.content.footer?.text };
  const choices = entry.shown ? (parts.buttons ?? []).map((button) => templateChoice(entry, act, button)) : interactiveChoices(entry, act);
  return [
    entry.media ? file(entry) : null,
    parts.header?.location ? place(parts.header.location) : null,
    parts.header?.text ? h("b", { class: "title", dir: "auto" }, parts.header.text) : null,
    parts.body ? h("p", { class: "words", dir: "auto" }, richText(parts.body)) : null,
    parts.footer ? h("small", { class: "faint", dir: "auto" }, parts.footer) : null,
    choices.length ? h("div", { class: "choices" }, choices) : null,
  ];
}
