import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { ArrowLeft, LayoutTemplate, Plus, RefreshCw, Search, Trash2 } from "lucide-react";
import { useState } from "react";
import type { Template } from "@/api/types";
import { useAccount } from "@/directory/api";
import { applyTemplate, templatesQuery } from "@/directory/replies";
import { type Key, t } from "@/i18n";
import { dateOf } from "@/i18n/format";
import { filledContent, NO_VALUES, partsOf } from "@/lib/template";
import { Button, IconButton } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { Page } from "@/ui/page";
import { PreviewBubble } from "@/ui/sent-card";
import { Badge, Empty, Failed, FormError, Skeleton } from "@/ui/states";
import { toast, toastError } from "@/ui/toast";
import { deleteTemplate, syncTemplates } from "./api";
import { CreateTemplate } from "./create-template";

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

export function TemplatesPage({ accountId }: { accountId: string }) {
  const client = useQueryClient();
  const account = useAccount(accountId);
  const query = useQuery(templatesQuery(accountId));
  const [q, setQ] = useState("");
  const [status, setStatus] = useState("");
  const [creating, setCreating] = useState(false);
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
      title={t("accountTemplates.title", { name: account?.name ?? "" })}
      description={t("accountTemplates.description")}
      actions={
        <>
          <Link to="/accounts" className="inline-flex h-10 items-center gap-2 rounded-[10px] px-3 font-medium text-ink-2 hover:bg-hover">
            <ArrowLeft className="size-4 rtl:-scale-x-100" />
            {t("nav.accounts")}
          </Link>
          <Button icon={<RefreshCw className="size-4" />} busy={sync.isPending} onClick={() => sync.mutate()}>
            {t("accountTemplates.sync")}
          </Button>
          <Button variant="primary" icon={<Plus className="size-4" />} onClick={() => setCreating(true)}>
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
            <TemplateCard template={template} />
          </li>
        ))}
      </ul>
      {creating && <CreateTemplate accountId={accountId} onClose={() => setCreating(false)} />}
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
      <label className="control flex! max-w-80 items-center gap-2 py-0!">
        <Search className="size-4 shrink-0 text-ink-3" aria-hidden="true" />
        <input
          type="search"
          dir="auto"
          aria-label={t("templates.search")}
          placeholder={t("templates.search")}
          value={q}
          onChange={(event) => onSearch(event.target.value)}
          className="h-9.5 min-w-0 grow bg-transparent outline-none"
        />
      </label>
      <select aria-label={t("accountTemplates.state")} className="control w-auto!" value={status} onChange={(event) => onStatus(event.target.value)}>
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

function TemplateCard({ template }: { template: Template }) {
  const [deleting, setDeleting] = useState(false);
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
        </div>
        <span className="flex flex-wrap justify-end gap-1.5">
          <Badge tone={status?.tone ?? "neutral"}>{status ? t(status.key) : template.status}</Badge>
          {quality && <Badge tone={quality.tone}>{t(quality.key)}</Badge>}
        </span>
        <IconButton label={t("accountTemplates.delete", { name: template.name })} className="-me-2 -mt-1.5" onClick={() => setDeleting(true)}>
          <Trash2 className="size-4" />
        </IconButton>
      </header>
      {template.rejected_reason !== null && template.rejected_reason !== "" && template.rejected_reason !== "NONE" && (
        <p className="mb-3 rounded-lg bg-danger-soft px-3 py-2 text-sm text-danger">{t("accountTemplates.rejected", { reason: template.rejected_reason })}</p>
      )}
      <PreviewBubble content={filledContent(template, partsOf(template), NO_VALUES)} />
      {deleting && <DeleteTemplate template={template} onClose={() => setDeleting(false)} />}
    </article>
  );
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
            {t("accountTemplates.deleteAct")}
          </Button>
        </>
      }
    >
      <p className="text-ink-2">{t("accountTemplates.deleteConfirm", { name: template.name })}</p>
      <FormError error={remove.error} />
    </Dialog>
  );
}
