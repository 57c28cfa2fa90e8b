import { Copy, CornerUpLeft, ExternalLink, List, MapPin, Phone, UserRoundPlus } from "lucide-react";
import type { ReactNode } from "react";
import { t } from "@/i18n";
import { type Content, listAt, objectAt, textAt } from "@/lib/content";
import { cx } from "@/lib/cx";
import { RichText } from "./rich-text";

interface Look {
  icon: ReactNode;
  title: string;
}

const ICON = "size-4 shrink-0";

function iconOf(type: string): ReactNode {
  if (type === "URL") return <ExternalLink className={ICON} />;
  if (type === "PHONE_NUMBER") return <Phone className={ICON} />;
  if (type === "COPY_CODE") return <Copy className={ICON} />;
  return <CornerUpLeft className={cx(ICON, "rtl:-scale-x-100")} />;
}

/** What the customer can press, in the shapes of interactive messages and of templates. */
function buttonsOf(content: Content): Look[] {
  const list = objectAt(content, "list");
  const url = objectAt(content, "url");
  const kind = textAt(content, "kind");
  return [
    ...listAt(content, "buttons").map((button) => ({
      icon: iconOf(textAt(button, "type") ?? ""),
      // Meta writes the label of this one itself, in the customer's language.
      title: textAt(button, "title") ?? textAt(button, "text") ?? (textAt(button, "type") === "COPY_CODE" ? t("card.copyCode") : ""),
    })),
    ...(list ? [{ icon: <List className={ICON} />, title: textAt(list, "button") ?? "" }] : []),
    ...(url ? [{ icon: <ExternalLink className={ICON} />, title: textAt(url, "title") ?? "" }] : []),
    ...(kind === "location_request" ? [{ icon: <MapPin className={ICON} />, title: t("card.sendLocation") }] : []),
    ...(kind === "contact_request" ? [{ icon: <UserRoundPlus className={ICON} />, title: t("card.sendContact") }] : []),
  ];
}

/** A message with a heading, words, small print and buttons, as the customer sees it. */
export function SentCard({ content, text, media }: { content: Content; text: string | null; media?: ReactNode }) {
  const header = textAt(content, "header");
  const footer = textAt(content, "footer");
  const buttons = buttonsOf(content);
  return (
    <div className="max-w-full min-w-48">
      {media}
      {header && (
        <p className="mb-0.5 text-md font-semibold [overflow-wrap:anywhere]" dir="auto">
          {header}
        </p>
      )}
      <RichText text={textAt(content, "body") ?? text ?? ""} />
      {footer && (
        <p className="mt-1 text-sm text-ink-2 [overflow-wrap:anywhere]" dir="auto">
          {footer}
        </p>
      )}
      {buttons.length > 0 && (
        <ul className="mt-2 -mb-0.5 space-y-1">
          {buttons.map(({ icon, title }, index) => (
            <li key={index} className="flex items-center justify-center gap-2 rounded-lg bg-black/4 px-3 py-1.5 text-sm font-medium text-accent-ink dark:bg-white/6">
              {icon}
              <bdi className="truncate">{title}</bdi>
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}

/** The same, in the bubble that it will have: the preview in forms. */
export function PreviewBubble({ content, media }: { content: Content; media?: ReactNode }) {
  return (
    <div className="flex justify-end rounded-2xl bg-thread p-4">
      <div className="max-w-full min-w-0 rounded-2xl rounded-se-md bg-bubble-out px-3 py-2 shadow-[0_1px_1px_rgb(60_40_25/0.06)] sm:max-w-80">
        <SentCard content={content} text={null} media={media} />
      </div>
    </div>
  );
}
