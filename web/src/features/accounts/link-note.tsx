import { useQuery } from "@tanstack/react-query";
import { FlaskConical, Info } from "lucide-react";
import { aboutQuery } from "@/directory/about";
import { t } from "@/i18n";

/** What the operator should know before the first code, and can look up at any time. */
export function Honest() {
  return (
    <div className="space-y-3">
      <Simulated />
      <p className="flex items-start gap-2 rounded-xl bg-hover px-3 py-2.5 text-sm text-ink-2">
        <Info className="mt-0.5 size-4 shrink-0 text-ink-3" aria-hidden="true" />
        <span className="text-pretty">{t("link.honest")}</span>
      </p>
    </div>
  );
}

/** In the demo people look for a simulated phone to link: whether there is one, and why not. */
function Simulated() {
  const { data: about } = useQuery(aboutQuery);
  if (!about?.demo && !about?.simulated_phones) return null;
  return (
    <p className="flex items-start gap-2 rounded-xl bg-warn-soft px-3 py-2.5 text-sm text-warn">
      <FlaskConical className="mt-0.5 size-4 shrink-0" aria-hidden="true" />
      <span className="text-pretty">
        {about.simulated_phones ? (
          t("link.simulated")
        ) : (
          <>
            {t("link.demo")} <code className="rounded bg-surface/60 px-1 font-mono text-xs whitespace-nowrap">make demo-linked</code>. {t("link.demoReal")}
          </>
        )}
      </span>
    </p>
  );
}
