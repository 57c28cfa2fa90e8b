import { t } from "@/i18n";
import type { SavedReply } from "@/api/types";
import { cx } from "@/lib/cx";

interface ReplyListProps {
  id: string;
  items: SavedReply[];
  active: number;
  onChoose: (reply: SavedReply) => void;
  onHover: (index: number) => void;
}

/** The saved replies above the field. The field keeps the focus and handles the keys. */
export function ReplyList({ id, items, active, onChoose, onHover }: ReplyListProps) {
  return (
    <div className="animate-appear absolute inset-x-0 bottom-full z-10 mb-2 overflow-hidden rounded-2xl border border-line bg-surface shadow-raised">
      <p className="border-b border-line px-4 py-2 text-xs font-medium text-ink-3">{t("replies.title")}</p>
      {items.length === 0 && <p className="px-4 py-4 text-sm text-ink-3">{t("replies.nothing")}</p>}
      <div role="listbox" id={id} aria-label={t("replies.title")} className="max-h-64 overflow-y-auto p-1 empty:hidden">
        {items.map((reply, index) => (
          // The keys are handled by the field, which keeps the focus.
          // eslint-disable-next-line jsx-a11y/click-events-have-key-events
          <div
            key={reply.id}
            id={`${id}-${index}`}
            ref={(element) => {
              if (index === active) element?.scrollIntoView({ block: "nearest" });
            }}
            role="option"
            tabIndex={-1}
            aria-selected={index === active}
            // The field must not lose the focus to a click.
            onMouseDown={(event) => event.preventDefault()}
            onClick={() => onChoose(reply)}
            onPointerMove={() => onHover(index)}
            className={cx("cursor-pointer rounded-xl px-3 py-2", index === active && "bg-hover")}
          >
            <p className="flex items-baseline gap-2">
              <span className="font-medium text-accent-ink">/{reply.shortcut}</span>
              <bdi className="truncate text-sm text-ink-2">{reply.title}</bdi>
            </p>
            <p className="truncate text-sm text-ink-3" dir="auto">
              {reply.text}
            </p>
          </div>
        ))}
      </div>
    </div>
  );
}
