/** The emoji of the picker: read from lines of text, grouped, and found by words. Pure. */

export const GROUPS = ["smileys", "people", "nature", "food", "travel", "activities", "objects", "symbols", "flags"] as const;
export type EmojiGroup = (typeof GROUPS)[number];

export interface Emoji {
  emoji: string;
  name: string;
  /** Name and other words, in lower case, without accents. */
  words: string;
  group: EmojiGroup;
}

const plain = (text: string) => text.toLocaleLowerCase().normalize("NFD").replace(/\p{M}/gu, "");

export function readEmoji(text: string): Emoji[] {
  const found: Emoji[] = [];
  let group: EmojiGroup = "smileys";
  for (const line of text.split("\n")) {
    const heading = GROUPS.find((name) => line === `#${name}`);
    if (heading) group = heading;
    const space = line.indexOf(" ");
    if (heading || space < 0) continue;
    const words = line.slice(space + 1);
    found.push({ emoji: line.slice(0, space), name: words.split(",")[0] ?? "", words: plain(words), group });
  }
  return found;
}

/** Those in which every word that was typed begins a word; names that begin with it come first. */
export function findEmoji(all: Emoji[], query: string, limit = 90): Emoji[] {
  const wanted = plain(query).split(/\s+/).filter(Boolean);
  const fits = (item: Emoji) => wanted.every((word) => item.words.startsWith(word) || new RegExp(`[\\s,:]${escape(word)}`).test(item.words));
  const first = wanted[0] ?? "";
  const rank = (item: Emoji) => (item.words.startsWith(first) ? 0 : 1);
  return all
    .filter(fits)
    .toSorted((a, b) => rank(a) - rank(b))
    .slice(0, limit);
}

function escape(word: string): string {
  return word.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}
