import { t } from "@/i18n";
import { cx } from "@/lib/cx";
import { useStore } from "@/lib/store";
import { type ConnectionState, connection } from "@/realtime/hints";

const DOT: Record<ConnectionState, string> = {
  connecting: "bg-line-strong",
  live: "bg-[#2a9d5c]",
  reconnecting: "bg-[#d9911a] animate-pulse",
  offline: "bg-danger",
};

/** Whether the line is live, in words as well as in colour. */
export function ConnectionBadge() {
  const state = useStore(connection, (value) => value);
  return (
    <p role="status" title={t(`connectionHint.${state}`)} className="flex flex-col items-center gap-1 text-center text-[11px] leading-tight text-ink-3">
      <span className={cx("size-2 rounded-full", DOT[state])} aria-hidden="true" />
      <span className="max-w-full truncate">{t(`connection.${state}`)}</span>
    </p>
  );
}

/** On a phone only trouble is worth the space. */
export function ConnectionBanner() {
  const state = useStore(connection, (value) => value);
  if (state === "live" || state === "connecting") return null;
  return (
    <p role="status" className="flex items-center justify-center gap-2 bg-warn-soft px-4 py-1.5 text-sm text-warn md:hidden">
      <span className={cx("size-2 rounded-full", DOT[state])} aria-hidden="true" />
      {t(`connectionHint.${state}`)}
    </p>
  );
}
