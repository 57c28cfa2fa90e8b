import { Link } from "@tanstack/react-router";
import { Ellipsis, KeyRound, Pencil, ScrollText, Send, Trash2 } from "lucide-react";
import type { Webhook } from "@/api/types";
import { t, tn } from "@/i18n";
import { ago, dateTimeOf, timeOf } from "@/i18n/format";
import { useMinute } from "@/lib/clock";
import { Button, IconButton } from "@/ui/button";
import { Menu, MenuItem } from "@/ui/menu";
import { Badge } from "@/ui/states";
import { toast, toastError } from "@/ui/toast";
import { testWebhook, useLogChange, useUpdateWebhook } from "./api";
import { EVERYTHING, eventName } from "./events";

interface WebhookCardProps {
  webhook: Webhook;
  onOpen: (dialog: "edit" | "rotate" | "remove") => void;
}

export function WebhookCard({ webhook, onOpen }: WebhookCardProps) {
  const test = useLogChange(webhook.id, () => testWebhook(webhook.id));
  const run = () =>
    test.mutate(undefined, {
      onSuccess: (delivery) =>
        toast(
          delivery.state === "delivered"
            ? { tone: "success", title: t("webhooks.testDelivered") }
            : { tone: "error", title: t("webhooks.testFailed"), ...(delivery.error !== null && { text: delivery.error }) },
        ),
      onError: toastError,
    });
  return (
    <section aria-label={webhook.name} className="rounded-2xl border border-line bg-surface p-5">
      <header className="flex items-start gap-3">
        <div className="min-w-0 grow">
          <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
            <h2 className="min-w-0 truncate text-md font-semibold" dir="auto">
              {webhook.name}
            </h2>
            <State webhook={webhook} />
          </div>
          <p dir="ltr" className="mt-0.5 truncate font-mono text-sm text-ink-3 rtl:text-end" title={webhook.url}>
            {webhook.url}
          </p>
        </div>
        <IconButton label={t("webhooks.edit", { name: webhook.name })} onClick={() => onOpen("edit")}>
          <Pencil className="size-4" />
        </IconButton>
        <Menu
          trigger={
            <IconButton label={t("webhooks.menu", { name: webhook.name })}>
              <Ellipsis className="size-5" />
            </IconButton>
          }
        >
          <MenuItem icon={<KeyRound className="size-4" />} onSelect={() => onOpen("rotate")}>
            {t("webhooks.newSecret")}
          </MenuItem>
          <MenuItem icon={<Trash2 className="size-4" />} onSelect={() => onOpen("remove")}>
            {t("webhooks.remove")}
          </MenuItem>
        </Menu>
      </header>
      <Scope webhook={webhook} />
      <Trouble webhook={webhook} />
      <footer className="mt-4 flex flex-wrap items-center justify-between gap-3">
        <Progress webhook={webhook} />
        <div className="flex flex-wrap gap-2">
          <Button small icon={<Send className="size-4 rtl:-scale-x-100" />} busy={test.isPending} onClick={run}>
            {t("webhooks.test")}
          </Button>
          <Link
            to="/settings/webhooks/$webhookId"
            params={{ webhookId: webhook.id }}
            className="inline-flex h-8 items-center gap-2 rounded-[10px] border border-line bg-surface px-3 text-sm font-medium hover:bg-hover active:bg-pressed"
          >
            <ScrollText className="size-4" />
            {t("webhooks.log")}
          </Link>
        </div>
      </footer>
    </section>
  );
}

function State({ webhook }: { webhook: Webhook }) {
  if (!webhook.enabled) return <Badge tone={webhook.disabled_reason === null ? "neutral" : "danger"}>{t("webhooks.off")}</Badge>;
  if (webhook.failing_since !== null) return <Badge tone="danger">{t("webhooks.failing")}</Badge>;
  if (webhook.last_success_at === null) return <Badge>{t("webhooks.quiet")}</Badge>;
  return <Badge tone="ok">{t("webhooks.works")}</Badge>;
}

/** What it is told of. */
function Scope({ webhook }: { webhook: Webhook }) {
  const types = webhook.event_types;
  const shown = types.slice(0, 4);
  return (
    <p className="mt-3 flex flex-wrap gap-1.5">
      {types.includes(EVERYTHING) ? (
        <Badge tone="accent">{t("webhooks.everything")}</Badge>
      ) : (
        shown.map((type) => <Badge key={type}>{eventName(type)}</Badge>)
      )}
      {types.length > shown.length && <Badge>+{types.length - shown.length}</Badge>}
      {webhook.account_ids.length > 0 && <Badge>{tn("webhooks.onlyAccounts", webhook.account_ids.length)}</Badge>}
    </p>
  );
}

/** What keeps it from working, and the way out. */
function Trouble({ webhook }: { webhook: Webhook }) {
  const update = useUpdateWebhook(webhook.id);
  if (webhook.disabled_reason !== null) {
    return (
      <div className="mt-3 flex flex-wrap items-center justify-between gap-3 rounded-lg bg-danger-soft px-3 py-2 text-sm text-danger">
        <p dir="auto">
          {t("webhooks.switchedOff")} {webhook.disabled_reason}
        </p>
        <Button small busy={update.isPending} onClick={() => update.mutate({ enabled: true }, { onError: toastError })}>
          {t("webhooks.switchOn")}
        </Button>
      </div>
    );
  }
  if (!webhook.enabled || webhook.failing_since === null) return null;
  return (
    <p className="mt-3 rounded-lg bg-danger-soft px-3 py-2 text-sm text-danger [overflow-wrap:anywhere]" dir="auto">
      {t("webhooks.failingSince", { when: dateTimeOf(webhook.failing_since) })} {webhook.last_error}
    </p>
  );
}

/** What arrived last, what waits, and whether two secrets sign. */
function Progress({ webhook }: { webhook: Webhook }) {
  const now = useMinute();
  const parts = [];
  if (webhook.last_success_at !== null) parts.push(t("webhooks.lastArrived", { when: ago(webhook.last_success_at, now) }));
  if (webhook.waiting > 0) {
    const since = webhook.waiting_since;
    const oldest = since === null ? "" : `, ${t("webhooks.waitingSince", { when: ago(since, now) })}`;
    parts.push(`${tn("webhooks.waiting", webhook.waiting)}${oldest}`);
  }
  const both = webhook.old_secret_until;
  if (both !== null && both > now) parts.push(t("webhooks.bothSecrets", { when: timeOf(both) }));
  return <p className="text-sm text-ink-3">{parts.join(" · ")}</p>;
}
