import { Search } from "lucide-react";
import { type KeyboardEvent, useEffect, useState } from "react";
import { type LanguageCode, t, useLanguage } from "@/i18n";
import { untilThere } from "@/lib/lazy";
import { type Emoji, GROUPS, findEmoji, readEmoji } from "./emoji";
import { recentEmoji, rememberEmoji } from "./recent";

const WORDS: Record<LanguageCode, () => Promise<{ default: string }>> = {
  en: () => import("./en.txt?raw"),
  es: () => import("./es.txt?raw"),
};

function useEmoji(): Emoji[] {
  const language = useLanguage();
  const [all, setAll] = useState<Emoji[]>([]);
  useEffect(() => {
    let wanted = true;
    void untilThere(WORDS[language]).then(({ default: text }) => wanted && setAll(readEmoji(text)));
    return () => {
      wanted = false;
    };
  }, [language]);
  return all;
}

/** All emoji, found by words in the language on screen. */
export default function EmojiPicker({ onPick }: { onPick: (emoji: string) => void }) {
  const all = useEmoji();
  const [query, setQuery] = useState("");
  const [recent] = useState(recentEmoji);
  const pick = (emoji: string) => {
    rememberEmoji(emoji);
    onPick(emoji);
  };
  const found = query.trim() === "" ? null : findEmoji(all, query);
  const byName = new Map(all.map((item) => [item.emoji, item]));
  const known = recent.flatMap((emoji) => byName.get(emoji) ?? []);
  return (
    // The arrows move between what can be focused by itself.
    // eslint-disable-next-line jsx-a11y/no-static-element-interactions
    <div className="flex h-88 w-82 max-w-[calc(100vw-2rem)] flex-col" onKeyDown={onArrow}>
      <label className="m-1 flex items-center gap-2 rounded-[10px] border border-line-strong px-2.5 focus-within:border-accent">
        <Search className="size-4 text-ink-3" aria-hidden="true" />
        <input
          type="search"
          dir="auto"
          aria-label={t("emoji.search")}
          placeholder={t("emoji.search")}
          // Opened to look for one.
          // eslint-disable-next-line jsx-a11y/no-autofocus
          autoFocus={window.matchMedia("(hover: hover)").matches}
          value={query}
          onChange={(event) => setQuery(event.target.value)}
          onKeyDown={(event) => {
            if (event.key === "Enter" && found?.[0]) pick(found[0].emoji);
          }}
          className="h-9 min-w-0 grow bg-transparent outline-none pointer-coarse:text-[1rem]"
        />
      </label>
      <div className="min-h-0 grow overflow-y-auto overscroll-contain px-1 pb-1">
        {found?.length === 0 && <p className="p-6 text-center text-ink-3">{t("emoji.nothing")}</p>}
        {found && <Grid items={found} onPick={pick} />}
        {!found && known.length > 0 && <Section title={t("emoji.recent")} items={known} onPick={pick} />}
        {!found &&
          GROUPS.map((group) => (
            <Section key={group} title={t(`emoji.${group}`)} items={all.filter((item) => item.group === group)} onPick={pick} />
          ))}
      </div>
    </div>
  );
}

function Section({ title, ...grid }: { title: string; items: Emoji[]; onPick: (emoji: string) => void }) {
  if (grid.items.length === 0) return null;
  return (
    <section aria-label={title} className="[contain-intrinsic-size:auto_12rem] [content-visibility:auto]">
      <h3 className="px-1 pt-2 pb-1 text-xs font-semibold text-ink-3">{title}</h3>
      <Grid {...grid} />
    </section>
  );
}

function Grid({ items, onPick }: { items: Emoji[]; onPick: (emoji: string) => void }) {
  return (
    <div className="grid grid-cols-8">
      {items.map(({ emoji, name }, index) => (
        <button
          key={emoji}
          type="button"
          title={name}
          aria-label={name}
          tabIndex={index === 0 ? 0 : -1}
          onClick={() => onPick(emoji)}
          className="flex aspect-square items-center justify-center rounded-lg text-xl hover:bg-hover focus-visible:-outline-offset-2"
        >
          {emoji}
        </button>
      ))}
    </div>
  );
}

const COLUMNS = 8;

function onArrow(event: KeyboardEvent<HTMLElement>): void {
  const back = document.documentElement.dir === "rtl" ? 1 : -1;
  const step = { ArrowLeft: back, ArrowRight: -back, ArrowUp: -COLUMNS, ArrowDown: COLUMNS }[event.key];
  const all = [...event.currentTarget.querySelectorAll<HTMLElement>("button")];
  const at = all.indexOf(document.activeElement as HTMLElement);
  // In the field, left and right belong to the text.
  if (step === undefined || (at < 0 && event.key !== "ArrowDown")) return;
  event.preventDefault();
  if (at < 0) all[0]?.focus();
  else all[at + step]?.focus();
}
