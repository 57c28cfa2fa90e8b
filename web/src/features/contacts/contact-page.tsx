import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { GitMerge, MessageSquare, Pencil } from "lucide-react";
import { useState } from "react";
import type { Contact } from "@/api/types";
import { t } from "@/i18n";
import { Avatar } from "@/ui/avatar";
import { Button, IconButton } from "@/ui/button";
import { MessagePreview } from "@/ui/message-preview";
import { BackLink, Card } from "@/ui/page";
import { Badge, Empty, Failed, Skeleton } from "@/ui/states";
import { contactConversationsQuery, contactQuery } from "./api";
import { ConversationLine } from "./contact-panel";
import { MergeDialog, MergeHistory } from "./merge";
import { BlockButton, ContactFacts, EditableName, Identities, Notes, handleOf } from "./parts";

export function ContactPage({ contactId }: { contactId: string }) {
  const query = useQuery(contactQuery(contactId));
  return (
    <div className="h-full overflow-y-auto">
      <div className="mx-auto w-full max-w-5xl px-4 pt-5 pb-16 sm:px-8 sm:pt-8">
        <BackLink to="/contacts">{t("nav.contacts")}</BackLink>
        {query.isPending && <Skeleton className="h-64 rounded-2xl" />}
        {query.isError && !query.data && <Failed error={query.error} retry={() => void query.refetch()} />}
        {query.data && <Details contact={query.data} />}
      </div>
    </div>
  );
}

function Details({ contact }: { contact: Contact }) {
  const [merging, setMerging] = useState(false);
  return (
    <div className="grid gap-4 lg:grid-cols-[1fr_20rem]">
      <div className="min-w-0 space-y-4">
        <Card>
          <Heading contact={contact} />
        </Card>
        <Conversations contactId={contact.id} />
        <Card title={t("contact.notes")}>
          <Notes key={contact.id} contact={contact} />
        </Card>
      </div>
      <div className="min-w-0 space-y-4">
        <Card title={t("panel.identities")}>
          <Identities identities={contact.identities} />
        </Card>
        <Card title={t("panel.facts")}>
          <ContactFacts contact={contact} />
        </Card>
        <Card title={t("panel.merging")}>
          <p className="mb-3 text-sm text-ink-3">{t("merge.hint")}</p>
          <Button small icon={<GitMerge className="size-4" />} onClick={() => setMerging(true)}>
            {t("merge.title")}
          </Button>
          <MergeHistory contactId={contact.id} />
        </Card>
      </div>
      {merging && <MergeDialog contact={contact} onClose={() => setMerging(false)} />}
    </div>
  );
}

function Heading({ contact }: { contact: Contact }) {
  const [editing, setEditing] = useState(false);
  return (
    <div className="flex flex-wrap items-center gap-4">
      <Avatar name={contact.name} seed={contact.id} url={contact.avatar_url} group={contact.is_group} size="lg" />
      <div className="min-w-0 grow basis-52">
        {editing ? (
          <EditableName contact={contact} onDone={() => setEditing(false)} />
        ) : (
          <h1 className="flex items-center gap-1 text-xl font-semibold">
            <bdi className="[overflow-wrap:anywhere]">{contact.name}</bdi>
            <IconButton label={t("contact.editName")} className="size-8" onClick={() => setEditing(true)}>
              <Pencil className="size-4" />
            </IconButton>
          </h1>
        )}
        <p className="flex flex-wrap items-center gap-2 text-ink-3">
          <span dir="ltr" className="tabular-nums">
            {handleOf(contact)}
          </span>
          <Badge>{t(`nameSource.${contact.name_source}`)}</Badge>
          {contact.blocked && <Badge tone="danger">{t("contact.blocked")}</Badge>}
        </p>
      </div>
      <BlockButton contact={contact} />
    </div>
  );
}

function Conversations({ contactId }: { contactId: string }) {
  const { data } = useQuery(contactConversationsQuery(contactId));
  return (
    <Card title={t("contact.conversations")}>
      {data?.length === 0 && (
        <Empty icon={<MessageSquare className="size-6" />} title={t("contact.noConversations")}>
          {t("contact.noConversationsText")}
        </Empty>
      )}
      <ul className="-mx-2">
        {data?.map((item) => (
          <li key={item.id}>
            <Link to="/inbox/$conversationId" params={{ conversationId: item.id }} className="block rounded-xl px-3 py-2.5 hover:bg-hover">
              <ConversationLine accountId={item.account_id} at={item.last_message_at} />
              <span className="mt-0.5 block truncate text-sm text-ink-3">
                {item.last_message ? <MessagePreview type={item.last_message.type} text={item.last_message.text} /> : t("list.noMessages")}
              </span>
            </Link>
          </li>
        ))}
      </ul>
    </Card>
  );
}
