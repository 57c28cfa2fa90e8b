/** How far the past that a linked phone shares has been taken over. */
import { Check, History as Clock } from "lucide-react";
import type { Account } from "@/api/types";
import { t, tn } from "@/i18n";
import { DAY_MS, MINUTE_MS } from "@/i18n/format";
import { useMinute } from "@/lib/clock";
import { useStore } from "@/lib/store";
import { historyCounts } from "@/realtime/hints";

/** Phones share their past within minutes; nothing for so long, and it waits for the phone. */
const QUIET_MS = 10 * MINUTE_MS;

type Phase = "running" | "away" | "quiet" | "done";

/** null: nothing (any more) to be said of it. */
export function phaseOf(account: Account, percent: number | null, at: number | null, now: number): Phase | null {
  if (percent === null || at === null) return null;
  if (percent >= 100) return now - at < DAY_MS ? "done" : null;
  if (account.state !== "connected") return "away";
  return now - at < QUIET_MS ? "running" : "quiet";
}

export function History({ account }: { account: Account }) {
  const now = useMinute();
  const hint = useStore(historyCounts, (all) => all[account.id]);
  // Whichever was told later: both only rise.
  const newer = hint && (hint.at ?? 0) > (account.history_at ?? 0) ? hint : null;
  const percent = newer ? newer.percent : account.history_percent;
  const conversations = (newer ? newer.conversations : account.history_conversations) ?? 0;
  const phase = phaseOf(account, percent, newer ? newer.at : account.history_at, now);
  if (phase === null || percent === null) return null;
  if (phase === "done") {
    return (
      <p className="mt-4 flex items-center gap-2 text-sm text-ink-2">
        <Check className="size-4 shrink-0 text-ok" aria-hidden="true" />
        {tn("accounts.historyDone", conversations)}
      </p>
    );
  }
  return (
    <div className="mt-4 rounded-lg bg-hover px-3 py-2.5 text-sm text-ink-2">
      <p className="flex items-start justify-between gap-3">
        <span className="flex items-center gap-2 font-medium text-ink">
          <Clock className="size-4 shrink-0 self-center text-ink-3" aria-hidden="true" />
          {t(`accounts.history.${phase}`)}
        </span>
        <span className="tabular-nums">{t("accounts.historyPercent", { n: percent })}</span>
      </p>
      <progress
        aria-label={t(`accounts.history.${phase}`)}
        max={100}
        value={percent}
        className="mt-2 block h-1.5 w-full appearance-none overflow-hidden rounded-full bg-pressed [&::-moz-progress-bar]:bg-accent [&::-webkit-progress-bar]:bg-pressed [&::-webkit-progress-value]:rounded-full [&::-webkit-progress-value]:bg-accent"
      />
      <p className="mt-2 text-ink-3">{tn("accounts.historySoFar", conversations)}</p>
    </div>
  );
}
