// The page itself: the list of customers, the open chat, and what happens live. Everything shown comes from `state`.

import { byId, dayLabel, dayOf, h, hueOf, initials, nameOf, shortTime, timeOf, toast } from "./dom.js";
import { icon } from "./icons.js";
import * as api from "./api.js";
import { bubble, preview, webhookMark } from "./bubbles.js";
import { makeComposer } from "./composer.js";
import { drawDetails } from "./details.js";
import { askCustomer } from "./dialogs.js";

const state = {
  numbers: [], samples: [], customers: new Map(), latest: new Map(), number: null, customer: null,
  entries: [], deliveries: [], typingUntil: 0, reads: true, search: "",
};

const attempt = (work) => work.catch((error) => toast(error.message));
const latestKey = (number, customer) => `${number}/${customer}`;
const once = (draw) => {
  let waiting = false;
  return () => {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(() => { waiting = false; draw(); });
  };
};

/* ---------- customers ---------- */

function newestOf(customer) {
  const all = state.numbers.map((number) => state.latest.get(latestKey(number.phone_number_id, customer.id))).filter(Boolean);
  return all.sort((a, b) => b.at - a.at)[0];
}

function personRow({ customer, entry }) {
  const [mark, tone, title] = entry?.from === "customer" ? webhookMark(entry) : [];
  return h("li", {}, h("button", { type: "button", class: "person", "aria-current": customer.id === state.customer ? "true" : null,
    onclick: () => open(customer.id, entry?.phone_number_id) },
  h("span", { class: `avatar ${hueOf(customer.id)}`, "aria-hidden": "true" }, initials(nameOf(customer))),
  h("span", { class: "person-words" },
    h("span", { class: "top" }, h("b", { dir: "auto" }, nameOf(customer)), entry ? h("time", {}, shortTime(entry.at)) : null),
    h("span", { class: "bottom" }, mark ? h("span", { title }, icon(mark, `tick ${tone}`)) : null,
      h("span", { class: "preview", dir: "auto" }, entry ? preview(entry) : customer.hide_phone ? `@${customer.username}` : `+${customer.wa_id}`),
      customer.phone_on ? null : h("span", { class: "tag" }, "off")))));
}

const drawPeople = once(() => {
  const wanted = state.search.toLowerCase();
  const rows = [...state.customers.values()]
    .filter((customer) => [nameOf(customer), customer.wa_id, customer.username ?? ""].some((text) => text.toLowerCase().includes(wanted)))
    .map((customer) => ({ customer, entry: newestOf(customer) }))
    .sort((a, b) => (b.entry?.at ?? Infinity) - (a.entry?.at ?? Infinity));
  const none = h("li", { class: "none" }, state.customers.size ? "Nobody by that name." : "Nobody yet. Invent your first customer.");
  byId("people").replaceChildren(...(rows.length ? rows.map(personRow) : [none]));
});

/* ---------- chat ---------- */

const find = (id) => state.entries.find((entry) => entry.id === id);

const act = {
  quote: (entry) => composer.setQuote(entry),
  react: (entry, emoji) => sendDraft({ kind: "reaction", message_id: entry.id, emoji }),
  answer: (entry, reply) => sendDraft({ ...reply, quote: entry.id }),
  /** What the customer tapped on this message, if anything yet. */
  answerTo: (entry) => state.entries.findLast((other) => other.quote === entry.id && other.from === "customer" && ["interactive", "button"].includes(other.kind)),
  sharePhone: (entry) => {
    const { name, wa_id: phone } = state.customers.get(state.customer);
    return sendDraft({ kind: "contact", name: name ?? `+${phone}`, phone: `+${phone}`, answers_request: true, quote: entry.id });
  },
};

async function sendDraft(draft) {
  if (!state.number || !state.customer) return;
  await attempt(api.send(state.number, state.customer, draft));
}

const drawChat = once(() => {
  const chat = byId("chat");
  const atEnd = chat.scrollHeight - chat.scrollTop - chat.clientHeight < 80;
  const parts = [];
  let before = null;
  for (const entry of state.entries) {
    if (!before || dayOf(before.at) !== dayOf(entry.at)) parts.push(h("div", { class: "day" }, dayLabel(entry.at)));
    const joined = before && before.from === entry.from && entry.at - before.at < 120000 && dayOf(before.at) === dayOf(entry.at);
    parts.push(bubble(entry, { act, find, joined }));
    before = entry;
  }
  const last = state.entries.findLast((entry) => entry.from === "customer");
  if (last && last === before) {
    const [, tone, title] = webhookMark(last);
    parts.push(h("div", { class: `last-mark ${tone}`, "data-testid": "last-mark" }, title));
  }
  if (Date.now() < state.typingUntil) parts.push(h("div", { class: "typing", "aria-label": "The business is typing" }, h("i"), h("i"), h("i")));
  if (!state.entries.length) parts.push(h("p", { class: "start" }, "Say hello. What you write here reaches Hoopoe as a signed webhook."));
  chat.replaceChildren(...parts);
  if (atEnd) chat.scrollTop = chat.scrollHeight;
});

const drawFrame = once(() => {
  const customer = state.customers.get(state.customer);
  const number = state.numbers.find((known) => known.phone_number_id === state.number);
  byId("phone").hidden = !customer || !number;
  byId("empty").hidden = Boolean(customer && number);
  if (!number) byId("empty").replaceChildren(h("h2", {}, "No business number yet"), h("p", {}, "Connect a simulated number in Hoopoe; it appears here at once."));
  else if (!customer) byId("empty").replaceChildren(h("h2", {}, "Whose phone?"), h("p", {}, "Choose a customer, or invent one, and write to the business."));
  if (!customer || !number) return;
  const select = byId("number");
  select.replaceChildren(...state.numbers.map((known) => h("option", { value: known.phone_number_id, selected: known.phone_number_id === state.number }, known.verified_name)));
  byId("subtitle").textContent = Date.now() < state.typingUntil ? "typing…" : number.display_phone_number;
  byId("business-avatar").textContent = initials(number.verified_name);
  byId("off-note").hidden = customer.phone_on;
  byId("off-note").replaceChildren(icon("power"), `${nameOf(customer)}’s phone is off. `,
    h("button", { type: "button", onclick: () => attempt(api.changeCustomer(customer.id, { phone_on: true })) }, "Switch on"));
  byId("signal").textContent = `${nameOf(customer)}`;
});

const drawPanel = once(() => drawDetails(byId("details"), {
  customer: state.customers.get(state.customer), deliveries: state.deliveries, reads: state.reads,
  setReads: (on) => { state.reads = on; readSoon(); }, close: () => document.body.classList.remove("show-details"),
}));

const drawAll = () => { drawPeople(); drawChat(); drawFrame(); drawPanel(); };

const readSoon = once(() => {
  const unread = state.entries.some((entry) => entry.from === "business" && entry.status === "delivered");
  if (state.reads && unread && document.visibilityState === "visible") attempt(api.markRead(state.number, state.customer));
});

async function open(customer, number) {
  state.customer = customer;
  state.number = number ?? state.number ?? state.numbers[0]?.phone_number_id ?? null;
  state.entries = [];
  state.deliveries = [];
  state.typingUntil = 0;
  document.body.dataset.view = "chat";
  location.hash = new URLSearchParams({ customer, number: state.number }).toString();
  composer.reset();
  await loadChat();
  if (matchMedia("(hover: hover)").matches) composer.focus();
}

async function loadChat() {
  const { customer, number } = state;
  if (!customer || !number) return drawAll();
  const [chat, { items }] = await Promise.all([api.loadChat(number, customer), api.loadDeliveries(customer)]);
  if (state.customer !== customer || state.number !== number) return;
  state.entries = chat.items;
  state.deliveries = items;
  drawAll();
  requestAnimationFrame(() => requestAnimationFrame(() => { byId("chat").scrollTop = byId("chat").scrollHeight; }));
  readSoon();
}

/* ---------- what happens live ---------- */

function applyEntry(entry) {
  const key = latestKey(entry.phone_number_id, entry.customer);
  const known = state.latest.get(key);
  if (!known || known.id === entry.id || known.at <= entry.at) state.latest.set(key, entry);
  drawPeople();
  if (entry.phone_number_id !== state.number || entry.customer !== state.customer) return;
  const index = state.entries.findIndex((held) => held.id === entry.id);
  if (index >= 0) state.entries[index] = { ...entry, webhook: entry.webhook ?? state.entries[index].webhook };
  else state.entries.push(entry);
  if (entry.from === "business") state.typingUntil = 0;
  drawChat();
  drawFrame();
  readSoon();
}

function applyDelivery(delivery) {
  const note = { state: delivery.state, attempts: delivery.attempts };
  const isMessage = !delivery.summary.startsWith("status");
  const held = isMessage ? find(delivery.message_id) : null;
  const latest = state.latest.get(latestKey(delivery.phone_number_id, delivery.customer));
  for (const entry of [held, isMessage && latest?.id === delivery.message_id ? latest : null]) if (entry?.from === "customer") entry.webhook = note;
  drawPeople();
  if (delivery.customer !== state.customer) return;
  const index = state.deliveries.findIndex((known) => known.id === delivery.id);
  if (index >= 0) state.deliveries[index] = delivery;
  else state.deliveries = [delivery, ...state.deliveries].slice(0, 40);
  drawChat();
  drawPanel();
}

function applyEvent(event) {
  if (event.type === "entry") applyEntry(event.entry);
  if (event.type === "delivery") applyDelivery(event.delivery);
  if (event.type === "customer") { state.customers.set(event.customer.id, event.customer); drawAll(); }
  if (event.type === "setup" || event.type === "lagged") attempt(loadEverything());
  if (event.type === "typing" && event.customer === state.customer && event.phone_number_id === state.number) {
    state.typingUntil = Date.now() + 25000;
    setTimeout(() => { drawChat(); drawFrame(); }, 25100);
    drawChat();
    drawFrame();
  }
}

async function loadEverything() {
  const [setup, { items }] = await Promise.all([api.loadState(), api.loadCustomers()]);
  state.numbers = setup.numbers;
  state.samples = setup.samples;
  state.customers = new Map(items.map(({ customer }) => [customer.id, customer]));
  state.latest = new Map(items.flatMap(({ latest }) => latest.map((entry) => [latestKey(entry.phone_number_id, entry.customer), entry])));
  if (!state.customers.has(state.customer)) state.customer = null; // The simulator may have been started anew.
  if (!state.numbers.some((number) => number.phone_number_id === state.number)) state.number = state.numbers[0]?.phone_number_id ?? null;
  await loadChat();
}

/* ---------- start ---------- */

const composer = makeComposer(byId("composer"), { send: sendDraft, samples: () => state.samples });

byId("new-customer").append(icon("plus"), "New customer");
byId("new-customer").onclick = async () => {
  const answer = await askCustomer();
  if (!answer) return;
  await attempt(api.addCustomer(answer).then((customer) => {
    state.customers.set(customer.id, customer);
    return open(customer.id);
  }));
};
byId("back").append(icon("back"));
byId("back").onclick = () => { document.body.dataset.view = "list"; };
byId("details-toggle").append(icon("info"));
byId("details-toggle").onclick = () => document.body.classList.toggle("show-details");
byId("number").onchange = (event) => attempt(open(state.customer, event.target.value));
byId("search").oninput = (event) => { state.search = event.target.value; drawPeople(); };
const chatBox = byId("chat");
chatBox.ondragover = (event) => event.preventDefault();
chatBox.ondrop = (event) => { event.preventDefault(); const file = event.dataTransfer.files[0]; if (file) composer.setFile(file); };
document.addEventListener("visibilitychange", readSoon);

const tellTime = () => { byId("clock").textContent = timeOf(Date.now()); };
tellTime();
setInterval(tellTime, 20000);

let wasLive = false;
api.listen(applyEvent, (live) => {
  byId("live").textContent = live ? "Live" : "Reconnecting…";
  byId("live").classList.toggle("on", live);
  if (live && !wasLive && state.customers.size) attempt(loadEverything());
  wasLive = live;
});

attempt(loadEverything().then(() => {
  const wanted = new URLSearchParams(location.hash.slice(1));
  const customer = wanted.get("customer") ?? (matchMedia("(min-width: 760px)").matches ? firstPerson() : null);
  if (customer && state.customers.has(customer)) return open(customer, wanted.get("number") ?? newestOf(state.customers.get(customer))?.phone_number_id);
  return undefined;
}));

function firstPerson() {
  const all = [...state.customers.values()].map((customer) => ({ id: customer.id, at: newestOf(customer)?.at ?? 0 }));
  return all.sort((a, b) => b.at - a.at)[0]?.id ?? null;
}
