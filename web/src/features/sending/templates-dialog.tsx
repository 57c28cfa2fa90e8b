import { useQuery } from "@tanstack/react-query";
import { ArrowLeft, LayoutTemplate } from "lucide-react";
import { useState } from "react";
import type { Conversation, Template } from "@/api/types";
import { templatesQuery } from "@/directory/replies";
import { t } from "@/i18n";
import { partsOf } from "@/lib/template";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { SearchField } from "@/ui/search-field";
import { Badge, Empty, Failed, Skeleton } from "@/ui/states";
import type { Content } from "./send";
import { TemplateForm } from "./template-form";

interface TemplatesProps {
  conversation: Conversation;
  onClose: () => void;
  onSend: (content: Content, template: Record<string, unknown>) => void;
}

/** Choose a template, fill its blanks, see what the customer will see. */
export default function TemplatesDialog({ conversation, onClose, onSend }: TemplatesProps) {
  const [chosen, setChosen] = useState<Template | null>(null);
  return (
    <Dialog wide title={chosen ? chosen.name : t("templates.choose")} onClose={onClose}>
      {chosen ? (
        <>
          <Button small variant="ghost" className="-ms-3 mb-3" icon={<ArrowLeft className="size-4 rtl:-scale-x-100" />} onClick={() => setChosen(null)}>
            {t("templates.others")}
          </Button>
          <TemplateForm key={chosen.id} template={chosen} conversation={conversation} onSend={onSend} />
        </>
      ) : (
        <TemplateList accountId={conversation.account_id} onChoose={setChosen} />
      )}
    </Dialog>
  );
}

function fits(template: Template, q: string): boolean {
  return `${template.name} ${template.language} ${partsOf(template).body.text}`.toLocaleLowerCase().includes(q);
}

function TemplateList({ accountId, onChoose }: { accountId: string; onChoose: (template: Template) => void }) {
  const query = useQuery(templatesQuery(accountId));
  const [text, setText] = useState("");
  if (query.isPending) return <Skeleton className="h-64" />;
  if (!query.data) return <Failed error={query.error} retry={() => void query.refetch()} />;
  const approved = query.data.filter((template) => template.status.toUpperCase() === "APPROVED");
  const found = approved.filter((template) => fits(template, text.trim().toLocaleLowerCase()));
  if (approved.length === 0) {
    return (
      <Empty icon={<LayoutTemplate className="size-6" />} title={t("templates.noneTitle")}>
        {t("templates.noneText")}
      </Empty>
    );
  }
  return (
    <div className="min-h-80">
      <SearchField label={t("templates.search")} value={text} onChange={setText} className="mb-3" />
      {found.length === 0 && <p className="py-8 text-center text-ink-3">{t("palette.nothing")}</p>}
      <ul className="-mx-2">
        {found.map((template) => (
          <li key={template.id}>
            <button type="button" onClick={() => onChoose(template)} className="w-full rounded-xl px-3 py-2.5 text-start hover:bg-hover">
              <span className="flex flex-wrap items-center gap-2">
                <span className="font-medium">{template.name}</span>
                <Badge>{template.language}</Badge>
                <span className="text-xs text-ink-3">{categoryName(template.category)}</span>
              </span>
              <span className="mt-0.5 line-clamp-2 text-sm text-ink-3" dir="auto">
                {partsOf(template).body.text}
              </span>
            </button>
          </li>
        ))}
      </ul>
    </div>
  );
}

export function categoryName(category: string): string {
  const known = category.toLowerCase();
  if (known === "marketing" || known === "utility" || known === "authentication") return t(`templateCategory.${known}`);
  return category;
}
