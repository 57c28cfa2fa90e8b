import { useQuery } from "@tanstack/react-query";
import { Plus, Webhook as WebhookIcon } from "lucide-react";
import { useState } from "react";
import type { Webhook } from "@/api/types";
import { t } from "@/i18n";
import { Button } from "@/ui/button";
import { BackLink, Page } from "@/ui/page";
import { Empty, Failed, Skeleton } from "@/ui/states";
import { type WithSecret, webhooksQuery } from "./api";
import { NewSecretDialog, RemoveDialog, SecretDialog } from "./dialogs";
import { CreateWebhook, EditWebhook } from "./edit-webhook";
import { WebhookCard } from "./webhook-card";

/** What is open over the list. */
type Open = { kind: "create" } | { kind: "secret"; made: WithSecret } | { kind: "edit" | "rotate" | "remove"; webhook: Webhook };

export function WebhooksPage() {
  const query = useQuery(webhooksQuery);
  const [open, setOpen] = useState<Open | null>(null);
  const close = () => setOpen(null);
  const add = (
    <Button variant="primary" icon={<Plus className="size-4" />} onClick={() => setOpen({ kind: "create" })}>
      {t("webhooks.add")}
    </Button>
  );
  const some = query.data !== undefined && query.data.length > 0;
  return (
    <Page
      back={<BackLink to="/settings">{t("nav.settings")}</BackLink>}
      title={t("webhooks.title")}
      description={t("webhooks.description")}
      actions={some ? add : null}
    >
      {query.isPending && <Skeleton className="h-40 rounded-2xl" />}
      {query.isError && !query.data && <Failed error={query.error} retry={() => void query.refetch()} />}
      {query.data?.length === 0 && (
        <Empty icon={<WebhookIcon className="size-6" />} title={t("webhooks.emptyTitle")} action={add}>
          {t("webhooks.emptyText")}
        </Empty>
      )}
      <ul className="space-y-4">
        {query.data?.map((webhook) => (
          <li key={webhook.id}>
            <WebhookCard webhook={webhook} onOpen={(kind) => setOpen({ kind, webhook })} />
          </li>
        ))}
      </ul>
      {open && <Opened open={open} setOpen={setOpen} onClose={close} />}
    </Page>
  );
}

function Opened({ open, setOpen, onClose }: { open: Open; setOpen: (open: Open) => void; onClose: () => void }) {
  const show = (made: WithSecret) => setOpen({ kind: "secret", made });
  switch (open.kind) {
    case "create":
      return <CreateWebhook onClose={onClose} onCreated={show} />;
    case "secret":
      return <SecretDialog made={open.made} onClose={onClose} />;
    case "edit":
      return <EditWebhook webhook={open.webhook} onClose={onClose} />;
    case "rotate":
      return <NewSecretDialog webhook={open.webhook} onClose={onClose} onMade={show} />;
    case "remove":
      return <RemoveDialog webhook={open.webhook} onClose={onClose} />;
  }
}
