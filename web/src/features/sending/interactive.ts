/** The form of interactive messages: what was typed, and the body it makes within Meta's limits. Pure. */
import type { InteractiveBody } from "@/api/types";

export const LIMITS = { header: 60, body: 1024, footer: 60, buttons: 3, buttonTitle: 20, rows: 10, rowTitle: 24, rowDescription: 72 } as const;

export type Kind = "button" | "list" | "cta_url";

export interface Row {
  title: string;
  description: string;
}

export interface InteractiveForm {
  kind: Kind;
  header: string;
  body: string;
  footer: string;
  buttons: string[];
  listButton: string;
  rows: Row[];
  urlTitle: string;
  url: string;
}

export const EMPTY_FORM: InteractiveForm = {
  kind: "button",
  header: "",
  body: "",
  footer: "",
  buttons: [""],
  listButton: "",
  rows: [{ title: "", description: "" }],
  urlTitle: "",
  url: "",
};

const idOf = (index: number) => `choice_${index + 1}`;

/** null while something that is needed is missing. */
export function interactiveBody(form: InteractiveForm): InteractiveBody | null {
  const text = {
    ...(form.header.trim() === "" ? {} : { header: form.header.trim() }),
    body: form.body.trim(),
    ...(form.footer.trim() === "" ? {} : { footer: form.footer.trim() }),
  };
  if (text.body === "") return null;
  const parts = partsOf(form);
  return parts && { kind: form.kind, ...text, ...parts };
}

function partsOf({ kind, buttons, listButton, rows, urlTitle, url }: InteractiveForm): Partial<InteractiveBody> | null {
  if (kind === "button") {
    const titles = buttons.map((title) => title.trim()).filter(Boolean);
    const twice = new Set(titles).size < titles.length;
    return titles.length === 0 || twice ? null : { buttons: titles.map((title, index) => ({ id: idOf(index), title })) };
  }
  if (kind === "list") {
    const kept = rows.filter(({ title }) => title.trim() !== "");
    if (kept.length === 0 || listButton.trim() === "") return null;
    const made = kept.map(({ title, description }, index) => ({
      id: idOf(index),
      title: title.trim(),
      ...(description.trim() === "" ? {} : { description: description.trim() }),
    }));
    return { list: { button: listButton.trim(), sections: [{ rows: made }] } };
  }
  return urlTitle.trim() === "" || !/^https?:\/\/\S+\.\S+/.test(url.trim()) ? null : { url: { title: urlTitle.trim(), url: url.trim() } };
}
