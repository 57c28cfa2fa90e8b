import { Ban, Check, CheckCheck, CircleAlert, CircleQuestionMark, Clock } from "lucide-react";
import type { MessageStatus } from "@/api/types";
import { t } from "@/i18n";
import { cx } from "@/lib/cx";

/** How far one of our messages has come: clock, ✓, ✓✓, ✓✓ blue, or a red mark. */
export function Ticks({ status, className }: { status: MessageStatus | null; className?: string }) {
  if (status === null || status === "received") return null;
  const label = t(`status.${status}`);
  const look = cx("inline-block size-4 shrink-0", className);
  return (
    <span role="img" aria-label={label} title={label} className="inline-flex shrink-0">
      {status === "sending" && <Clock className={cx(look, "p-px")} />}
      {status === "sent" && <Check className={look} />}
      {status === "delivered" && <CheckCheck className={look} />}
      {(status === "read" || status === "played") && <CheckCheck className={cx(look, "text-tick-read!")} />}
      {status === "cancelled" && <Ban className={cx(look, "p-px")} />}
      {status === "unknown" && <CircleQuestionMark className={cx(look, "text-warn!")} />}
      {status === "failed" && <CircleAlert className={cx(look, "text-danger!")} />}
    </span>
  );
}
