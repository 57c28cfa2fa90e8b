import { type ReactNode, useState } from "react";
import type { Contact, Identity } from "@/api/types";
import { t } from "@/i18n";
import { dateTimeOf, number } from "@/i18n/format";
import { readablePhone } from "@/lib/people";
import { Button } from "@/ui/button";
import { Badge } from "@/ui/states";
import { toastError } from "@/ui/toast";
import { useChangeContact } from "./api";

export function Fact({ label, children }: { label: string; children: ReactNode }) {
  return (
    <div className="flex justify-between gap-4 py-1.5">
      <dt className="shrink-0 text-ink-3">{label}</dt>
      <dd className="min-w-0 text-end tabular-nums">{children}</dd>
    </div>
  );
}

export function ContactFacts({ contact }: { contact: Contact }) {
  const time = (at: number | null) => (at === null ? "–" : dateTimeOf(at));
  return (
    <dl className="text-sm">
      <Fact label={t("contact.firstSeen")}>{time(contact.first_seen_at)}</Fact>
      <Fact label={t("contact.lastSeen")}>{time(contact.last_seen_at)}</Fact>
      <Fact label={t("contact.messagesIn")}>{number(contact.messages_in)}</Fact>
      <Fact label={t("contact.messagesOut")}>{number(contact.messages_out)}</Fact>
    </dl>
  );
}

export function Identities({ identities }: { identities: Identity[] }) {
  if (identities.length === 0) return <p className="text-sm text-ink-3">{t("contact.noIdentities")}</p>;
  return (
    <ul className="space-y-2">
      {identities.map((identity) => (
        <li key={`${identity.kind} ${identity.scope} ${identity.value}`} className="flex items-center justify-between gap-3 text-sm">
          <span className="min-w-0">
            <span className="block text-xs text-ink-3">{t(`identity.${identity.kind}`)}</span>
            <span dir="ltr" className="block [overflow-wrap:anywhere]">
              {identity.kind === "phone" ? readablePhone(identity.value) : identity.value}
            </span>
          </span>
          {!identity.current && <Badge>{t("contact.former")}</Badge>}
        </li>
      ))}
    </ul>
  );
}

/** Private notes: saved by a button, so that nobody wonders whether they are. */
export function Notes({ contact }: { contact: Contact }) {
  const [draft, setDraft] = useState<string | null>(null);
  const change = useChangeContact(contact.id);
  const text = draft ?? contact.notes;
  const save = () => change.mutate({ notes: text }, { onSuccess: () => setDraft(null), onError: toastError });
  return (
    <div>
      <textarea
        dir="auto"
        rows={3}
        maxLength={10_000}
        aria-label={t("contact.notes")}
        placeholder={t("contact.notesPlaceholder")}
        value={text}
        onChange={(event) => setDraft(event.target.value)}
        className="control field-sizing-content max-h-60 min-h-20 resize-none"
      />
      {draft !== null && draft !== contact.notes && (
        <div className="mt-2 flex justify-end gap-2">
          <Button small variant="ghost" onClick={() => setDraft(null)}>
            {t("action.cancel")}
          </Button>
          <Button small variant="primary" busy={change.isPending} onClick={save}>
            {t("action.save")}
          </Button>
        </div>
      )}
    </div>
  );
}

/** The name, with a pencil; an entered name wins over the WhatsApp profile from then on. */
export function EditableName({ contact, onDone }: { contact: Contact; onDone: () => void }) {
  const [name, setName] = useState(contact.name_source === "number" ? "" : contact.name);
  const change = useChangeContact(contact.id);
  return (
    <form
      className="flex gap-2"
      onSubmit={(event) => {
        event.preventDefault();
        if (name.trim() !== "") change.mutate({ name: name.trim() }, { onSuccess: onDone, onError: toastError });
      }}
    >
      <input
        // The field appears because somebody asked to edit.
        // eslint-disable-next-line jsx-a11y/no-autofocus
        autoFocus
        dir="auto"
        required
        maxLength={200}
        aria-label={t("contact.name")}
        value={name}
        onChange={(event) => setName(event.target.value)}
        onKeyDown={(event) => {
          if (event.key === "Escape") onDone();
        }}
        className="control min-w-0"
      />
      <Button type="submit" variant="primary" busy={change.isPending}>
        {t("action.save")}
      </Button>
    </form>
  );
}

export function BlockButton({ contact }: { contact: Contact }) {
  const change = useChangeContact(contact.id);
  const toggle = () => change.mutate({ blocked: !contact.blocked }, { onError: toastError });
  return (
    <Button small variant={contact.blocked ? "secondary" : "danger"} busy={change.isPending} onClick={toggle}>
      {contact.blocked ? t("contact.unblock") : t("contact.block")}
    </Button>
  );
}

/** What to show under a name: the number, else the username, else that there is neither. */
export function handleOf(contact: { phone: string | null; username: string | null; is_group: boolean }): string {
  if (contact.is_group) return t("contact.group");
  if (contact.phone !== null) return readablePhone(contact.phone);
  return contact.username !== null ? `@${contact.username}` : t("contact.noNumber");
}
