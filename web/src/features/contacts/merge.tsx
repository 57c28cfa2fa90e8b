import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { GitMerge, Search, Undo2 } from "lucide-react";
import { useState } from "react";
import type { Contact, Merge } from "@/api/types";
import { useUser } from "@/directory/api";
import { t } from "@/i18n";
import { dateTimeOf } from "@/i18n/format";
import { useDebounced } from "@/lib/hooks";
import { Avatar } from "@/ui/avatar";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { Badge, FormError, Skeleton } from "@/ui/states";
import { toast, toastError } from "@/ui/toast";
import { contactsQuery, duplicatesQuery, mergesQuery, useMergeContact, useUndoMerge } from "./api";
import { handleOf } from "./parts";

export function MergeDialog({ contact, onClose }: { contact: Contact; onClose: () => void }) {
  const [text, setText] = useState("");
  const [chosen, setChosen] = useState<Contact | null>(null);
  const merge = useMergeContact(contact.id);
  const undo = useUndoMerge();
  const confirm = (other: Contact) =>
    merge.mutate(other.id, {
      onSuccess: (done) => {
        toast({
          tone: "success",
          title: t("merge.done", { name: contact.name }),
          action: { label: t("action.undo"), run: () => undo.mutate(done.id, { onError: toastError }) },
        });
        onClose();
      },
    });
  return (
    <Dialog
      title={t("merge.title")}
      onClose={onClose}
      footer={
        chosen && (
          <>
            <Button onClick={() => setChosen(null)}>{t("action.back")}</Button>
            <Button variant="primary" busy={merge.isPending} onClick={() => confirm(chosen)}>
              {t("merge.confirm")}
            </Button>
          </>
        )
      }
    >
      {chosen ? (
        <div className="space-y-4">
          <p className="text-ink-2">{t("merge.explain", { from: chosen.name, to: contact.name })}</p>
          <PersonLine contact={chosen} />
          <p className="text-center text-ink-3" aria-hidden="true">
            ↓
          </p>
          <PersonLine contact={contact} />
          <FormError error={merge.error} />
        </div>
      ) : (
        <Candidates contact={contact} text={text} onText={setText} onChoose={setChosen} />
      )}
    </Dialog>
  );
}

interface CandidatesProps {
  contact: Contact;
  text: string;
  onText: (text: string) => void;
  onChoose: (contact: Contact) => void;
}

function Candidates({ contact, text, onText, onChoose }: CandidatesProps) {
  const q = useDebounced(text.trim(), 250);
  const found = useInfiniteQuery({ ...contactsQuery(q), enabled: q !== "" });
  const { data: groups } = useQuery(duplicatesQuery);
  const suggested = suggestionsFor(contact, groups ?? []);
  const people = q === "" ? suggested : (found.data?.pages[0]?.items ?? []);
  const others = people.filter((person) => person.id !== contact.id).slice(0, 20);
  return (
    <div>
      <div className="relative">
        <Search className="pointer-events-none absolute start-3 top-3 size-4 text-ink-3" aria-hidden="true" />
        <input
          type="search"
          dir="auto"
          aria-label={t("merge.search")}
          placeholder={t("merge.search")}
          value={text}
          onChange={(event) => onText(event.target.value)}
          className="control ps-9!"
        />
      </div>
      <p className="mt-4 mb-1 text-xs font-medium text-ink-3">{q === "" ? t("merge.suggested") : t("merge.results")}</p>
      {found.isFetching && q !== "" && <Skeleton className="h-12" />}
      {others.length === 0 && !found.isFetching && <p className="py-2 text-ink-3">{t("merge.nobody")}</p>}
      <ul>
        {others.map((person) => (
          <li key={person.id}>
            <button type="button" onClick={() => onChoose(person)} className="w-full rounded-xl text-start hover:bg-hover">
              <PersonLine contact={person} />
            </button>
          </li>
        ))}
      </ul>
    </div>
  );
}

export function suggestionsFor(contact: Contact, groups: { contacts: Contact[] }[]): Contact[] {
  const group = groups.find((item) => item.contacts.some((person) => person.id === contact.id));
  return (group?.contacts ?? []).filter((person) => person.id !== contact.id);
}

export function PersonLine({ contact }: { contact: Contact }) {
  return (
    <span className="flex min-w-0 items-center gap-3 p-2">
      <Avatar name={contact.name} seed={contact.id} url={contact.avatar_url} group={contact.is_group} size="sm" />
      <span className="min-w-0">
        <bdi className="block truncate font-medium">{contact.name}</bdi>
        <span dir="ltr" className="block truncate text-sm text-ink-3 rtl:text-end">
          {handleOf(contact)}
        </span>
      </span>
    </span>
  );
}

/** What was merged into this contact, with the way back. */
export function MergeHistory({ contactId }: { contactId: string }) {
  const { data: merges } = useQuery(mergesQuery(contactId));
  if (!merges || merges.length === 0) return null;
  return (
    <ul className="mt-3 space-y-2">
      {merges.map((merge) => (
        <MergeRow key={merge.id} merge={merge} />
      ))}
    </ul>
  );
}

function MergeRow({ merge }: { merge: Merge }) {
  const undo = useUndoMerge();
  const actor = useUser(merge.actor_id);
  const who = actor?.name ?? t("merge.automatic");
  return (
    <li className="flex items-center justify-between gap-3 text-sm">
      <span className="min-w-0">
        <span className="flex items-center gap-1.5">
          <GitMerge className="size-3.5 shrink-0 text-ink-3" />
          {t("merge.by", { who })}
        </span>
        <span className="block text-xs text-ink-3">{dateTimeOf(merge.created_at)}</span>
      </span>
      {merge.undone_at === null ? (
        <Button
          small
          variant="ghost"
          busy={undo.isPending}
          icon={<Undo2 className="size-4 rtl:-scale-x-100" />}
          onClick={() => undo.mutate(merge.id, { onError: toastError })}
        >
          {t("action.undo")}
        </Button>
      ) : (
        <Badge>{t("merge.undone")}</Badge>
      )}
    </li>
  );
}
