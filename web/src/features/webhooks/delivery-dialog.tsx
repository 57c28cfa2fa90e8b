import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import type { Delivery } from "@/api/types";
import { t, tn } from "@/i18n";
import { dateTimeOf, timeOf } from "@/i18n/format";
import { cx } from "@/lib/cx";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { Failed, Skeleton } from "@/ui/states";
import { toast, toastError } from "@/ui/toast";
import { deliveryQuery, replayDelivery, skipDelivery, useLogChange } from "./api";
import { eventName } from "./events";

export function DeliveryDialog({ delivery, onClose }: { delivery: Delivery; onClose: () => void }) {
  const query = useQuery(deliveryQuery(delivery.webhook_id, delivery.id));
  return (
    <Dialog wide title={eventName(delivery.type)} onClose={onClose} footer={<Actions delivery={delivery} onClose={onClose} />}>
      <Facts delivery={delivery} />
      <h3 className="mt-5 mb-1.5 text-sm font-medium text-ink-2">{t("deliveries.answer")}</h3>
      <Answer delivery={delivery} />
      <h3 className="mt-5 mb-1.5 text-sm font-medium text-ink-2">{t("deliveries.request")}</h3>
      {query.isPending && <Skeleton className="h-40" />}
      {query.isError && <Failed error={query.error} retry={() => void query.refetch()} />}
      {query.data && <Code text={JSON.stringify(query.data.body, null, 2)} label={t("deliveries.request")} />}
    </Dialog>
  );
}

function Facts({ delivery }: { delivery: Delivery }) {
  return (
    <dl className="grid grid-cols-2 gap-x-4 gap-y-3 text-sm sm:grid-cols-3">
      <Fact label={t("deliveries.happened")}>{dateTimeOf(delivery.created_at)}</Fact>
      {delivery.attempted_at !== null && (
        <Fact label={t("deliveries.tried")}>
          {dateTimeOf(delivery.attempted_at)} · {tn("deliveries.attempts", delivery.attempts)}
        </Fact>
      )}
      <Fact label="webhook-id" wide>
        <code dir="ltr" className="text-xs [overflow-wrap:anywhere]">
          {delivery.id}
        </code>
      </Fact>
    </dl>
  );
}

function Fact({ label, wide, children }: { label: string; wide?: boolean; children: ReactNode }) {
  return (
    <div className={cx("min-w-0", wide && "col-span-2 sm:col-span-1")}>
      <dt className="text-ink-3">{label}</dt>
      <dd className="font-medium">{children}</dd>
    </div>
  );
}

function Answer({ delivery }: { delivery: Delivery }) {
  const { status, response, error, duration_ms: took, due_at: due, attempts } = delivery;
  return (
    <div className="space-y-2">
      {error !== null && (
        <p className="rounded-lg bg-danger-soft px-3 py-2 text-sm text-danger [overflow-wrap:anywhere]" dir="auto">
          {error}
        </p>
      )}
      <p className="text-sm text-ink-2">
        {status === null ? t("deliveries.noAnswer") : [status, ...(took === null ? [] : [t("deliveries.took", { ms: took })])].join(" · ")}
      </p>
      {status !== null && (response ? <Code text={response} label={t("deliveries.answer")} /> : <p className="text-sm text-ink-3">{t("deliveries.emptyAnswer")}</p>)}
      {due !== null && (
        <p className="text-sm text-ink-2">
          {attempts > 0 ? t("deliveries.next", { when: timeOf(due) }) : t("deliveries.soon")}. {t("deliveries.skipHint")}
        </p>
      )}
    </div>
  );
}

function Code({ text, label }: { text: string; label: string }) {
  return (
    <pre
      dir="ltr"
      aria-label={label}
      // A scrolling region must be reachable by keyboard.
      // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex
      tabIndex={0}
      className="max-h-72 overflow-auto rounded-xl bg-hover p-3 font-mono text-xs"
    >
      {text}
    </pre>
  );
}

function Actions({ delivery, onClose }: { delivery: Delivery; onClose: () => void }) {
  const replay = useLogChange(delivery.webhook_id, () => replayDelivery(delivery));
  const skip = useLogChange(delivery.webhook_id, () => skipDelivery(delivery));
  const waits = delivery.state === "waiting";
  const done = (title: string) => ({
    onSuccess: () => {
      toast({ tone: "success", title });
      onClose();
    },
    onError: toastError,
  });
  return (
    <>
      {waits && (
        <Button variant="danger" busy={skip.isPending} onClick={() => skip.mutate(undefined, done(t("deliveries.skipped")))}>
          {t("deliveries.skip")}
        </Button>
      )}
      <Button variant="primary" busy={replay.isPending} onClick={() => replay.mutate(undefined, done(t("deliveries.queued")))}>
        {t(waits ? "deliveries.tryNow" : "deliveries.replay")}
      </Button>
    </>
  );
}
