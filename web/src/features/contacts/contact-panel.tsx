import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { GitMerge, Pencil, X } from "lucide-react";
import { type ReactNode, useState } from "react";
import type { Contact } from "@/api/types";
import { useAccount } from "@/directory/api";
import { t } from "@/i18n";
import { briefly } from "@/i18n/format";
import { useMinute } from "@/lib/clock";
import { Avatar } from "@/ui/avatar";
import { Button, IconButton } from "@/ui/button";
import { MessagePreview } from "@/ui/message-preview";
import { Badge, Failed, Skeleton } from "@/ui/states";
import { contactConversationsQuery, contactQuery, duplicatesQuery } from "./api";
import { MergeDialog, MergeHistory, suggestionsFor } from "./merge";
import { BlockButton, ContactFacts, EditableName, Identities, Notes, handleOf } from "./parts";

interface PanelProps {
  contactId: string;
  conversationId: string;
  onClose: () => void;
}

/** Who this is, beside the thread. */
export function ContactPanel({ contactId, conversationId, onClose }: PanelProps) {
  const query = useQuery(contactQuery(contactId));
  return (
    <aside aria-label={t("panel.label")} className="flex h-full min-h-0 flex-col bg-surface">
      <header className="flex h-16 shrink-0 items-center justify-between border-b border-line ps-5 pe-3">
        <h2 className="text-md font-semibold">{t("panel.label")}</h2>
        <IconButton label={t("action.close")} onClick={onClose}>
          <X className="size-5" />
        </IconButton>
      </header>
      <div className="min-h-0 grow overflow-y-auto">
        {query.isPending && <PanelSkeleton />}
        {query.isError && !query.data && <Failed error={query.error} retry={() => void query.refetch()} />}
        {query.data && <Details contact={query.data} conversationId={conversationId} />}
      </div>
    </aside>
  );
}

function Details({ contact, conversationId }: { contact: Contact; conversationId: string }) {
  const [merging, setMerging] = useState(false);
  return (
    <>
      <Heading contact={contact} />
      <PanelSection title={t("panel.identities")}>
        <Identities identities={contact.identities} />
      </PanelSection>
      <PanelSection title={t("panel.facts")}>
        <ContactFacts contact={contact} />
      </PanelSection>
      <PanelSection title={t("contact.notes")}>
        <Notes key={contact.id} contact={contact} />
      </PanelSection>
      <OtherConversations contactId={contact.id} conversationId={conversationId} />
      <PanelSection title={t("panel.merging")}>
        <Suggestions contact={contact} />
        <Button small icon={<GitMerge className="size-4" />} onClick={() => setMerging(true)}>
          {t("merge.title")}
        </Button>
        <MergeHistory contactId={contact.id} />
      </PanelSection>
      <div className="flex items-center justify-between gap-2 px-5 py-4">
        <BlockButton contact={contact} />
        <Link
          to="/contacts/$contactId"
          params={{ contactId: contact.id }}
          className="text-sm font-medium text-accent-ink underline-offset-2 hover:underline"
        >
          {t("panel.openContact")}
        </Link>
      </div>
      {merging && <MergeDialog contact={contact} onClose={() => setMerging(false)} />}
    </>
  );
}

function Heading({ contact }: { contact: Contact }) {
  const [editing, setEditing] = useState(false);
  return (
    <div className="flex flex-col items-center gap-1 px-5 pt-6 pb-5 text-center">
      <Avatar name={contact.name} seed={contact.id} url={contact.avatar_url} group={contact.is_group} size="lg" />
      {editing ? (
        <div className="mt-3 w-full">
          <EditableName contact={contact} onDone={() => setEditing(false)} />
        </div>
      ) : (
        <p className="mt-3 flex max-w-full items-center gap-1">
          <bdi className="line-clamp-3 text-lg text-balance font-semibold [overflow-wrap:anywhere]">{contact.name}</bdi>
          <IconButton label={t("contact.editName")} className="size-8" onClick={() => setEditing(true)}>
            <Pencil className="size-4" />
          </IconButton>
        </p>
      )}
      <p dir="ltr" className="text-ink-3 tabular-nums">
        {handleOf(contact)}
      </p>
      {contact.profile_name !== null && contact.profile_name !== contact.name && (
        <p className="text-sm text-ink-3">
          {t("contact.profileName")} <bdi>{contact.profile_name}</bdi>
        </p>
      )}
      {contact.blocked && <Badge tone="danger">{t("contact.blocked")}</Badge>}
    </div>
  );
}

function PanelSection({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section className="border-t border-line px-5 py-4">
      <h3 className="mb-2 text-sm font-semibold">{title}</h3>
      {children}
    </section>
  );
}

function OtherConversations({ contactId, conversationId }: { contactId: string; conversationId: string }) {
  const { data } = useQuery(contactConversationsQuery(contactId));
  const others = (data ?? []).filter((item) => item.id !== conversationId);
  if (others.length === 0) return null;
  return (
    <PanelSection title={t("panel.otherConversations")}>
      <ul className="-mx-2">
        {others.map((item) => (
          <li key={item.id}>
            <Link to="/inbox/$conversationId" params={{ conversationId: item.id }} className="block rounded-lg px-2 py-1.5 hover:bg-hover">
              <ConversationLine accountId={item.account_id} at={item.last_message_at} />
              <span className="block truncate text-sm text-ink-3">
                {item.last_message ? <MessagePreview type={item.last_message.type} text={item.last_message.text} /> : t("list.noMessages")}
              </span>
            </Link>
          </li>
        ))}
      </ul>
    </PanelSection>
  );
}

export function ConversationLine({ accountId, at }: { accountId: string; at: number }) {
  const account = useAccount(accountId);
  const now = useMinute();
  return (
    <span className="flex items-center justify-between gap-2 text-sm">
      <span className="flex min-w-0 items-center gap-1.5">
        <span className="size-2 shrink-0 rounded-full" style={{ background: account?.color }} aria-hidden="true" />
        <bdi className="truncate font-medium">{account?.name ?? t("panel.conversation")}</bdi>
      </span>
      <span className="shrink-0 text-xs text-ink-3">{briefly(at, now)}</span>
    </span>
  );
}

function Suggestions({ contact }: { contact: Contact }) {
  const { data: groups } = useQuery(duplicatesQuery);
  const people = suggestionsFor(contact, groups ?? []);
  if (people.length === 0) return null;
  return (
    <p className="mb-3 rounded-lg bg-warn-soft px-3 py-2 text-sm text-warn">
      {t("panel.maybeSame")} <bdi className="font-medium">{people.map((person) => person.name).join(", ")}</bdi>
    </p>
  );
}

function PanelSkeleton() {
  return (
    <div role="status" aria-label={t("state.loading")} className="flex flex-col items-center gap-3 p-6">
      <Skeleton className="size-16 rounded-full" />
      <Skeleton className="h-4 w-36" />
      <Skeleton className="h-3 w-28" />
      <Skeleton className="mt-6 h-24 w-full" />
      <Skeleton className="h-24 w-full" />
    </div>
  );
}
