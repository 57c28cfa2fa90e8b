import { Ban, Building2, ExternalLink, ListChecks, Mail, MapPin, Megaphone, Phone, ShoppingBag } from "lucide-react";
import type { ReactNode } from "react";
import type { Message } from "@/api/types";
import { t, tn } from "@/i18n";
import { money } from "@/i18n/format";
import { type Content, listAt, numberAt, objectAt, safeUrl, textAt } from "@/lib/content";
import { Avatar } from "@/ui/avatar";

const CARD = "w-72 max-w-full rounded-xl bg-black/4 p-3 dark:bg-white/6";

function External({ href, children }: { href: string; children: ReactNode }) {
  return (
    <a
      href={href}
      target="_blank"
      rel="noopener noreferrer"
      className="inline-flex items-center gap-1.5 text-sm font-medium text-accent-ink underline-offset-2 hover:underline"
    >
      {children}
      <ExternalLink className="size-3.5" aria-hidden="true" />
    </a>
  );
}

export function LocationCard({ content }: { content: Content }) {
  const latitude = numberAt(content, "latitude");
  const longitude = numberAt(content, "longitude");
  const title = textAt(content, "name") ?? t("type.location");
  const address = textAt(content, "address");
  const place = latitude !== null && longitude !== null ? `${latitude.toFixed(5)}, ${longitude.toFixed(5)}` : null;
  const map = `https://www.openstreetmap.org/?mlat=${latitude ?? 0}&mlon=${longitude ?? 0}#map=16/${latitude ?? 0}/${longitude ?? 0}`;
  return (
    <div className={CARD}>
      <div className="flex gap-3">
        <span className="flex size-11 shrink-0 items-center justify-center rounded-lg bg-accent-soft text-accent-ink">
          <MapPin className="size-5" />
        </span>
        <div className="min-w-0">
          <p className="font-medium" dir="auto">
            {title}
          </p>
          {address && (
            <p className="text-sm text-ink-2" dir="auto">
              {address}
            </p>
          )}
          {place && <p className="text-xs text-ink-2 tabular-nums">{place}</p>}
        </div>
      </div>
      <p className="mt-2">
        <External href={safeUrl(textAt(content, "url")) ?? map}>{t("card.openMap")}</External>
      </p>
    </div>
  );
}

export function ContactCards({ content }: { content: Content }) {
  return (
    <div className="space-y-2">
      {listAt(content, "contacts").map((contact, index) => (
        <ContactCard key={index} contact={contact} />
      ))}
    </div>
  );
}

function mailOf(email: unknown): string | null {
  if (typeof email === "string") return email;
  return typeof email === "object" && email !== null ? textAt(email as Content, "email") : null;
}

function ContactCard({ contact }: { contact: Content }) {
  const name = textAt(contact, "name") ?? t("type.contacts");
  const organisation = textAt(contact, "organisation");
  const emails = Array.isArray(contact.emails) ? contact.emails.flatMap((email) => mailOf(email) ?? []) : [];
  const line = "flex items-center gap-2 text-sm [overflow-wrap:anywhere]";
  return (
    <div className={CARD}>
      <div className="mb-2 flex items-center gap-3">
        <Avatar name={name} seed={name} size="sm" />
        <p className="min-w-0 truncate font-medium" dir="auto">
          {name}
        </p>
      </div>
      <ul className="space-y-1">
        {listAt(contact, "phones").map((phone, index) => {
          const value = textAt(phone, "phone");
          return value === null ? null : (
            <li key={index} className={line}>
              <Phone className="size-3.5 shrink-0 text-ink-2" />
              <a href={`tel:${value.replace(/[^\d+]/g, "")}`} dir="ltr" className="underline-offset-2 hover:underline">
                {value}
              </a>
              {textAt(phone, "type") && <span className="text-xs text-ink-2">{textAt(phone, "type")}</span>}
            </li>
          );
        })}
        {emails.map((email) => (
          <li key={email} className={line}>
            <Mail className="size-3.5 shrink-0 text-ink-2" />
            <a href={`mailto:${email}`} className="underline-offset-2 hover:underline">
              {email}
            </a>
          </li>
        ))}
        {organisation && (
          <li className={line}>
            <Building2 className="size-3.5 shrink-0 text-ink-2" />
            <bdi>{organisation}</bdi>
          </li>
        )}
      </ul>
    </div>
  );
}

/** An answer given by pressing something: a button, a list's row, a form. */
export function ReplyCard({ message }: { message: Message }) {
  const { content } = message;
  const title = textAt(content, "title") ?? textAt(content, "text") ?? message.text ?? t("type.interactive");
  const description = textAt(content, "description") ?? textAt(content, "body");
  const answers = Object.entries(objectAt(content, "response") ?? {}).filter(([, value]) => typeof value !== "object");
  return (
    <div className="min-w-48">
      <p className="mb-0.5 flex items-center gap-1.5 text-xs text-ink-2">
        <ListChecks className="size-3.5" />
        {t("card.reply")}
      </p>
      <p className="text-md font-medium" dir="auto">
        {title}
      </p>
      {description && (
        <p className="text-ink-2" dir="auto">
          {description}
        </p>
      )}
      {answers.length > 0 && (
        <dl className="mt-2 grid grid-cols-[auto_1fr] gap-x-3 gap-y-1 text-sm">
          {answers.map(([key, value]) => (
            <div key={key} className="contents">
              <dt className="text-ink-2">{key}</dt>
              <dd dir="auto">{String(value)}</dd>
            </div>
          ))}
        </dl>
      )}
    </div>
  );
}

export function OrderCard({ content }: { content: Content }) {
  const items = listAt(content, "items");
  const currency = items.map((item) => textAt(item, "currency")).find((code) => code !== null) ?? "";
  const sum = items.reduce((total, item) => total + (numberAt(item, "item_price") ?? 0) * (numberAt(item, "quantity") ?? 1), 0);
  return (
    <div className={CARD}>
      <p className="mb-2 flex items-center gap-2 font-medium">
        <ShoppingBag className="size-4 text-accent-ink" />
        {tn("card.order", items.length)}
      </p>
      <ul className="space-y-1 text-sm">
        {items.map((item, index) => (
          <li key={index} className="flex justify-between gap-3">
            <bdi className="min-w-0 truncate">
              {numberAt(item, "quantity") ?? 1} × {textAt(item, "product_retailer_id") ?? "?"}
            </bdi>
            <span className="tabular-nums">{money(numberAt(item, "item_price") ?? 0, textAt(item, "currency") ?? currency)}</span>
          </li>
        ))}
      </ul>
      <p className="mt-2 flex justify-between border-t border-black/10 pt-2 font-medium dark:border-white/15">
        <span>{t("card.total")}</span>
        <span className="tabular-nums">{money(sum, currency)}</span>
      </p>
    </div>
  );
}

export function UnsupportedCard({ content }: { content: Content }) {
  return (
    <p className="flex items-start gap-2 text-ink-2 italic">
      <Ban className="mt-0.5 size-4 shrink-0" />
      <span>{textAt(content, "reason") ?? t("card.unsupported")}</span>
    </p>
  );
}

/** The advertisement or post through which the customer came. */
export function Referral({ content }: { content: Content }) {
  const referral = objectAt(content, "referral");
  if (!referral) return null;
  const url = safeUrl(textAt(referral, "source_url"));
  return (
    <div className={`${CARD} mb-1.5`}>
      <p className="mb-1 flex items-center gap-1.5 text-xs text-ink-2">
        <Megaphone className="size-3.5" />
        {t("card.referral")}
      </p>
      <p className="font-medium" dir="auto">
        {textAt(referral, "headline")}
      </p>
      <p className="line-clamp-3 text-sm text-ink-2" dir="auto">
        {textAt(referral, "body")}
      </p>
      {url && <External href={url}>{t("card.openSource")}</External>}
    </div>
  );
}
