import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { LayoutTemplate, Pencil, Plus, RefreshCw, Trash2 } from "lucide-react";
import { Suspense, lazy, useState } from "react";
import type { Template } from "@/api/types";
import { useAccount } from "@/directory/api";
import { applyTemplate, templatesQuery } from "@/directory/replies";
import { type Key, t } from "@/i18n";
import { dateOf } from "@/i18n/format";
import { surely } from "@/lib/lazy";
import { filledContent, partsOf } from "@/lib/template";
import { isEditable } from "@/lib/template-form";
import { Button, IconButton } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { HeaderLook } from "@/ui/header-file";
import { BackLink, Page } from "@/ui/page";
import { SearchField } from "@/ui/search-field";
import { PreviewBubble } from "@/ui/sent-card";
import { Badge, Empty, Failed, FormError, Skeleton } from "@/ui/states";
import { toast, toastError } from "@/ui/toast";
import { deleteTemplate, syncTemplates } from "./api";

const TemplateEditor = lazy(surely(() => import("./template-editor")));

const STATUS: Record<string, { tone: "ok" | "warn" | "danger" | "neutral"; key: Key }> = {
  APPROVED: { tone: "ok", key: "templateStatus.approved" },
  PENDING: { tone: "warn", key: "templateStatus.pending" },
  REJECTED: { tone: "danger", key: "templateStatus.rejected" },
  PAUSED: { tone: "warn", key: "templateStatus.paused" },
  DISABLED: { tone: "danger", key: "templateStatus.disabled" },
};

const QUALITY: Record<string, { tone: "ok" | "warn" | "danger"; key: Key }> = {
  GREEN: { tone: "ok", key: "templateQuality.green" },
  YELLOW: { tone: "warn", key: "templateQuality.yellow" },
  RED: { tone: "danger", key: "templateQuality.red" },
};

const REASON: Record<string, Key> = {
  ABUSIVE_CONTENT: "templateReason.abusive",
  INCORRECT_CATEGORY: "templateReason.category",
  INVALID_FORMAT: "templateReason.format",
  PROMOTIONAL: "templateReason.promotional",
  SCAM: "templateReason.scam",
  TAG_CONTENT_MISMATCH: "templateReason.mismatch",
};

export function TemplatesPage({ accountId }: { accountId: string }) {
  const client = useQueryClient();
  const account = useAccount(accountId);
  const query = useQuery(templatesQuery(accountId));
  const [q, setQ] = useState("");
  const [status, setStatus] = useState("");
  const [editing, setEditing] = useState<Template | "new" | null>(null);
  const sync = useMutation({
    mutationFn: () => syncTemplates(accountId),
    onSuccess: () => {
      toast({ tone: "success", title: t("accountTemplates.synced") });
      return client.invalidateQueries({ queryKey: templatesQuery(accountId).queryKey });
    },
    onError: toastError,
  });
  const all = query.data ?? [];
  const found = all.filter((item) => (status === "" || item.status.toUpperCase() === status) && wordsOf(item).includes(q.trim().toLocaleLowerCase()));
  return (
    <Page
      back={<BackLink to="/accounts">{t("nav.accounts")}</BackLink>}
      title={t("accountTemplates.title", { name: account?.name ?? "" })}
      description={t("accountTemplates.description")}
      actions={
        <>
          <Button icon={<RefreshCw className="size-4" />} busy={sync.isPending} onClick={() => sync.mutate()}>
            {t("accountTemplates.sync")}
          </Button>
          <Button variant="primary" icon={<Plus className="size-4" />} onClick={() => setEditing("new")}>
            {t("accountTemplates.new")}
          </Button>
        </>
      }
    >
      <Filters q={q} status={status} onSearch={setQ} onStatus={setStatus} />
      {query.isPending && <Skeleton className="h-52 rounded-2xl" />}
      {query.isError && !query.data && <Failed error={query.error} retry={() => void query.refetch()} />}
      {query.data && found.length === 0 && (
        <Empty icon={<LayoutTemplate className="size-6" />} title={t(all.length === 0 ? "accountTemplates.emptyTitle" : "palette.nothing")}>
          {all.length === 0 ? t("accountTemplates.emptyText") : null}
        </Empty>
      )}
      <ul className="grid items-start gap-4 md:grid-cols-2">
        {found.map((template) => (
          <li key={template.id}>
            <TemplateCard template={template} onEdit={() => setEditing(template)} />
          </li>
        ))}
      </ul>
      {editing !== null && (
        <Suspense>
          <TemplateEditor accountId={accountId} template={editing === "new" ? null : editing} onClose={() => setEditing(null)} />
        </Suspense>
      )}
    </Page>
  );
}

interface FiltersProps {
  q: string;
  status: string;
  onSearch: (q: string) => void;
  onStatus: (status: string) => void;
}

function Filters({ q, status, onSearch, onStatus }: FiltersProps) {
  return (
    <div className="mb-4 flex flex-wrap gap-2">
      <SearchField label={t("templates.search")} value={q} onChange={onSearch} className="min-w-40 flex-1 sm:max-w-80" />
      <select aria-label={t("accountTemplates.state")} className="control w-auto! max-w-40" value={status} onChange={(event) => onStatus(event.target.value)}>
        <option value="">{t("accountTemplates.all")}</option>
        {Object.entries(STATUS).map(([value, { key }]) => (
          <option key={value} value={value}>
            {t(key)}
          </option>
        ))}
      </select>
    </div>
  );
}

function wordsOf(template: Template): string {
  return `${template.name} ${template.language} ${partsOf(template).body.text}`.toLocaleLowerCase();
}

function TemplateCard({ template, onEdit }: { template: Template; onEdit: () => void }) {
  const [deleting, setDeleting] = useState(false);
  const parts = partsOf(template);
  const status = STATUS[template.status.toUpperCase()];
  const quality = QUALITY[template.quality?.toUpperCase() ?? ""];
  const category = template.category.toLowerCase();
  return (
    <article aria-label={`${template.name} ${template.language}`} className="rounded-2xl border border-line bg-surface p-4">
      <header className="mb-3 flex items-start gap-2">
        <div className="min-w-0 grow">
          <h2 className="font-semibold [overflow-wrap:anywhere]">{template.name}</h2>
          <p className="mt-0.5 text-sm text-ink-3">
            {template.language} ·{" "}
            {category === "marketing" || category === "utility" || category === "authentication" ? t(`templateCategory.${category}`) : template.category} ·{" "}
            {dateOf(template.updated_at)}
          </p>
          <p className="mt-2 flex flex-wrap gap-1.5">
            <Badge tone={status?.tone ?? "neutral"}>{status ? t(status.key) : template.status}</Badge>
            {quality && <Badge tone={quality.tone}>{t(quality.key)}</Badge>}
          </p>
        </div>
        {isEditable(template) && (
          <IconButton label={t("accountTemplates.edit", { name: template.name })} className="-me-2 -mt-1.5" onClick={onEdit}>
            <Pencil className="size-4" />
          </IconButton>
        )}
        <IconButton label={t("accountTemplates.delete", { name: template.name })} className="-me-2 -mt-1.5" onClick={() => setDeleting(true)}>
          <Trash2 className="size-4" />
        </IconButton>
      </header>
      {template.rejected_reason !== null && template.rejected_reason !== "" && template.rejected_reason !== "NONE" && (
        <p className="mb-3 rounded-lg bg-danger-soft px-3 py-2 text-sm text-danger">{t("accountTemplates.rejected", { reason: reasonOf(template.rejected_reason) })}</p>
      )}
      <PreviewBubble content={filledContent(template, parts, { ...parts.examples, buttons: {} })} media={<HeaderLook format={parts.header?.format ?? ""} file={null} />} />
      {deleting && <DeleteTemplate template={template} onClose={() => setDeleting(false)} />}
    </article>
  );
}

/** Meta's word for why, in words; one that is not known here as it is. */
function reasonOf(reason: string): string {
  const key = REASON[reason.toUpperCase()];
  return key ? t(key) : reason.replaceAll("_", " ").toLowerCase();
}

function DeleteTemplate({ template, onClose }: { template: Template; onClose: () => void }) {
  const client = useQueryClient();
  const remove = useMutation({
    mutationFn: () => deleteTemplate(template.id),
    onSuccess: () => {
      applyTemplate(client, template.id, null);
      toast({ tone: "success", title: t("accountTemplates.deleted") });
      onClose();
    },
  });
  return (
    <Dialog
      title={t("accountTemplates.delete", { name: template.name })}
      onClose={onClose}
      footer={
        <>
          <Button onClick={onClose}>{t("action.cancel")}</Button>
          <Button variant="danger" busy={remove.isPending} onClick={() => remove.mutate()}>
            {t("action.delete")}
          </Button>
        </>
      }
    >
      <p className="text-ink-2">{t("accountTemplates.deleteConfirm", { name: template.name })}</p>
      <FormError error={remove.error} />
    </Dialog>
  );
}
