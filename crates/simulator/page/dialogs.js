// The page's dialogs: a new customer, a place, a contact card, a sample. Each resolves to its answer or null.

import { h } from "./dom.js";
import { icon } from "./icons.js";

function ask(title, body, submitLabel, read) {
  return new Promise((resolve) => {
    const close = (answer) => { dialog.close(); dialog.remove(); resolve(answer); };
    const form = h("form", { method: "dialog", novalidate: false, onsubmit: (event) => {
      event.preventDefault();
      close(read(new FormData(form)));
    } },
    h("header", {}, h("h2", {}, title), h("button", { type: "button", class: "icon", "aria-label": "Close", onclick: () => close(null) }, icon("close"))),
    body, submitLabel ? h("footer", {}, h("button", { type: "button", onclick: () => close(null) }, "Cancel"), h("button", { type: "submit", class: "primary" }, submitLabel)) : null);
    const dialog = h("dialog", { "aria-label": title, oncancel: () => close(null),
      onclick: (event) => { if (event.target === dialog) close(null); } }, form);
    form.chosen = close;
    document.body.append(dialog);
    dialog.showModal();
  });
}

const field = (label, name, more = {}) => h("label", { class: "field" }, h("span", {}, label), h("input", { name, autocomplete: "off", ...more }));

const words = (value) => value?.trim() || undefined;

export function askCustomer() {
  const hide = h("input", { type: "checkbox", name: "hide_phone", role: "switch" });
  const username = field("Username", "username", { placeholder: "moss.garden", pattern: "@?[A-Za-z0-9._]{3,35}" });
  username.hidden = true;
  hide.onchange = () => {
    username.hidden = !hide.checked;
    username.querySelector("input").required = hide.checked;
  };
  const body = h("div", { class: "fields" },
    field("Name", "name", { placeholder: "Mila Novak", autofocus: true, required: true }),
    field("Phone number", "phone", { placeholder: "Left empty: an invented one", inputmode: "tel", pattern: "[+0-9 ()\\-]{5,22}" }),
    h("label", { class: "switch" }, hide, h("span", {}, h("b", {}, "Hide the number"), h("small", {}, "The business sees only the username and a user id."))),
    username);
  return ask("New customer", body, "Create", (data) => ({
    name: words(data.get("name")), phone: words(data.get("phone")),
    username: data.get("hide_phone") ? words(data.get("username")) : undefined, hide_phone: Boolean(data.get("hide_phone")),
  }));
}

const PLACES = [
  ["Cișmigiu Gardens", 44.4363, 26.0907, "Bulevardul Regina Elisabeta, Bucharest"],
  ["Jardim da Estrela", 38.7147, -9.1605, "Praça da Estrela, Lisbon"],
  ["Shinjuku Gyoen", 35.6852, 139.71, "11 Naitomachi, Tokyo"],
];

export function askLocation() {
  const lat = field("Latitude", "latitude", { value: "44.4363", required: true, type: "number", step: "any", min: "-90", max: "90" });
  const lon = field("Longitude", "longitude", { value: "26.0907", required: true, type: "number", step: "any", min: "-180", max: "180" });
  const name = field("Name", "name", { value: "Cișmigiu Gardens" });
  const address = field("Address", "address", { value: "Bulevardul Regina Elisabeta, Bucharest" });
  const fill = (place) => [name, lat, lon, address].forEach((label, index) => { label.querySelector("input").value = place[index]; });
  const body = h("div", { class: "fields" },
    h("div", { class: "chips" }, PLACES.map((place) => h("button", { type: "button", class: "chip", onclick: () => fill(place) }, place[0]))),
    name, address, h("div", { class: "pair" }, lat, lon));
  return ask("Send a location", body, "Send", (data) => ({ kind: "location", latitude: Number(data.get("latitude")),
    longitude: Number(data.get("longitude")), name: words(data.get("name")), address: words(data.get("address")) }));
}

export function askContact() {
  const body = h("div", { class: "fields" }, field("Name", "name", { value: "Sofia Marin", required: true }),
    field("Phone number", "phone", { value: "+40 721 555 010", inputmode: "tel" }), field("E-mail", "email", { type: "email" }));
  return ask("Send a contact card", body, "Send", (data) => ({ kind: "contact", name: words(data.get("name")),
    phone: words(data.get("phone")), email: words(data.get("email")) }));
}

export function chooseSample(samples) {
  let choose = () => {};
  const tile = (sample) => {
    const shown = ["image", "sticker"].includes(sample.kind)
      ? h("img", { src: `/sim/samples/${sample.name}`, alt: "" })
      : icon({ voice: "mic", video: "play", document: "file" }[sample.kind], "big");
    return h("button", { type: "button", class: "tile", onclick: () => choose(sample) }, h("span", { class: "thumb" }, shown), sample.label);
  };
  const answer = ask("Choose a sample", h("div", { class: "tiles" }, samples.map(tile)), null, () => null);
  choose = document.querySelector("dialog:last-of-type form").chosen;
  return answer;
}

/** The rows of a list message; resolves to the one that is chosen. */
export function chooseRow(list, chosenId) {
  let choose = () => {};
  const rowButton = (row) => h("button", { type: "button", class: "list-row", "aria-pressed": String(row.id === chosenId), onclick: () => choose(row) },
    h("span", {}, h("b", { dir: "auto" }, row.title), row.description ? h("small", { dir: "auto" }, row.description) : null), h("i", { class: "radio" }));
  const section = ({ title, rows }) => h("section", {}, title ? h("h3", { dir: "auto" }, title) : null, rows.map(rowButton));
  const answer = ask(list.button, h("div", { class: "list-rows" }, list.sections.map(section)), null, () => null);
  choose = document.querySelector("dialog:last-of-type form").chosen;
  return answer;
}

export function askUsername() {
  const body = h("div", { class: "fields" }, h("p", { class: "faint" }, "The business then sees the username and a user id; the number only where it wrote to that in the last 30 days."),
    field("Username", "username", { required: true, placeholder: "moss.garden", pattern: "@?[A-Za-z0-9._]{3,35}" }));
  return ask("Choose a username", body, "Choose", (data) => words(data.get("username"))?.replace(/^@/, ""));
}

export function askNumber(customer) {
  const body = h("div", { class: "fields" }, h("p", { class: "faint" }, "The business is told by a system message and an update of the user id."),
    field("New phone number", "phone", { required: true, inputmode: "tel", pattern: "[+0-9 ()\\-]{5,22}", placeholder: `+${customer.wa_id}` }));
  return ask("Change the phone number", body, "Change", (data) => words(data.get("phone")));
}

export function showBody(title, body) {
  return ask(title, h("pre", { class: "json", tabindex: "0" }, body), null, () => null);
}
