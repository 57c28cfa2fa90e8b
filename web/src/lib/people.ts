/** Initials and a calm colour for a name, the same everywhere and every time. */

const TONES = 8;

/** Scripts whose letters stand alone; in others two of them would join or be too wide. */
const SEPARATE = /^[\p{Script=Latin}\p{Script=Cyrillic}\p{Script=Greek}]/u;

/** The first letters of the first and the last word; whole characters, so that Devanagari stays intact. */
export function initials(name: string): string {
  const words = name.split(/\s+/).filter((word) => /\p{L}/u.test(word));
  const first = letter(words[0]);
  const last = words.length > 1 && SEPARATE.test(first) ? letter(words.at(-1)) : "";
  return (first + last).toLocaleUpperCase();
}

const segmenter = new Intl.Segmenter(undefined, { granularity: "grapheme" });

function letter(word: string | undefined): string {
  if (!word) return "";
  const start = word.search(/\p{L}/u);
  for (const { segment } of segmenter.segment(word.slice(start))) return segment;
  return "";
}

export function tone(seed: string): number {
  let hash = 0;
  for (let index = 0; index < seed.length; index += 1) hash = (hash * 31 + seed.charCodeAt(index)) | 0;
  return Math.abs(hash) % TONES;
}

/** The calling codes of one and two digits; all others have three (ITU-T E.164). */
const SHORT_CODE = /^(?:1|7|2[07]|3[0-469]|4[013-9]|5[1-8]|6[0-6]|8[1246]|9[0-58])/;

/** +34600111222 → +34 600 111 222: the country, then groups of three, which read well anywhere. */
export function readablePhone(phone: string): string {
  const digits = phone.replace(/[^\d]/g, "");
  if (digits.length < 8) return phone;
  const code = SHORT_CODE.exec(digits)?.[0] ?? digits.slice(0, 3);
  const american = code === "1" && /^1(\d{3})(\d{3})(\d{4})$/.exec(digits);
  if (american) return `+1 ${american.slice(1).join(" ")}`;
  const groups: string[] = [];
  for (let end = digits.length; end > code.length; end -= 3) groups.unshift(digits.slice(Math.max(code.length, end - 3), end));
  const [first = "", second = "", ...rest] = groups;
  // A single digit in front looks lost.
  const joined = first.length === 1 ? [first + second, ...rest] : groups;
  return `+${code} ${joined.join(" ")}`;
}
