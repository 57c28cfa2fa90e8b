/**
 * Reads WhatsApp's own marks (*bold* _italic_ ~strike~ ```mono``` `code`), links, addresses and numbers into a tree.
 * The tree is drawn as React nodes, so nothing in a message can become markup. Pure.
 */

export type Piece =
  | { kind: "text"; text: string }
  | { kind: "link"; text: string; href: string }
  | { kind: "code"; text: string; block: boolean }
  | { kind: "bold" | "italic" | "strike"; pieces: Piece[] };

const MARKS = { "*": "bold", _: "italic", "~": "strike" } as const;

const LINK =
  /(https?:\/\/[^\s<>"']+|www\.[^\s<>"']+\.[^\s<>"']+)|([\p{L}\d._%+-]+@[\p{L}\d-]+(?:\.[\p{L}\d-]+)+)/giu;

export function parseText(text: string): Piece[] {
  const pieces: Piece[] = [];
  const code = /```([\s\S]+?)```|`([^`\n]+)`/g;
  let from = 0;
  for (const found of text.matchAll(code)) {
    pieces.push(...marks(text.slice(from, found.index)));
    const block = found[1] !== undefined;
    pieces.push({ kind: "code", text: (found[1] ?? found[2] ?? "").replace(/^\n|\n$/g, ""), block });
    from = found.index + found[0].length;
  }
  pieces.push(...marks(text.slice(from)));
  return pieces;
}

interface Mark {
  from: number;
  to: number;
  kind: (typeof MARKS)[keyof typeof MARKS];
}

/** A mark opens after a break and before a word, and closes after a word and before a break: 2*3*4 is not bold. */
function firstMark(text: string): Mark | null {
  for (let from = 0; from < text.length; from += 1) {
    const sign = text[from] ?? "";
    if (!(sign in MARKS) || isWord(text[from - 1]) || isSpace(text[from + 1])) continue;
    const to = closing(text, sign, from + 1);
    if (to > 0 && !insideLink(text, from)) return { from, to, kind: MARKS[sign as keyof typeof MARKS] };
  }
  return null;
}

function closing(text: string, sign: string, start: number): number {
  for (let at = start; at < text.length && text[at] !== "\n"; at += 1) {
    const closes = text[at] === sign && at > start && !isSpace(text[at - 1]) && !isWord(text[at + 1]);
    if (closes) return at;
  }
  return -1;
}

const isSpace = (character: string | undefined) => character === undefined || /\s/.test(character);
const isWord = (character: string | undefined) => character !== undefined && /[\p{L}\p{N}]/u.test(character);

/** Underscores and tildes are common in addresses and must not break them. */
function insideLink(text: string, at: number): boolean {
  for (const found of text.matchAll(LINK)) {
    if (at >= found.index && at < found.index + found[0].length) return true;
  }
  return false;
}

function marks(text: string): Piece[] {
  const mark = firstMark(text);
  if (!mark) return links(text);
  return [
    ...links(text.slice(0, mark.from)),
    { kind: mark.kind, pieces: marks(text.slice(mark.from + 1, mark.to)) },
    ...marks(text.slice(mark.to + 1)),
  ];
}

function links(text: string): Piece[] {
  const pieces: Piece[] = [];
  let from = 0;
  for (const found of text.matchAll(LINK)) {
    const shown = trimmed(found[0]);
    if (found.index > from) pieces.push({ kind: "text", text: text.slice(from, found.index) });
    pieces.push({ kind: "link", text: shown, href: address(shown, found[2] !== undefined) });
    from = found.index + shown.length;
  }
  if (from < text.length) pieces.push({ kind: "text", text: text.slice(from) });
  return pieces;
}

/** A full stop or a bracket after an address ends the sentence, not the address. */
function trimmed(link: string): string {
  const end = /[.,;:!?»”’…*_~]+$/u.exec(link);
  let shown = end ? link.slice(0, end.index) : link;
  if (shown.endsWith(")") && !shown.includes("(")) shown = shown.slice(0, -1);
  return shown;
}

function address(shown: string, mail: boolean): string {
  if (mail) return `mailto:${shown}`;
  return /^https?:/i.test(shown) ? shown : `https://${shown}`;
}

/** Up to three emoji and nothing else are drawn large, as WhatsApp does. */
export function isFewEmoji(text: string): boolean {
  const plain = text.trim();
  if (plain === "" || plain.length > 40) return false;
  if (!/^(?:\p{Extended_Pictographic}|\p{Emoji_Modifier}|\p{Regional_Indicator}|\u200d|\ufe0f|\s)+$/u.test(plain)) return false;
  return [...new Intl.Segmenter(undefined, { granularity: "grapheme" }).segment(plain.replace(/\s/g, ""))].length <= 3;
}
