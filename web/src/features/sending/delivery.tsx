import { useQuery } from "@tanstack/react-query";
import { type ReactNode, useEffect, useState } from "react";
import type { Attempt, Message, MessageChange } from "@/api/types";
import { t, tn } from "@/i18n";
import { dateTimeOf, timeOf } from "@/i18n/format";
import { useStore } from "@/lib/store";
import { connection } from "@/realtime/hints";
import { Popover } from "@/ui/popover";
import { Skeleton } from "@/ui/states";
import { toastError } from "@/ui/toast";
import { attemptsQuery, cancelMessage, deleteMessage, editMessage, forgetChange, newClientId, retryMessage } from "./api";
import { isLocal } from "./local";
import { sendAgain } from "./outbox";
import { forgetPending, pending, progress, wish } from "./pending";
import { reasonText, windowIsClosed } from "./reasons";

interface DeliveryProps {
  message: Message;
  /** A message that the server answered with. */
  onChanged: (message: Message) => void;
}

/** Below a message of ours that is not simply on its way: what is the matter, in plain words, and what can be done. */
export default function Delivery({ message, onChanged }: DeliveryProps) {
  if (message.change) return <Change message={message} change={message.change} onChanged={onChanged} />;
  switch (message.status) {
    case "failed":
      return <Failed message={message} onChanged={onChanged} />;
    case "unknown":
      return <Unknown message={message} onChanged={onChanged} />;
    case "cancelled":
      return (
        <Line>
          {t("delivery.cancelled")} <Act onClick={() => run(retryMessage(message.id), onChanged)}>{t("delivery.sendNow")}</Act>
        </Line>
      );
    case "sending":
      return isLocal(message) ? <Waiting message={message} /> : <Queued message={message} onChanged={onChanged} />;
    default:
      return null;
  }
}

function run(request: Promise<Message>, onChanged: (message: Message) => void): void {
  request.then(onChanged, toastError);
}

function Line({ tone = "quiet", children }: { tone?: "quiet" | "warn" | "danger"; children: ReactNode }) {
  const color = { quiet: "text-ink-2", warn: "text-warn", danger: "text-danger" }[tone];
  return (
    <div className={`mt-1 max-w-96 px-1 text-end text-xs ${color}`} dir="auto">
      {children}
    </div>
  );
}

function Act({ onClick, children }: { onClick: () => void; children: ReactNode }) {
  return (
    <button type="button" onClick={onClick} className="ms-1.5 font-semibold whitespace-nowrap text-accent-ink underline-offset-2 hover:underline">
      {children}
    </button>
  );
}

function Failed({ message, onChanged }: DeliveryProps) {
  const local = isLocal(message);
  const retry = () => {
    if (local && message.client_id !== null) sendAgain(message.client_id);
    else run(retryMessage(message.id), onChanged);
  };
  return (
    <Line tone="danger">
      {t("thread.failed")} {reasonText(message.error)}
      {windowIsClosed(message.error) ? (
        <Act onClick={() => wish.set({ kind: "templates" })}>{t("composer.chooseTemplate")}</Act>
      ) : (
        <Act onClick={retry}>{t("delivery.retry")}</Act>
      )}
      {local ? <Act onClick={() => forgetPending(message.client_id)}>{t("delivery.discard")}</Act> : <History message={message} />}
    </Line>
  );
}

/** The connection broke before WhatsApp answered: only a person can weigh a silence against a message that comes twice. */
function Unknown({ message, onChanged }: DeliveryProps) {
  const [sure, setSure] = useState(false);
  if (sure) {
    return (
      <Line tone="warn">
        {t("delivery.twice")}
        <Act onClick={() => run(retryMessage(message.id), onChanged)}>{t("delivery.sendAgain")}</Act>
        <Act onClick={() => setSure(false)}>{t("delivery.leave")}</Act>
      </Line>
    );
  }
  return (
    <Line tone="warn">
      {t("delivery.unknown")}
      <Act onClick={() => setSure(true)}>{t("delivery.sendAgain")}</Act>
      <History message={message} />
    </Line>
  );
}

const PATIENCE_MS = 4_000;

/** In the server's queue: for a later time, or because WhatsApp asks for patience. */
function Queued({ message, onChanged }: DeliveryProps) {
  const long = useOlderThan(message.provider_at, PATIENCE_MS);
  const cancel = <Act onClick={() => run(cancelMessage(message.id), onChanged)}>{t("action.cancel")}</Act>;
  if (message.send_at !== null && message.attempts === 0) {
    return (
      <Line>
        {t("delivery.scheduled", { when: dateTimeOf(message.send_at) })} {cancel}
      </Line>
    );
  }
  if (!long) return null;
  return (
    <Line>
      {message.attempts > 0 ? t("delivery.tryingAgain") : t("delivery.queued")}
      {message.attempts === 0 && cancel}
      <History message={message} />
    </Line>
  );
}

/** A change that is on its way, or that came to nothing: then the customer sees the message as it stands here. */
function Change({ message, change, onChanged }: DeliveryProps & { change: MessageChange }) {
  const long = useOlderThan(change.at, PATIENCE_MS);
  const forget = () => run(forgetChange(message.id), onChanged);
  const again = () => run(change.kind === "edit" ? editMessage(message.id, newClientId(), change.text ?? "") : deleteMessage(message.id, newClientId()), onChanged);
  if (change.status === "failed") {
    return (
      <Line tone="danger">
        {t(change.kind === "edit" ? "change.editFailed" : "change.deleteFailed")} {reasonText(change.error)}
        <Act onClick={again}>{t("delivery.retry")}</Act>
        <Act onClick={forget}>{t("change.dismiss")}</Act>
      </Line>
    );
  }
  if (!long) return null;
  return (
    <Line>
      {change.error ? t("delivery.tryingAgain") : t(change.kind === "edit" ? "change.editing" : "change.deleting")}
      <Act onClick={forget}>{t("action.cancel")}</Act>
    </Line>
  );
}

/** Not on the server yet. */
function Waiting({ message }: { message: Message }) {
  const id = message.client_id ?? "";
  const share = useStore(progress, (all) => all[id]);
  const offline = useStore(connection, (state) => state !== "live");
  const long = useOlderThan(message.provider_at, PATIENCE_MS);
  const uploading = useStore(pending, (items) => items.some((item) => item.client_id === id && item.file !== null)) && share !== undefined && share < 1;
  if (!uploading && !offline && !long) return null;
  return (
    <Line>
      {offline ? t("delivery.offline") : uploading ? t("delivery.uploading", { n: Math.round(share * 100) }) : t("delivery.waiting")}
      <Act onClick={() => forgetPending(id)}>{t("action.cancel")}</Act>
    </Line>
  );
}

/** Turns true once, by one timer. */
function useOlderThan(at: number, ageMs: number): boolean {
  const [older, setOlder] = useState(() => Date.now() - at > ageMs);
  useEffect(() => {
    if (older) return;
    const timer = setTimeout(() => setOlder(true), Math.max(0, at + ageMs - Date.now()));
    return () => clearTimeout(timer);
  }, [older, at, ageMs]);
  return older;
}

function History({ message }: { message: Message }) {
  if (message.attempts === 0) return null;
  return (
    <Popover
      label={t("delivery.attempts")}
      className="w-80 max-w-[calc(100vw-2rem)] p-3!"
      trigger={
        <button type="button" className="ms-1.5 whitespace-nowrap text-ink-2 underline underline-offset-2 hover:text-ink">
          {tn("delivery.attemptCount", message.attempts)}
        </button>
      }
    >
      {() => <Attempts message={message} />}
    </Popover>
  );
}

function Attempts({ message }: { message: Message }) {
  const { data } = useQuery(attemptsQuery(message.id, message.attempts));
  return (
    <div className="text-start text-ink">
      <h3 className="mb-2 text-sm font-semibold">{t("delivery.attempts")}</h3>
      {!data && <Skeleton className="h-16" />}
      <ol className="space-y-2.5">
        {data?.map((attempt) => (
          <li key={`${attempt.change ?? ""}${attempt.started_at}`} className="flex gap-3 text-sm">
            <span className="shrink-0 text-ink-3 tabular-nums" title={dateTimeOf(attempt.started_at)}>
              {timeOf(attempt.started_at)}
            </span>
            <AttemptWords attempt={attempt} />
          </li>
        ))}
      </ol>
    </div>
  );
}

function AttemptWords({ attempt }: { attempt: Attempt }) {
  const { outcome, code, title, detail, retry_at } = attempt;
  const words = outcome === null ? t("attempt.running") : t(`attempt.${outcome}`);
  const reason = [title, detail].filter(Boolean).join(": ");
  return (
    <span className="min-w-0">
      <span className="font-medium">{words}</span>
      {code !== null && code !== 0 && <span className="ms-1.5 text-xs text-ink-3 tabular-nums">{code}</span>}
      {reason !== "" && (
        <span className="block text-ink-2 [overflow-wrap:anywhere]" dir="auto">
          {reason}
        </span>
      )}
      {retry_at !== null && <span className="block text-xs text-ink-3">{t("attempt.next", { when: timeOf(retry_at) })}</span>}
    </span>
  );
}
