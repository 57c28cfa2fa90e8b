import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { GROUPS, findEmoji, readEmoji } from "./emoji";

describe.each(["en", "es"])("emoji in %s", (language) => {
  const all = readEmoji(readFileSync(new URL(`./${language}.txt`, import.meta.url), "utf8"));

  test("every group has some, and none comes twice", () => {
    for (const group of GROUPS) expect(all.some((item) => item.group === group), group).toBe(true);
    expect(new Set(all.map((item) => item.emoji)).size).toBe(all.length);
  });
});

test("they are found by the beginnings of words, without accents, names first", () => {
  const all = readEmoji("#smileys\n😀 cara feliz,sonrisa\n😢 cara con lágrima,triste\n#food\n☕ café,bebida caliente,cara\n");
  expect(findEmoji(all, "cafe").map((item) => item.emoji)).toEqual(["☕"]);
  expect(findEmoji(all, "cara").map((item) => item.emoji)).toEqual(["😀", "😢", "☕"]);
  expect(findEmoji(all, "cara lag").map((item) => item.emoji)).toEqual(["😢"]);
  expect(findEmoji(all, "ara")).toEqual([]);
});
