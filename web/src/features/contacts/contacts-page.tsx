import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { BookUser, Copy, Search, SearchX, UserRoundPlus } from "lucide-react";
import { useEffect, useEffectEvent, useRef, useState } from "react";
import type { Contact } from "@/api/types";
import { t } from "@/i18n";
import { ago, number } from "@/i18n/format";
import { useMinute } from "@/lib/clock";
import { useDebounced } from "@/lib/hooks";
import { useShortcuts } from "@/lib/shortcuts";
import { Avatar } from "@/ui/avatar";
import { Button } from "@/ui/button";
import { Page } from "@/ui/page";
import { Badge, Empty, Failed, Skeleton } from "@/ui/states";
import { contactsQuery, statisticsQuery } from "./api";
import { CreateContact } from "./create-contact";
import { handleOf } from "./parts";

interface ContactsPageProps {
  q: string;
  onSearch: (q: string) => void;
  onOpen: (contactId: string) => void;
}

export function ContactsPage({ q, onSearch, onOpen }: ContactsPageProps) {
  const [creating, setCreating] = useState(false);
  return (
    <Page
      title={t("nav.contacts")}
      description={t("contacts.description")}
      actions={
        <>
          <Link
            to="/contacts/duplicates"
            className="inline-flex h-10 items-center gap-2 rounded-[10px] border border-line bg-surface px-4 font-medium hover:bg-hover"
          >
            <Copy className="size-4" />
            {t("contacts.duplicates")}
          </Link>
          <Button variant="primary" icon={<UserRoundPlus className="size-4" />} onClick={() => setCreating(true)}>
            {t("contacts.new")}
          </Button>
        </>
      }
    >
      <Statistics />
      <SearchField q={q} onSearch={onSearch} />
      <ContactRows q={q} />
      {creating && (
        <CreateContact
          onClose={() => setCreating(false)}
          onCreated={(contact) => {
            setCreating(false);
            onOpen(contact.id);
          }}
        />
      )}
    </Page>
  );
}

function Statistics() {
  const { data } = useQuery(statisticsQuery);
  const figures = [
    { label: t("contacts.total"), value: data?.total },
    { label: t("contacts.newToday"), value: data?.new_today },
    { label: t("contacts.named"), value: data?.named },
    { label: t("contacts.numberOnly"), value: data?.number_only },
    { label: t("contacts.duplicates"), value: data?.duplicates },
  ];
  return (
    <dl className="mb-6 grid grid-cols-2 gap-px overflow-hidden rounded-2xl border border-line bg-line sm:grid-cols-5 max-sm:[&>:first-child]:col-span-2">
      {figures.map(({ label, value }) => (
        <div key={label} className="bg-surface px-4 py-3.5">
          <dt className="text-sm text-ink-3">{label}</dt>
          <dd className="mt-0.5 text-xl font-semibold tabular-nums">{value === undefined ? <Skeleton className="mt-1 h-6 w-12" /> : number(value)}</dd>
        </div>
      ))}
    </dl>
  );
}

function SearchField({ q, onSearch }: { q: string; onSearch: (q: string) => void }) {
  const [text, setText] = useState(q);
  const field = useRef<HTMLInputElement>(null);
  const rested = useDebounced(text.trim(), 250);
  const publish = useEffectEvent((next: string) => {
    if (next !== q) onSearch(next);
  });
  useEffect(() => publish(rested), [rested]);
  useShortcuts({ "/": () => field.current?.focus() });
  return (
    <div className="relative mb-4">
      <Search className="pointer-events-none absolute start-3.5 top-3 size-4 text-ink-3" aria-hidden="true" />
      <input
        ref={field}
        type="search"
        dir="auto"
        aria-label={t("contacts.search")}
        placeholder={t("contacts.search")}
        value={text}
        onChange={(event) => setText(event.target.value)}
        className="control ps-10!"
      />
    </div>
  );
}

function ContactRows({ q }: { q: string }) {
  const query = useInfiniteQuery(contactsQuery(q));
  if (query.isPending) return <RowSkeletons />;
  if (!query.data) return <Failed error={query.error} retry={() => void query.refetch()} />;
  const contacts = query.data.pages.flatMap((page) => page.items);
  if (contacts.length === 0) {
    return q === "" ? (
      <Empty icon={<BookUser className="size-6" />} title={t("contacts.emptyTitle")}>
        {t("contacts.emptyText")}
      </Empty>
    ) : (
      <Empty icon={<SearchX className="size-6" />} title={t("empty.searchTitle", { q })}>
        {t("contacts.nothingText")}
      </Empty>
    );
  }
  return (
    <>
      <ul className="overflow-hidden rounded-2xl border border-line bg-surface">
        {contacts.map((contact) => (
          <ContactRow key={contact.id} contact={contact} />
        ))}
      </ul>
      {query.hasNextPage && (
        <div className="mt-4 flex justify-center">
          <Button busy={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
            {t("action.more")}
          </Button>
        </div>
      )}
    </>
  );
}

function ContactRow({ contact }: { contact: Contact }) {
  const now = useMinute();
  return (
    <li className="border-b border-line last:border-0 [contain-intrinsic-size:auto_65px] [content-visibility:auto]">
      <Link
        to="/contacts/$contactId"
        params={{ contactId: contact.id }}
        className="flex items-center gap-3 px-4 py-2.5 hover:bg-hover focus-visible:-outline-offset-2"
      >
        <Avatar name={contact.name} seed={contact.id} url={contact.avatar_url} group={contact.is_group} />
        <span className="min-w-0 grow">
          <span className="flex items-center gap-2">
            <bdi className="truncate font-medium">{contact.name}</bdi>
            {contact.blocked && <Badge tone="danger">{t("contact.blocked")}</Badge>}
          </span>
          <span dir="ltr" className="block truncate text-sm text-ink-3 tabular-nums rtl:text-end">
            {handleOf(contact)}
          </span>
        </span>
        <span className="hidden w-32 shrink-0 text-end text-sm text-ink-3 sm:block">
          {contact.last_seen_at === null ? t("contact.neverSeen") : ago(contact.last_seen_at, now)}
        </span>
      </Link>
    </li>
  );
}

function RowSkeletons() {
  return (
    <div role="status" aria-label={t("state.loading")} className="space-y-4 rounded-2xl border border-line bg-surface p-4">
      {Array.from({ length: 8 }, (_, index) => (
        <div key={index} className="flex items-center gap-3">
          <Skeleton className="size-11 rounded-full" />
          <span className="grow space-y-2">
            <Skeleton className="h-3.5 w-40" />
            <Skeleton className="h-3 w-28" />
          </span>
        </div>
      ))}
    </div>
  );
}
