// The line at the foot of the phone: text, attachments, voice notes, the quoted message.

import { h, sizeLabel, toast } from "./dom.js";
import { icon } from "./icons.js";
import * as api from "./api.js";
import { preview } from "./bubbles.js";
import { canRecord, record } from "./voice.js";
import { askContact, askLocation, chooseSample } from "./dialogs.js";

/** Kind of message a chosen file becomes. */
function kindOf(file) {
  if (["image/jpeg", "image/png"].includes(file.type)) return "image";
  if (file.type === "image/webp") return "sticker";
  if (["video/mp4", "video/3gpp"].includes(file.type)) return "video";
  if (file.type.startsWith("audio/")) return "audio";
  return "document";
}

/** Builds the composer into `foot`; `send(draft)` sends for the open chat. */
export function makeComposer(foot, { send, samples }) {
  let quote = null;
  let file = null;
  let recording = null;

  const context = h("div", { class: "context", hidden: true });
  const input = h("textarea", { rows: 1, placeholder: "Message", "aria-label": "Message", dir: "auto" });
  const picker = h("input", { type: "file", hidden: true });
  const menu = h("div", { class: "menu", role: "menu", hidden: true });
  const attach = h("button", { type: "button", class: "icon", "aria-label": "Attach", "aria-haspopup": "menu", "aria-expanded": "false",
    onclick: () => toggleMenu(menu.hidden) }, icon("plus"));
  const main = h("button", { type: "button", class: "icon round", onclick: () => pressMain() });
  const timer = h("span", { class: "timer", hidden: true, role: "timer" });
  const cancel = h("button", { type: "button", class: "icon", hidden: true, "aria-label": "Discard recording", onclick: () => endRecording(false) }, icon("close"));
  foot.replaceChildren(menu, context, h("div", { class: "line" }, attach, cancel, timer, input, main), picker);

  function toggleMenu(open) {
    menu.hidden = !open;
    attach.setAttribute("aria-expanded", String(open));
    if (open) menu.querySelector("button").focus();
  }

  const choices = [
    ["image", "Photo or film", () => pick("image/jpeg,image/png,video/mp4")],
    ["file", "Document", () => pick("")],
    ["spark", "Sample file", async () => withSample(await chooseSample(samples().filter((s) => s.kind !== "sticker")))],
    ["sticker", "Sticker", async () => withSample(await chooseSample(samples().filter((s) => s.kind === "sticker")))],
    ["pin", "Location", async () => deliver(await askLocation())],
    ["person", "Contact card", async () => deliver(await askContact())],
  ];
  menu.append(...choices.map(([name, label, act]) => h("button", { type: "button", role: "menuitem", onclick: () => {
    toggleMenu(false);
    act();
  } }, icon(name), label)));
  menu.addEventListener("keydown", (event) => {
    const items = [...menu.children];
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) items[(items.indexOf(document.activeElement) + step + items.length) % items.length].focus();
    if (event.key === "Escape") { toggleMenu(false); attach.focus(); }
  });
  document.addEventListener("click", (event) => {
    if (!menu.hidden && !foot.contains(event.target)) toggleMenu(false);
  });

  function pick(types) {
    picker.accept = types;
    picker.value = "";
    picker.click();
  }

  picker.onchange = () => setFile(picker.files[0] ?? null);
  input.oninput = () => draw();
  input.onkeydown = (event) => {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      if (hasSomething()) pressMain();
    }
    if (event.key === "Escape") reset();
  };
  input.onpaste = (event) => {
    const pasted = [...event.clipboardData.files][0];
    if (pasted) { event.preventDefault(); setFile(pasted); }
  };

  const hasSomething = () => Boolean(file || input.value.trim());

  function setFile(chosen) {
    file = chosen;
    draw();
    input.focus();
  }

  function setQuote(entry) {
    quote = entry;
    draw();
    input.focus();
  }

  function reset() {
    quote = null;
    file = null;
    input.value = "";
    draw();
  }

  function drawContext() {
    const close = (what) => h("button", { type: "button", class: "icon small", "aria-label": `Remove ${what}`, onclick: () => {
      if (what === "file") file = null; else quote = null;
      draw();
    } }, icon("close"));
    const thumb = file && kindOf(file) === "image" ? h("img", { src: URL.createObjectURL(file), alt: "" }) : file ? icon("file", "big") : null;
    context.replaceChildren(...[
      quote && h("div", { class: "pending quote" }, h("span", {}, h("b", {}, quote.from === "customer" ? "You" : "Business"), preview(quote)), close("quote")),
      file && h("div", { class: "pending" }, thumb, h("span", {}, h("b", {}, file.name), sizeLabel(file.size)), close("file")),
    ].filter(Boolean));
    context.hidden = !quote && !file;
  }

  function draw() {
    input.style.height = "auto";
    if (input.value && input.scrollHeight) input.style.height = `${Math.min(input.scrollHeight, 120)}px`;
    const sends = hasSomething() || recording;
    main.replaceChildren(icon(sends ? "send" : "mic"));
    main.setAttribute("aria-label", sends ? "Send" : "Record a voice note");
    input.hidden = attach.hidden = Boolean(recording);
    timer.hidden = cancel.hidden = !recording;
    input.placeholder = file ? "Caption" : "Message";
    drawContext();
  }

  async function pressMain() {
    if (recording) return endRecording(true);
    if (!hasSomething()) return startRecording();
    const text = input.value.trim();
    const sent = { quote: quote?.id, file };
    reset();
    if (!sent.file) return deliver({ kind: "text", text, quote: sent.quote });
    await deliverFile(sent.file, kindOf(sent.file), { text: text || undefined, quote: sent.quote });
  }

  async function deliverFile(blob, kind, more) {
    try {
      const { id } = await api.upload(blob, blob.type, blob.name);
      await send({ kind, upload: id, ...more });
    } catch (error) {
      toast(error.message);
    }
  }

  async function deliver(draft) {
    if (!draft) return;
    const quoted = draft.quote ?? quote?.id;
    quote = null;
    draw();
    await send(quoted ? { ...draft, quote: quoted } : draft);
    input.focus();
  }

  const withSample = (sample) => deliver(sample && { sample: sample.name });

  async function startRecording() {
    const recorder = canRecord() ? await record().catch(() => null) : null;
    if (!recorder) {
      toast("No microphone here: a sample voice note was sent instead.");
      return withSample(samples().find((sample) => sample.kind === "voice"));
    }
    const since = Date.now();
    const tick = () => {
      const seconds = Math.floor((Date.now() - since) / 1000);
      timer.textContent = `Recording ${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
    };
    recording = { recorder, clock: setInterval(tick, 1000) };
    tick();
    draw();
  }

  async function endRecording(keep) {
    const { recorder, clock } = recording;
    clearInterval(clock);
    recording = null;
    draw();
    if (!keep) return recorder.cancel();
    const quoted = quote?.id;
    quote = null;
    await deliverFile(await recorder.stop(), "voice", { quote: quoted });
  }

  draw();
  return { setQuote, setFile, reset, focus: () => input.focus() };
}
