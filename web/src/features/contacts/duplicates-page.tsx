import { useQuery } from "@tanstack/react-query";
import { CopyCheck, GitMerge } from "lucide-react";
import { useState } from "react";
import type { Contact, DuplicateGroup } from "@/api/types";
import { t } from "@/i18n";
import { Button } from "@/ui/button";
import { BackLink, Card, Page } from "@/ui/page";
import { Badge, Empty, Failed, Skeleton } from "@/ui/states";
import { toast, toastError } from "@/ui/toast";
import { duplicatesQuery, useMergeContact, useUndoMerge } from "./api";
import { PersonLine } from "./merge";

export function DuplicatesPage() {
  const query = useQuery(duplicatesQuery);
  return (
    <Page
      title={t("duplicates.title")}
      description={t("duplicates.description")}
      back={<BackLink to="/contacts">{t("nav.contacts")}</BackLink>}
    >
      {query.isPending && <Skeleton className="h-40 rounded-2xl" />}
      {query.isError && !query.data && <Failed error={query.error} retry={() => void query.refetch()} />}
      {query.data?.length === 0 && (
        <Empty icon={<CopyCheck className="size-6" />} title={t("duplicates.noneTitle")}>
          {t("duplicates.noneText")}
        </Empty>
      )}
      <div className="space-y-4">
        {query.data?.map((group) => (
          <Group key={group.contacts.map((contact) => contact.id).join(" ")} group={group} />
        ))}
      </div>
    </Page>
  );
}

/** The one who wrote most is proposed to stay; any other can be chosen. */
function Group({ group }: { group: DuplicateGroup }) {
  const busiest = group.contacts.toSorted((a, b) => b.messages_in + b.messages_out - (a.messages_in + a.messages_out))[0];
  const [survivorId, setSurvivorId] = useState(busiest?.id ?? "");
  return (
    <Card>
      <header className="mb-2 flex items-center justify-between gap-3">
        <h2 className="text-sm font-medium text-ink-2">{t("duplicates.keep")}</h2>
        <Badge tone="warn">{group.reason}</Badge>
      </header>
      <ul>
        {group.contacts.map((contact) => (
          <Candidate
            key={contact.id}
            contact={contact}
            survivorId={survivorId}
            onSurvive={() => setSurvivorId(contact.id)}
          />
        ))}
      </ul>
    </Card>
  );
}

interface CandidateProps {
  contact: Contact;
  survivorId: string;
  onSurvive: () => void;
}

function Candidate({ contact, survivorId, onSurvive }: CandidateProps) {
  const merge = useMergeContact(survivorId);
  const undo = useUndoMerge();
  const survives = contact.id === survivorId;
  const run = () =>
    merge.mutate(contact.id, {
      onSuccess: (done) =>
        toast({
          tone: "success",
          title: t("merge.done", { name: contact.name }),
          action: { label: t("action.undo"), run: () => undo.mutate(done.id, { onError: toastError }) },
        }),
      onError: toastError,
    });
  return (
    <li className="flex flex-wrap items-center justify-between gap-2">
      <label className="flex min-w-0 grow cursor-pointer items-center gap-2">
        <input type="radio" checked={survives} onChange={onSurvive} className="size-4 accent-(--accent)" />
        <span className="sr-only">{t("duplicates.keepThis")}</span>
        <PersonLine contact={contact} />
      </label>
      {survives ? (
        <Badge tone="ok">{t("duplicates.stays")}</Badge>
      ) : (
        <Button small icon={<GitMerge className="size-4" />} busy={merge.isPending} onClick={run}>
          {t("duplicates.merge")}
        </Button>
      )}
    </li>
  );
}
