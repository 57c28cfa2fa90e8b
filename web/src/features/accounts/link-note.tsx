import { Info } from "lucide-react";
import { t } from "@/i18n";

/** What the operator should know before the first code, and can look up at any time. */
export function Honest() {
  return (
    <p className="flex items-start gap-2 rounded-xl bg-hover px-3 py-2.5 text-sm text-ink-2">
      <Info className="mt-0.5 size-4 shrink-0 text-ink-3" aria-hidden="true" />
      <span className="text-pretty">{t("link.honest")}</span>
    </p>
  );
}
