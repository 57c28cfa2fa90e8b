// The panel beside the phone: who the customer is, what can happen to them, and how their webhooks fare.

import { h, nameOf, shortTime, toast } from "./dom.js";
import { icon } from "./icons.js";
import * as api from "./api.js";
import { askNumber, askUsername, showBody } from "./dialogs.js";

const STATES = { queued: ["clock", "", "Queued"], retrying: ["retry", "warn", "Retrying"], delivered: ["check", "good", "Delivered"],
  dropped: ["alert", "bad", "Dropped"], gave_up: ["alert", "bad", "Given up"] };

const attempt = (work) => work.catch((error) => toast(error.message));

function toggle(label, hint, checked, onchange) {
  return h("label", { class: "switch" }, h("input", { type: "checkbox", role: "switch", checked, onchange: (event) => onchange(event.target.checked) }),
    h("span", {}, h("b", {}, label), hint ? h("small", {}, hint) : null));
}

const fact = (name, value) => h("div", {}, h("dt", {}, name), h("dd", {}, value));

async function openDelivery(delivery) {
  const { body } = await api.loadDelivery(delivery.id);
  const pretty = body ? JSON.stringify(JSON.parse(body), null, 2) : "Nothing was posted yet.";
  await showBody(`${delivery.summary} · ${delivery.attempts} ${delivery.attempts === 1 ? "attempt" : "attempts"}`, pretty);
}

function deliveryRow(delivery) {
  const [name, tone, label] = STATES[delivery.state];
  const more = delivery.state === "delivered" ? (delivery.attempts > 1 ? `after ${delivery.attempts} attempts` : "")
    : [delivery.attempts ? `${delivery.attempts}×` : "", delivery.last_error ?? ""].filter(Boolean).join(" ");
  return h("li", {}, h("button", { type: "button", onclick: () => attempt(openDelivery(delivery)) }, icon(name, `tick ${tone}`),
    h("span", {}, h("b", {}, delivery.summary), h("small", {}, [label, more].filter(Boolean).join(" "))), h("time", {}, shortTime(delivery.created_at))));
}

/** Draws the panel; `reads` is whether opening a chat counts as reading. */
export function drawDetails(panel, { customer, deliveries, reads, setReads, close }) {
  if (!customer) return panel.replaceChildren();
  const change = (what) => attempt(api.changeCustomer(customer.id, what));
  const hint = customer.username ? "Business sees @" + customer.username + " only" : "Needs a username";
  const head = h("header", {}, h("h2", {}, nameOf(customer)), h("button", { type: "button", class: "icon close-details", "aria-label": "Close", onclick: close }, icon("close")));
  const facts = h("dl", { class: "facts" }, fact("Phone", `+${customer.wa_id}`), customer.username ? fact("Username", `@${customer.username}`) : null, fact("User id", customer.user_id));
  const choose = async () => {
    const username = await askUsername();
    if (username) change({ username, hide_phone: true });
  };
  const hide = toggle("Hide the number", hint, customer.hide_phone && Boolean(customer.username), (on) => change({ hide_phone: on }));
  hide.querySelector("input").disabled = !customer.username;
  const acts = h("div", { class: "fields" }, toggle("Phone is on", "Off: messages stay at “sent”", customer.phone_on, (on) => change({ phone_on: on })),
    toggle("Read what arrives", "While the chat is open", reads, setReads), hide,
    h("div", { class: "pair" },
      h("button", { type: "button", onclick: async () => {
        const phone = await askNumber(customer);
        if (phone) change({ phone });
      } }, "Change number"),
      h("button", { type: "button", onclick: () => change({ new_user_id: true }) }, "New user id")),
    customer.username ? null : h("button", { type: "button", onclick: choose }, "Choose a username"));
  const fault = (label, what, told) => h("button", { type: "button", onclick: () => attempt(what().then(() => toast(told))) }, label);
  const trouble = h("div", { class: "fields" },
    fault("It fails on the phone", () => api.orderFault({ kind: "fail_later", code: 131026, title: "Message undeliverable" }), "The next message to this phone will not arrive."),
    fault("Its answer gets lost", () => api.orderFault({ kind: "lose_answer" }), "The next message arrives, but Hoopoe gets no answer."),
    fault("WhatsApp is away for 15 seconds", () => api.startOutage(15000), "Nobody can connect for 15 seconds, this page neither."));
  const list = deliveries.length ? h("ul", { class: "deliveries" }, deliveries.slice(0, 30).map(deliveryRow))
    : h("p", { class: "faint" }, "Nothing yet. Write a message and watch it arrive.");
  panel.replaceChildren(head, facts, acts, h("h3", {}, "Next message from Hoopoe"), trouble, h("h3", {}, "Webhooks to Hoopoe"), list);
}
