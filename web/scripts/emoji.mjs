// Writes the emoji picker's data: one file per language, a line per emoji with its name and words to find it by. Run when Unicode has new ones:
//   npm install --no-save emojibase-data && node scripts/emoji.mjs
// emojibase-data is MIT, its words come from Unicode's CLDR. Skin tones are left out: the picker stays small.
import { readFileSync, writeFileSync } from "node:fs";

const VERSION_MAX = 15;
const WORDS_MAX = 5;
// Emojibase's numbers of groups; 2 is parts that are not emoji by themselves.
const GROUPS = { 0: "smileys", 1: "people", 3: "nature", 4: "food", 5: "travel", 6: "activities", 7: "objects", 8: "symbols", 9: "flags" };

for (const language of ["en", "es"]) {
  const all = JSON.parse(readFileSync(`node_modules/emojibase-data/${language}/data.json`, "utf8"));
  const lines = [];
  let open = null;
  for (const item of all.toSorted((a, b) => (a.order ?? 1e9) - (b.order ?? 1e9))) {
    const group = GROUPS[item.group];
    if (!group || item.version > VERSION_MAX || /\u200D[♀♂]/u.test(item.emoji)) continue;
    if (group !== open) lines.push(`#${group}`);
    open = group;
    const known = new Set(item.label.toLowerCase().split(/\W+/));
    const words = (item.tags ?? []).filter((word) => !known.has(word.toLowerCase())).slice(0, WORDS_MAX);
    lines.push([item.emoji, [item.label, ...words].join(",")].join(" "));
  }
  writeFileSync(`src/ui/emoji/${language}.txt`, `${lines.join("\n")}\n`);
  console.log(language, lines.length);
}
