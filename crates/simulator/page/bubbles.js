// One message as a bubble: its content by kind, quote, reactions, ticks, and what can be done with it.

import { h, sizeLabel, timeOf } from "./dom.js";
import { icon } from "./icons.js";
import * as api from "./api.js";
import { offer } from "./choices.js";

const EMOJI = ["👍", "❤️", "😂", "😮", "🙏", "🎉"];

const mediaUrl = (media) => (media?.id ? `/sim/media/${media.id}` : media?.link ?? null);

/** What a message says in one line: for quotes and for the customer list. */
export function preview(entry) {
  if (entry.deleted) return "Deleted message";
  if (["template", "interactive"].includes(entry.kind) && !entry.text) return entry.shown?.header?.text ?? "Message";
  if (entry.kind === "audio") return entry.content?.voice ? "🎤 Voice note" : "🎵 Sound";
  const words = { image: "📷 Photo", video: "🎬 Video", document: `📄 ${entry.media?.filename ?? "Document"}`,
    sticker: "Sticker", location: `📍 ${entry.text || "Location"}`, contacts: `👤 ${entry.text}`,
    order: "🛒 Order", unsupported: "Unsupported message" };
  const word = words[entry.kind];
  if (word && entry.text && ["image", "video"].includes(entry.kind)) return `${word.split(" ")[0]} ${entry.text}`;
  return word ?? (entry.text || entry.kind);
}

/** Text with links made clickable and *bold* / _italic_ shown as WhatsApp does. */
function richText(text) {
  const parts = text.split(/(https?:\/\/\S+|\*[^*\n]+\*|_[^_\n]+_)/);
  return parts.map((part) => {
    if (/^https?:\/\//.test(part)) return h("a", { href: part, target: "_blank", rel: "noreferrer" }, part);
    if (/^\*[^*\n]+\*$/.test(part)) return h("strong", {}, part.slice(1, -1));
    if (/^_[^_\n]+_$/.test(part)) return h("em", {}, part.slice(1, -1));
    return part;
  });
}

const textOf = (entry) => (entry.text ? h("p", { class: "words", dir: "auto" }, richText(entry.text)) : null);

/** Audio files already fetched, so that a redraw does not interrupt them. */
const players = new Map();

function player(entry) {
  const url = mediaUrl(entry.media);
  if (!url) return textOf(entry);
  if (players.has(entry.id)) return players.get(entry.id);
  const sound = h("audio", { preload: "metadata", src: url });
  const bars = h("span", { class: "bars", "aria-hidden": "true" });
  for (let index = 0; index < 28; index += 1) {
    const bar = h("i");
    const seed = entry.id.charCodeAt((index * 7) % entry.id.length) + index * 13;
    bar.style.setProperty("--tall", `${4 + (seed % 17)}px`);
    bars.append(bar);
  }
  const time = h("span", { class: "duration" }, "0:00");
  const show = (seconds) => {
    if (Number.isFinite(seconds)) time.textContent = `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, "0")}`;
  };
  const button = h("button", { type: "button", class: "icon play", "aria-label": "Play",
    onclick: () => (sound.paused ? sound.play() : sound.pause()) }, icon("play"));
  sound.onloadedmetadata = () => show(sound.duration);
  sound.onplay = () => {
    button.replaceChildren(icon("pause"));
    button.setAttribute("aria-label", "Pause");
    if (entry.from === "business" && entry.content?.voice) api.markPlayed(entry.id).catch(() => {});
  };
  sound.onpause = () => {
    button.replaceChildren(icon("play"));
    button.setAttribute("aria-label", "Play");
  };
  sound.ontimeupdate = () => {
    show(sound.currentTime || sound.duration);
    const done = (sound.currentTime / (sound.duration || 1)) * bars.children.length;
    [...bars.children].forEach((bar, index) => bar.classList.toggle("done", index < done));
  };
  const whole = h("div", { class: "voice" }, button, bars, time, sound);
  players.set(entry.id, whole);
  return whole;
}

function picture(entry) {
  const url = mediaUrl(entry.media);
  return h("a", { href: url, target: "_blank", rel: "noreferrer", class: "picture" },
    h("img", { src: url, alt: entry.text || "Photo", loading: "lazy" }));
}

function documentCard(entry) {
  const name = entry.media?.filename ?? "Document";
  const size = sizeLabel(entry.media?.size);
  return h("a", { class: "card", href: mediaUrl(entry.media), download: name }, icon("file", "big"),
    h("span", {}, h("b", {}, name), h("small", {}, [entry.media?.mime?.split("/").pop().toUpperCase(), size].filter(Boolean).join(" · "))));
}

function locationCard({ latitude, longitude, name, address }) {
  const link = `https://www.openstreetmap.org/?mlat=${latitude}&mlon=${longitude}#map=16/${latitude}/${longitude}`;
  return h("a", { class: "card", href: link, target: "_blank", rel: "noreferrer" }, icon("pin", "big"),
    h("span", {}, h("b", {}, name ?? "Location"), h("small", {}, address ?? `${Number(latitude).toFixed(4)}, ${Number(longitude).toFixed(4)}`)));
}

function contactCards(entry) {
  return entry.content.map((card) => h("div", { class: "card" }, icon("person", "big"),
    h("span", {}, h("b", {}, card.name?.formatted_name ?? "Contact"), h("small", {}, card.phones?.[0]?.phone ?? ""))));
}

function orderCard(entry) {
  const items = entry.content.product_items ?? [];
  const total = items.reduce((sum, item) => sum + item.quantity * item.item_price, 0);
  return h("div", { class: "card" }, icon("list", "big"), h("span", {},
    h("b", {}, `${items.length} articles · ${total.toFixed(2)} ${items[0]?.currency ?? ""}`),
    items.map((item) => h("small", {}, `${item.quantity} × ${item.product_retailer_id}`))));
}

/** The file of a message, or of its header, by its own type. */
function fileOf(entry) {
  const mime = entry.media.mime ?? "";
  const format = entry.shown?.header?.type ?? entry.content?.header?.type ?? "";
  if (mime.startsWith("image/") || format === "image") return picture(entry);
  if (mime.startsWith("video/") || format === "video") return film(entry);
  return documentCard(entry);
}

const film = (entry) => h("video", { src: mediaUrl(entry.media), controls: true, preload: "metadata" });

function interactiveReply(entry) {
  const answer = entry.content[entry.content.type];
  return [h("p", { class: "words", dir: "auto" }, answer?.title ?? entry.text),
    answer?.description ? h("small", { class: "faint", dir: "auto" }, answer.description) : null];
}

function content(entry, act) {
  if (entry.deleted) return h("p", { class: "words faint" }, "This message was deleted");
  switch (entry.kind) {
    case "image": return [picture(entry), textOf(entry)];
    case "sticker": return h("img", { class: "sticker", src: mediaUrl(entry.media), alt: "Sticker" });
    case "video": return [film(entry), textOf(entry)];
    case "audio": return player(entry);
    case "document": return [documentCard(entry), textOf(entry)];
    case "location": return locationCard(entry.content);
    case "contacts": return contactCards(entry);
    case "order": return [orderCard(entry), textOf(entry)];
    case "interactive":
    case "template":
      return entry.from === "customer" ? interactiveReply(entry) : offer(entry, act, { file: fileOf, richText, place: locationCard });
    case "unsupported": return h("p", { class: "words faint" }, "Something the API cannot carry");
    default: return textOf(entry) ?? h("p", { class: "words faint" }, entry.kind);
  }
}

/** The mark of a customer's own message, and what it says. */
export function webhookMark(entry) {
  if (entry.read_by_business) return ["checks", "read", "Read by the team"];
  switch (entry.webhook?.state) {
    case "delivered": return ["checks", "", "Delivered to Hoopoe"];
    case "retrying": return ["retry", "warn", `Retrying, ${entry.webhook.attempts} ${entry.webhook.attempts === 1 ? "attempt" : "attempts"} so far`];
    case "dropped": return ["alert", "bad", "Dropped on purpose"];
    case "gave_up": return ["alert", "bad", "Given up"];
    default: return ["clock", "", "On its way to Hoopoe"];
  }
}

function foot(entry) {
  const time = h("time", {}, entry.edited ? `edited ${timeOf(entry.at)}` : timeOf(entry.at));
  if (entry.from === "business") return h("span", { class: "foot" }, time);
  const [name, tone, title] = webhookMark(entry);
  const mark = icon(name, `tick ${tone}`);
  return h("span", { class: "foot", title }, time, mark, h("span", { class: "sr" }, title));
}

function quoteOf(entry, find) {
  if (!entry.quote) return null;
  const source = find(entry.quote);
  const who = source?.from === "customer" ? "You" : "Business";
  return h("button", { type: "button", class: "quote", onclick: () => jumpTo(entry.quote) },
    h("b", {}, source ? who : "Earlier"), h("span", {}, source ? preview(source) : "A message that is not here any more"));
}

function jumpTo(id) {
  const target = document.querySelector(`[data-id="${CSS.escape(id)}"]`);
  target?.scrollIntoView({ block: "center" });
  target?.classList.add("flash");
  setTimeout(() => target?.classList.remove("flash"), 1200);
}

function tools(entry, act) {
  const bar = h("div", { class: "reactions-bar", hidden: true }, EMOJI.map((emoji) =>
    h("button", { type: "button", "aria-label": `React ${emoji}`, onclick: () => {
      bar.hidden = true;
      const mine = entry.reactions.find((reaction) => reaction.by === "customer")?.emoji;
      act.react(entry, mine === emoji ? "" : emoji);
    } }, emoji)));
  return h("div", { class: "tools" },
    h("button", { type: "button", class: "icon small", "aria-label": "React", onclick: () => { bar.hidden = !bar.hidden; } }, icon("smile")),
    h("button", { type: "button", class: "icon small", "aria-label": "Reply", onclick: () => act.quote(entry) }, icon("reply")),
    bar);
}

/** Why a business's message is not (yet) on the phone. */
function trouble(entry) {
  if (entry.from !== "business") return null;
  if (entry.status === "failed") return h("p", { class: "trouble bad" }, icon("alert"), `Never arrived — ${entry.failure ?? "failed"}`);
  if (entry.status === "accepted" || entry.status === "sent") return h("p", { class: "trouble" }, icon("clock"), "On its way to this phone");
  return null;
}

/** Time and ticks stand below the words, but above what can be tapped. */
function withFoot(parts, mark) {
  const list = [parts].flat().filter(Boolean);
  const last = list.at(-1);
  return last instanceof Element && last.classList.contains("choices") ? [...list.slice(0, -1), mark, last] : [...list, mark];
}

export function bubble(entry, { act, find, joined }) {
  const side = entry.from === "customer" ? "mine" : "theirs";
  const offers = entry.from === "business" && ["interactive", "template"].includes(entry.kind) ? "offers" : "";
  const bare = entry.kind === "sticker" && !entry.deleted ? "bare" : "";
  const reactions = entry.reactions.length
    ? h("div", { class: "reactions" }, entry.reactions.map((reaction) =>
        h("span", { title: reaction.by === "customer" ? "You" : "Business" }, reaction.emoji)))
    : null;
  return h("article", { class: `row ${side} ${joined ? "joined" : ""} ${entry.status === "failed" ? "faded" : ""}`, "data-id": entry.id, tabindex: "-1" },
    h("div", { class: `bubble ${bare} ${offers} kind-${entry.kind}` }, quoteOf(entry, find), withFoot(content(entry, act), foot(entry)), reactions),
    entry.deleted ? null : tools(entry, act), trouble(entry));
}
