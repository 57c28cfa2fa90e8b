import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Inbox, RefreshCw, RotateCcw } from "lucide-react";
import { useState } from "react";
import type { Delivery, DeliveryState } from "@/api/types";
import { t, tn } from "@/i18n";
import { dateTimeOf } from "@/i18n/format";
import { cx } from "@/lib/cx";
import { Button } from "@/ui/button";
import { BackLink, Page } from "@/ui/page";
import { Badge, Empty, Failed, Skeleton } from "@/ui/states";
import { toast, toastError } from "@/ui/toast";
import { deliveriesQuery, replayFailed, useLogChange, webhooksQuery } from "./api";
import { DeliveryDialog } from "./delivery-dialog";
import { eventName } from "./events";

const STATES: readonly (DeliveryState | null)[] = [null, "waiting", "delivered", "failed", "skipped"];

const TONE: Record<DeliveryState, "ok" | "warn" | "danger" | "neutral"> = {
  waiting: "warn",
  delivered: "ok",
  failed: "danger",
  skipped: "neutral",
};

export function DeliveriesPage({ webhookId }: { webhookId: string }) {
  const [state, setState] = useState<DeliveryState | null>(null);
  const webhook = useQuery(webhooksQuery).data?.find((one) => one.id === webhookId);
  const replay = useLogChange(webhookId, () => replayFailed(webhookId));
  const query = useInfiniteQuery(deliveriesQuery(webhookId, state));
  const run = () =>
    replay.mutate(undefined, {
      onSuccess: ({ count }) => toast({ tone: "success", title: count === 0 ? t("deliveries.nothingFailed") : tn("deliveries.replayed", count) }),
      onError: toastError,
    });
  return (
    <Page
      back={<BackLink to="/settings/webhooks">{t("webhooks.title")}</BackLink>}
      title={t("deliveries.title", { name: webhook?.name ?? "" })}
      {...(webhook && { description: webhook.url })}
      actions={
        <>
          <Button icon={<RotateCcw className="size-4" />} busy={replay.isPending} onClick={run}>
            {t("deliveries.replayFailed")}
          </Button>
          <Button icon={<RefreshCw className="size-4" />} busy={query.isRefetching} onClick={() => void query.refetch()}>
            {t("deliveries.refresh")}
          </Button>
        </>
      }
    >
      <div className="-mx-4 mb-4 flex gap-1 overflow-x-auto px-4 sm:mx-0 sm:px-0" role="group" aria-label={t("deliveries.stateFilter")}>
        {STATES.map((item) => (
          <button
            key={item}
            type="button"
            aria-pressed={state === item}
            onClick={() => setState(item)}
            className={cx(
              "h-8 shrink-0 rounded-full px-3 text-sm font-medium",
              state === item ? "bg-accent-soft text-accent-ink" : "text-ink-2 hover:bg-hover",
            )}
          >
            {item === null ? t("deliveries.all") : t(`deliveryState.${item}`)}
          </button>
        ))}
      </div>
      <Deliveries query={query} />
    </Page>
  );
}

function Deliveries({ query }: { query: ReturnType<typeof useInfiniteQuery<{ items: Delivery[] }>> }) {
  const [shown, setShown] = useState<Delivery | null>(null);
  if (query.isPending) return <Skeleton className="h-40 rounded-2xl" />;
  if (!query.data) return <Failed error={query.error} retry={() => void query.refetch()} />;
  const all = query.data.pages.flatMap((page) => page.items);
  if (all.length === 0) {
    return (
      <Empty icon={<Inbox className="size-6" />} title={t("deliveries.emptyTitle")}>
        {t("deliveries.emptyText")}
      </Empty>
    );
  }
  return (
    <>
      <ul className="divide-y divide-line overflow-hidden rounded-2xl border border-line bg-surface">
        {all.map((delivery) => (
          <DeliveryRow key={delivery.id} delivery={delivery} onShow={() => setShown(delivery)} />
        ))}
      </ul>
      {query.hasNextPage && (
        <div className="mt-4 flex justify-center">
          <Button busy={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
            {t("action.more")}
          </Button>
        </div>
      )}
      {shown && <DeliveryDialog key={shown.id} delivery={all.find((one) => one.id === shown.id) ?? shown} onClose={() => setShown(null)} />}
    </>
  );
}

function DeliveryRow({ delivery, onShow }: { delivery: Delivery; onShow: () => void }) {
  const more = [dateTimeOf(delivery.created_at)];
  if (delivery.attempts > 1) more.push(tn("deliveries.attempts", delivery.attempts));
  if (delivery.duration_ms !== null) more.push(t("deliveries.took", { ms: delivery.duration_ms }));
  return (
    <li className="relative flex items-center gap-x-4 gap-y-1 px-4 py-3 hover:bg-hover">
      <div className="min-w-0 grow">
        <p className="flex flex-wrap items-center gap-x-2 gap-y-1">
          <button
            type="button"
            onClick={onShow}
            aria-haspopup="dialog"
            className="text-start font-medium after:absolute after:inset-0 focus-visible:after:rounded-lg"
          >
            {eventName(delivery.type)}
          </button>
          <code dir="ltr" className="text-xs text-ink-3 max-sm:hidden">
            {delivery.type}
          </code>
        </p>
        {delivery.error !== null && (
          <p className="line-clamp-2 text-sm text-danger [overflow-wrap:anywhere]" dir="auto">
            {delivery.error}
          </p>
        )}
        <p className="text-xs text-ink-3">{more.join(" · ")}</p>
      </div>
      {delivery.status !== null && <span className="text-sm text-ink-3 tabular-nums max-sm:hidden">{delivery.status}</span>}
      <Badge tone={TONE[delivery.state]}>{t(`deliveryState.${delivery.state}`)}</Badge>
    </li>
  );
}
