/** Which program this is, and the source that everybody who uses it may have (AGPL-3.0, section 13). */
import { useQuery } from "@tanstack/react-query";
import { aboutQuery } from "@/directory/about";
import { t } from "@/i18n";
import { Card } from "@/ui/page";

export function About() {
  const { data: about } = useQuery(aboutQuery);
  return (
    <Card title={t("settings.about")}>
      <div className="space-y-2 text-sm text-ink-2">
        {about && (
          <p dir="ltr" className="tabular-nums">
            Hoopoe {about.version} ({about.commit})
          </p>
        )}
        <p>{t("settings.license")}</p>
        {about && (
          <p>
            {about.source_url === null ? (
              t("settings.sourceOfOperator")
            ) : (
              <a className="text-accent underline" href={about.source_url} target="_blank" rel="noreferrer">
                {t("settings.source")}
              </a>
            )}
          </p>
        )}
      </div>
    </Card>
  );
}
