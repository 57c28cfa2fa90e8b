/** The emoji that this person used last, in this browser. */
const KEY = "hoopoe.emoji";
const KEPT = 16;

export function recentEmoji(): string[] {
  try {
    const held: unknown = JSON.parse(localStorage.getItem(KEY) ?? "[]");
    return Array.isArray(held) ? held.filter((item) => typeof item === "string") : [];
  } catch {
    return [];
  }
}

export function rememberEmoji(emoji: string): void {
  const next = [emoji, ...recentEmoji().filter((held) => held !== emoji)].slice(0, KEPT);
  try {
    localStorage.setItem(KEY, JSON.stringify(next));
  } catch {
    // Private mode: forgotten with the tab.
  }
}
