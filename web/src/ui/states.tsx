import { CircleAlert } from "lucide-react";
import type { ReactNode } from "react";
import { t } from "@/i18n";
import { cx } from "@/lib/cx";
import { Button } from "./button";
import { errorText } from "./toast";

/** A grey shape in the place of what is being loaded. */
export function Skeleton({ className }: { className: string }) {
  return <span aria-hidden="true" className={cx("block animate-pulse rounded-md bg-pressed", className)} />;
}

interface EmptyProps {
  icon: ReactNode;
  title: string;
  /** What to do next. */
  children?: ReactNode;
  action?: ReactNode;
}

export function Empty({ icon, title, children, action }: EmptyProps) {
  return (
    <div className="m-auto flex max-w-sm flex-col items-center gap-2 p-8 text-center">
      <span className="mb-2 flex size-14 items-center justify-center rounded-2xl bg-accent-soft text-accent-ink">{icon}</span>
      <p className="text-md font-semibold text-balance">{title}</p>
      {children && <p className="text-ink-3 text-pretty">{children}</p>}
      {action && <div className="mt-3">{action}</div>}
    </div>
  );
}

/** A request failed: why, and a way on. */
export function Failed({ error, retry }: { error: unknown; retry: () => void }) {
  return (
    <div role="alert" className="m-auto flex max-w-sm flex-col items-center gap-2 p-8 text-center">
      <CircleAlert className="mb-1 size-8 text-danger" />
      <p className="text-md font-semibold">{t("error.title")}</p>
      <p className="text-ink-3">{errorText(error)}</p>
      <Button className="mt-3" onClick={retry}>
        {t("action.tryAgain")}
      </Button>
    </div>
  );
}

/** A short error above a form's buttons. */
export function FormError({ error }: { error: unknown }) {
  if (!error) return null;
  return (
    <p role="alert" className="flex items-start gap-2 rounded-lg bg-danger-soft px-3 py-2 text-danger">
      <CircleAlert className="mt-0.5 size-4 shrink-0" />
      {errorText(error)}
    </p>
  );
}

type Tone = "neutral" | "accent" | "ok" | "warn" | "danger";

const TONE: Record<Tone, string> = {
  neutral: "bg-pressed text-ink-2",
  accent: "bg-accent-soft text-accent-ink",
  ok: "bg-ok-soft text-ok",
  warn: "bg-warn-soft text-warn",
  danger: "bg-danger-soft text-danger",
};

export function Badge({ tone = "neutral", children }: { tone?: Tone; children: ReactNode }) {
  return (
    <span className={cx("inline-flex items-center gap-1 rounded-full px-2 py-0.5 text-xs font-medium whitespace-nowrap", TONE[tone])}>
      {children}
    </span>
  );
}

export function UnreadBadge({ count }: { count: number }) {
  if (count === 0) return null;
  return (
    <span className="inline-flex h-5 min-w-5 items-center justify-center rounded-full bg-accent px-1.5 text-xs font-semibold text-on-accent tabular-nums">
      <span aria-hidden="true">{count > 99 ? "99+" : count}</span>
      <span className="sr-only">{t("list.unread", { n: count })}</span>
    </span>
  );
}
