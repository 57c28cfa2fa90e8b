import { useInfiniteQuery } from "@tanstack/react-query";
import { MailCheck } from "lucide-react";
import { useState } from "react";
import type { DeadLetter } from "@/api/types";
import { useAccounts } from "@/directory/api";
import { t, tn } from "@/i18n";
import { dateTimeOf } from "@/i18n/format";
import { cx } from "@/lib/cx";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { BackLink, Page } from "@/ui/page";
import { Badge, Empty, Failed, Skeleton } from "@/ui/states";
import { toast, toastError } from "@/ui/toast";
import { deadLettersQuery, useDeadLetterAction } from "./api";
import type { DeadLetterState } from "./cache";

const STATES: readonly DeadLetterState[] = ["open", "replayed", "discarded"];

export function DeadLettersPage() {
  const [state, setState] = useState<DeadLetterState>("open");
  const [accountId, setAccountId] = useState<string | null>(null);
  const accounts = useAccounts();
  return (
    <Page
      title={t("deadLetters.title")}
      description={t("deadLetters.description")}
      back={<BackLink to="/accounts">{t("nav.accounts")}</BackLink>}
    >
      <div className="mb-4 flex flex-wrap items-center justify-between gap-3">
        <div className="flex gap-1" role="group" aria-label={t("deadLetters.stateFilter")}>
          {STATES.map((item) => (
            <button
              key={item}
              type="button"
              aria-pressed={state === item}
              onClick={() => setState(item)}
              className={cx("h-8 rounded-full px-3 text-sm font-medium", state === item ? "bg-accent-soft text-accent-ink" : "text-ink-2 hover:bg-hover")}
            >
              {t(`deadLetterState.${item}`)}
            </button>
          ))}
        </div>
        <select
          aria-label={t("list.account")}
          value={accountId ?? ""}
          onChange={(event) => setAccountId(event.target.value === "" ? null : event.target.value)}
          className="control w-auto!"
        >
          <option value="">{t("list.allAccounts")}</option>
          {accounts.map((account) => (
            <option key={account.id} value={account.id}>
              {account.name}
            </option>
          ))}
        </select>
      </div>
      <Letters key={`${state} ${accountId ?? ""}`} state={state} accountId={accountId} />
    </Page>
  );
}

function Letters({ state, accountId }: { state: DeadLetterState; accountId: string | null }) {
  const query = useInfiniteQuery(deadLettersQuery({ state, accountId }));
  const [shown, setShown] = useState<DeadLetter | null>(null);
  if (query.isPending) return <Skeleton className="h-40 rounded-2xl" />;
  if (!query.data) return <Failed error={query.error} retry={() => void query.refetch()} />;
  const letters = query.data.pages.flatMap((page) => page.items);
  if (letters.length === 0) {
    return (
      <Empty icon={<MailCheck className="size-6" />} title={t("deadLetters.emptyTitle")}>
        {t("deadLetters.emptyText")}
      </Empty>
    );
  }
  return (
    <>
      <ul className="divide-y divide-line overflow-hidden rounded-2xl border border-line bg-surface">
        {letters.map((letter) => (
          <LetterRow key={letter.id} letter={letter} onShow={() => setShown(letter)} />
        ))}
      </ul>
      {query.hasNextPage && (
        <div className="mt-4 flex justify-center">
          <Button busy={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
            {t("action.more")}
          </Button>
        </div>
      )}
      {shown && <LetterDialog letter={shown} onClose={() => setShown(null)} />}
    </>
  );
}

function LetterRow({ letter, onShow }: { letter: DeadLetter; onShow: () => void }) {
  return (
    <li className="flex flex-wrap items-center gap-x-4 gap-y-2 px-4 py-3">
      <div className="min-w-0 grow basis-64">
        <p className="flex flex-wrap items-center gap-2">
          <span className="font-medium">{t(`deadLetterReason.${letter.reason}`)}</span>
          {letter.attempts > 0 && <Badge>{tn("deadLetters.attempts", letter.attempts)}</Badge>}
        </p>
        <p className="line-clamp-2 text-sm text-ink-3 [overflow-wrap:anywhere]" dir="auto">
          {letter.detail}
        </p>
        <p className="text-xs text-ink-3">{dateTimeOf(letter.received_at)}</p>
      </div>
      <Button small onClick={onShow}>
        {t("deadLetters.look")}
      </Button>
    </li>
  );
}

function pretty(raw: string): string {
  try {
    return JSON.stringify(JSON.parse(raw), null, 2);
  } catch {
    // Undecodable is one of the reasons to be here.
    return raw;
  }
}

function LetterDialog({ letter, onClose }: { letter: DeadLetter; onClose: () => void }) {
  const replay = useDeadLetterAction("replay");
  const discard = useDeadLetterAction("discard");
  const open = letter.state === "open";
  const runReplay = () =>
    replay.mutate(letter.id, {
      onSuccess: (next) => {
        toast(
          next.state === "replayed"
            ? { tone: "success", title: t("deadLetters.replayed") }
            : { tone: "error", title: t("deadLetters.stillFails"), text: next.detail },
        );
        onClose();
      },
      onError: toastError,
    });
  return (
    <Dialog
      wide
      title={t(`deadLetterReason.${letter.reason}`)}
      onClose={onClose}
      footer={
        open && (
          <>
            <Button variant="danger" busy={discard.isPending} onClick={() => discard.mutate(letter.id, { onSuccess: onClose, onError: toastError })}>
              {t("deadLetters.discard")}
            </Button>
            <Button variant="primary" busy={replay.isPending} onClick={runReplay}>
              {t("deadLetters.replay")}
            </Button>
          </>
        )
      }
    >
      <p className="mb-3 text-ink-2 [overflow-wrap:anywhere]" dir="auto">
        {letter.detail}
      </p>
      <pre
        dir="ltr"
        // A scrolling region must be reachable by keyboard.
        // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex
        tabIndex={0}
        className="max-h-96 overflow-auto rounded-xl bg-hover p-3 font-mono text-xs"
      >
        {pretty(letter.raw)}
      </pre>
    </Dialog>
  );
}
