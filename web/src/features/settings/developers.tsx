import { Link } from "@tanstack/react-router";
import { BookOpen, ChevronRight, Webhook } from "lucide-react";
import type { ReactNode } from "react";
import { t } from "@/i18n";
import { Card } from "@/ui/page";

const ROW = "-mx-2 flex items-center gap-3 rounded-xl px-2 py-2.5 hover:bg-hover";

/** Ways to what developers need. */
export function Developers() {
  return (
    <Card title={t("developers.title")}>
      <Link to="/settings/webhooks" className={ROW}>
        <Row icon={<Webhook className="size-5" />} title={t("developers.webhooks")} text={t("developers.webhooksText")} />
      </Link>
      <a href="/api/docs" target="_blank" rel="noreferrer" className={ROW}>
        <Row icon={<BookOpen className="size-5" />} title={t("developers.api")} text={t("developers.apiText")} />
      </a>
    </Card>
  );
}

function Row({ icon, title, text }: { icon: ReactNode; title: string; text: string }) {
  return (
    <>
      <span className="flex size-9 shrink-0 items-center justify-center rounded-lg bg-accent-soft text-accent-ink">{icon}</span>
      <span className="min-w-0 grow">
        <span className="block font-medium">{title}</span>
        <span className="block text-sm text-ink-3">{text}</span>
      </span>
      <ChevronRight className="size-4 shrink-0 text-ink-3 rtl:-scale-x-100" />
    </>
  );
}
