import { useQuery } from "@tanstack/react-query";
import { ArrowDownNarrowWide, ArrowUpNarrowWide, BellOff, CheckCheck, ListFilter, MailOpen, Search, X } from "lucide-react";
import { type Ref, useEffect, useEffectEvent, useState } from "react";
import { useAccounts } from "@/directory/api";
import { t } from "@/i18n";
import { number } from "@/i18n/format";
import { cx } from "@/lib/cx";
import { useDebounced } from "@/lib/hooks";
import { IconButton } from "@/ui/button";
import { Menu, MenuChoice, MenuLabel, MenuSeparator } from "@/ui/menu";
import { countsQuery } from "./api";
import { type InboxSearch, VIEWS, type View, searchForView, viewOf } from "./filters";

interface HeaderProps {
  search: InboxSearch;
  onSearch: (next: InboxSearch, replace?: boolean) => void;
  searchRef: Ref<HTMLInputElement>;
}

export function ListHeader({ search, onSearch, searchRef }: HeaderProps) {
  return (
    <header className="border-b border-line px-4 pt-4 pb-2">
      <div className="flex items-center gap-2">
        <SearchBox key={search.q === undefined ? "empty" : "search"} search={search} onSearch={onSearch} ref={searchRef} />
        <FilterMenu search={search} onSearch={onSearch} />
      </div>
      <Views search={search} onSearch={onSearch} />
      <ActiveFilters search={search} onSearch={onSearch} />
    </header>
  );
}

const SEARCH_DELAY_MS = 250;

function SearchBox({ search, onSearch, ref }: Omit<HeaderProps, "searchRef"> & { ref: Ref<HTMLInputElement> }) {
  const [text, setText] = useState(search.q ?? "");
  const rested = useDebounced(text.trim(), SEARCH_DELAY_MS);
  const publish = useEffectEvent((q: string) => {
    if (q === (search.q ?? "")) return;
    onSearch(q === "" ? without(search, "q") : { ...search, q }, true);
  });
  useEffect(() => publish(rested), [rested]);
  return (
    <div className="relative min-w-0 grow">
      <Search className="pointer-events-none absolute start-3 top-1/2 size-4 -translate-y-1/2 text-ink-3" aria-hidden="true" />
      <input
        ref={ref}
        type="search"
        dir="auto"
        value={text}
        onChange={(event) => setText(event.target.value)}
        onKeyDown={(event) => {
          if (event.key === "Escape") event.currentTarget.blur();
        }}
        aria-label={t("list.searchLabel")}
        placeholder={t("list.searchLabel")}
        className="control border-transparent! bg-hover! ps-9! pe-9! [&::-webkit-search-cancel-button]:hidden"
      />
      {text !== "" && (
        <IconButton label={t("action.clear")} className="absolute end-1 top-1 size-8" onClick={() => setText("")}>
          <X className="size-4" />
        </IconButton>
      )}
    </div>
  );
}

function Views({ search, onSearch }: Omit<HeaderProps, "searchRef">) {
  const { data: counts } = useQuery(countsQuery);
  const chosen = viewOf(search);
  const count: Partial<Record<View, number | undefined>> = {
    mine: counts?.mine,
    unassigned: counts?.unassigned,
    all: counts?.all,
  };
  return (
    <nav aria-label={t("list.views")} className="-mx-2 mt-3 flex gap-0.5 pb-1">
      {VIEWS.map((view) => (
        <button
          key={view}
          type="button"
          aria-pressed={chosen === view}
          onClick={() => onSearch(searchForView(view, search))}
          title={t(`view.${view}`)}
          className={cx(
            "inline-flex h-8 min-w-8 items-center justify-center gap-1.5 rounded-full px-2.5 text-sm font-medium transition-colors focus-visible:-outline-offset-2",
            chosen === view ? "bg-accent-soft text-accent-ink" : "text-ink-2 hover:bg-hover",
            // The views of work come as words, the two shelves as pictures at the end.
            view === "snoozed" && "ms-auto",
          )}
        >
          {view === "snoozed" ? <BellOff className="size-4.5" /> : null}
          {view === "resolved" ? <CheckCheck className="size-4.5" /> : null}
          <span className={view === "snoozed" || view === "resolved" ? "sr-only" : "truncate"}>{t(`view.${view}`)}</span>
          {count[view] !== undefined && count[view] > 0 && (
            <span className={cx("text-xs tabular-nums", chosen === view ? "" : "text-ink-3")}>{number(count[view])}</span>
          )}
        </button>
      ))}
    </nav>
  );
}

function without(search: InboxSearch, key: keyof InboxSearch): InboxSearch {
  const next = { ...search };
  // eslint-disable-next-line @typescript-eslint/no-dynamic-delete -- the key is one of a few known ones
  delete next[key];
  return next;
}

function FilterMenu({ search, onSearch }: Omit<HeaderProps, "searchRef">) {
  const accounts = useAccounts();
  const active = search.account !== undefined || search.unread === true || search.sort !== undefined;
  return (
    <Menu
      trigger={
        <IconButton label={t("list.filter")} className={cx("size-10", active && "bg-accent-soft text-accent-ink")}>
          <ListFilter className="size-5" />
        </IconButton>
      }
    >
      <MenuChoice
        icon={<MailOpen className="size-4 text-ink-3" />}
        checked={search.unread === true}
        onSelect={() => onSearch(search.unread ? without(search, "unread") : { ...search, unread: true })}
      >
        {t("list.unreadOnly")}
      </MenuChoice>
      <MenuSeparator />
      <MenuLabel>{t("list.sort")}</MenuLabel>
      <MenuChoice
        icon={<ArrowDownNarrowWide className="size-4 text-ink-3" />}
        checked={search.sort === undefined}
        onSelect={() => onSearch(without(search, "sort"))}
      >
        {t("list.newestFirst")}
      </MenuChoice>
      <MenuChoice
        icon={<ArrowUpNarrowWide className="size-4 text-ink-3" />}
        checked={search.sort === "oldest"}
        onSelect={() => onSearch({ ...search, sort: "oldest" })}
      >
        {t("list.oldestFirst")}
      </MenuChoice>
      {accounts.length > 1 && (
        <>
          <MenuSeparator />
          <MenuLabel>{t("list.account")}</MenuLabel>
          <MenuChoice checked={search.account === undefined} onSelect={() => onSearch(without(search, "account"))}>
            {t("list.allAccounts")}
          </MenuChoice>
          {accounts.map((account) => (
            <MenuChoice
              key={account.id}
              icon={<span className="size-2.5 shrink-0 rounded-full" style={{ background: account.color }} />}
              checked={search.account === account.id}
              onSelect={() => onSearch({ ...search, account: account.id })}
            >
              {account.name}
            </MenuChoice>
          ))}
        </>
      )}
    </Menu>
  );
}

/** What narrows the list is always in sight, with a way to drop it. */
function ActiveFilters({ search, onSearch }: Omit<HeaderProps, "searchRef">) {
  const account = useAccounts().find((item) => item.id === search.account);
  const chips: { key: keyof InboxSearch; text: string }[] = [];
  if (search.unread) chips.push({ key: "unread", text: t("list.unreadOnly") });
  if (search.account) chips.push({ key: "account", text: account?.name ?? t("list.account") });
  if (search.sort) chips.push({ key: "sort", text: t("list.oldestFirst") });
  if (chips.length === 0) return null;
  return (
    <ul className="flex flex-wrap gap-1.5 pt-1 pb-1">
      {chips.map(({ key, text }) => (
        <li key={key} className="inline-flex h-7 items-center rounded-full border border-line ps-2.5 text-xs">
          <span className="max-w-40 truncate">{text}</span>
          <IconButton label={t("list.removeFilter", { name: text })} className="size-7" onClick={() => onSearch(without(search, key))}>
            <X className="size-3.5" />
          </IconButton>
        </li>
      ))}
    </ul>
  );
}
