// Building elements without a framework, and a few words every part of the page needs.

/** Makes an element: h("p", {class: "x", onclick}, "text", child…). Null children are left out. */
export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name in element && name !== "list" && typeof value !== "string") element[name] = value;
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

export const byId = (id) => document.getElementById(id);

export function toast(message) {
  const note = h("div", { class: "toast" }, message);
  byId("toasts").append(note);
  setTimeout(() => note.remove(), 5000);
}

const clock = new Intl.DateTimeFormat(undefined, { hour: "numeric", minute: "2-digit" });
const dayName = new Intl.DateTimeFormat(undefined, { weekday: "long", day: "numeric", month: "long" });
const shortDay = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short" });

export const timeOf = (at) => clock.format(at);
export const dayOf = (at) => new Date(at).toDateString();

export function dayLabel(at) {
  if (dayOf(at) === dayOf(Date.now())) return "Today";
  if (dayOf(at) === dayOf(Date.now() - 86400000)) return "Yesterday";
  return dayName.format(at);
}

export const shortTime = (at) => (dayOf(at) === dayOf(Date.now()) ? timeOf(at) : shortDay.format(at));

export function initials(name) {
  const letters = name.replace(/^[@+]/, "").split(/\s+/).map((word) => [...word][0] ?? "");
  return (letters.length > 1 ? letters[0] + letters.at(-1) : letters[0] ?? "?").toUpperCase();
}

/** One of eight calm hues, always the same for the same id. */
export function hueOf(id) {
  let sum = 0;
  for (const letter of id) sum = (sum * 31 + letter.codePointAt(0)) % 997;
  return `hue-${sum % 8}`;
}

export const nameOf = (customer) => customer.name ?? (customer.username ? `@${customer.username}` : `+${customer.wa_id}`);

export function sizeLabel(bytes) {
  if (!bytes) return "";
  return bytes < 1024 * 1024 ? `${Math.max(1, Math.round(bytes / 1024))} KB` : `${(bytes / 1024 / 1024).toFixed(1)} MB`;
}
