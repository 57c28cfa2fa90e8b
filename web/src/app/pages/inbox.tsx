import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Navigate, useCanGoBack, useNavigate, useParams, useRouter, useSearch } from "@tanstack/react-router";
import { ArrowLeft, MessagesSquare } from "lucide-react";
import { Suspense, lazy, useState } from "react";
import { ApiError } from "@/api/client";
import type { Conversation } from "@/api/types";
import { conversationQuery, markConversationRead, useChangeConversation } from "@/features/inbox/api";
import { ConversationList } from "@/features/inbox/conversation-list";
import type { InboxSearch } from "@/features/inbox/filters";
import { usePending } from "@/features/sending/pending";
import { ThreadPortsProvider } from "@/features/thread/ports";
import { Thread } from "@/features/thread/thread";
import { t } from "@/i18n";
import { cx } from "@/lib/cx";
import { useMedia } from "@/lib/hooks";
import { setPrefs, usePrefs } from "@/lib/prefs";
import { IconButton } from "@/ui/button";
import { Empty, Failed, Skeleton } from "@/ui/states";
import { toast, toastError } from "@/ui/toast";
import { Crash } from "../crash";
import { ComposerFor, usePorts } from "../sending";

const ContactPanel = lazy(async () => ({ default: (await import("@/features/contacts/contact-panel")).ContactPanel }));

/** List, thread and contact side by side; on a phone one at a time, chosen by the address. */
export default function InboxPage() {
  const search = useSearch({ from: "/app/inbox" });
  const selectedId = useParams({ strict: false, select: (params) => params.conversationId }) ?? null;
  const navigate = useNavigate();
  const onSearch = (next: InboxSearch, replace = false) => {
    if (selectedId === null) void navigate({ to: "/inbox", search: next, replace });
    else void navigate({ to: "/inbox/$conversationId", params: { conversationId: selectedId }, search: next, replace });
  };
  return (
    <div className="flex h-full min-h-0">
      <h1 className="sr-only">{t("nav.inbox")}</h1>
      <div className={cx("h-full w-full min-w-0 shrink-0 border-e border-line md:w-90 xl:w-96", selectedId !== null && "max-md:hidden")}>
        <ConversationList selectedId={selectedId} search={search} onSearch={onSearch} />
      </div>
      <div className={cx("h-full min-w-0 grow", selectedId === null && "max-md:hidden")}>
        {selectedId === null ? <NothingSelected /> : <Selected key={selectedId} id={selectedId} search={search} />}
      </div>
    </div>
  );
}

function NothingSelected() {
  return (
    <div className="flex h-full bg-thread">
      <Empty icon={<MessagesSquare className="size-6" />} title={t("inbox.nothingTitle")}>
        {t("inbox.nothingText")}
      </Empty>
    </div>
  );
}

function Selected({ id, search }: { id: string; search: InboxSearch }) {
  const client = useQueryClient();
  const query = useQuery(conversationQuery(client, id));
  // Folded into another after a merge of contacts.
  if (query.data && query.data.id !== id) {
    return <Navigate to="/inbox/$conversationId" params={{ conversationId: query.data.id }} search={search} replace />;
  }
  if (query.data) return <Panes conversation={query.data} search={search} />;
  return (
    <div className="flex h-full flex-col bg-thread">
      <header className="flex h-16 shrink-0 items-center gap-3 border-b border-line bg-surface px-3">
        <Back search={search} />
        {query.isPending && <Skeleton className="h-4 w-40" />}
      </header>
      {query.isError && <NoConversation error={query.error} retry={() => void query.refetch()} />}
    </div>
  );
}

function NoConversation({ error, retry }: { error: Error; retry: () => void }) {
  if (!(error instanceof ApiError) || error.code !== "not_found") return <Failed error={error} retry={retry} />;
  return (
    <Empty icon={<MessagesSquare className="size-6" />} title={t("inbox.goneTitle")}>
      {t("inbox.goneText")}
    </Empty>
  );
}

function Panes({ conversation, search }: { conversation: Conversation; search: InboxSearch }) {
  const client = useQueryClient();
  const wide = useMedia("(min-width: 75rem)");
  const { panel } = usePrefs();
  const [sheet, setSheet] = useState(false);
  const open = wide ? panel : sheet;
  const setOpen = (next: boolean) => (wide ? setPrefs({ panel: next }) : setSheet(next));
  const actions = useActions(conversation);
  const ports = usePorts(conversation);
  const pending = usePending(conversation.id);
  const onRead = (messageId: string) => {
    // Reading is told in the background; a failure is told again with the next message.
    void markConversationRead(client, conversation.id, messageId).catch(() => undefined);
  };
  return (
    <div className="relative flex h-full min-h-0">
      <div className="h-full min-w-0 grow">
        <Crash>
          <ThreadPortsProvider value={ports}>
            <Thread
            conversation={conversation}
            actions={actions}
            onRead={onRead}
            back={<Back search={search} />}
            panelOpen={open}
            onTogglePanel={() => setOpen(!open)}
            pending={pending}
            composer={<ComposerFor key={`composer ${conversation.id}`} conversation={conversation} />}
          />
          </ThreadPortsProvider>
        </Crash>
      </div>
      {open && (
        <div className={cx("h-full border-s border-line", wide ? "w-80 shrink-0" : "absolute inset-y-0 end-0 z-20 w-full shadow-raised sm:w-88")}>
          <Suspense fallback={<div className="h-full bg-surface" />}>
            <ContactPanel contactId={conversation.contact.id} conversationId={conversation.id} onClose={() => setOpen(false)} />
          </Suspense>
        </div>
      )}
    </div>
  );
}

function useActions(conversation: Conversation) {
  const change = useChangeConversation();
  const { id } = conversation;
  const run = (fields: Parameters<typeof change.mutate>[0]["change"], done?: string) =>
    change.mutate({ id, change: fields }, { onError: toastError, onSuccess: () => done && toast({ tone: "success", title: done }) });
  const reopen = () => run({ status: "open" });
  return {
    assign: (userId: string | null) => run({ assignee_id: userId }),
    reopen,
    resolve: () =>
      change.mutate(
        { id, change: { status: "resolved" } },
        {
          onError: toastError,
          onSuccess: () => toast({ tone: "success", title: t("thread.resolvedToast"), action: { label: t("action.undo"), run: reopen } }),
        },
      ),
    snooze: (until: number) => run({ status: "snoozed", snoozed_until: until }, t("thread.snoozedToast")),
  };
}

/** Back to where the person came from; straight to the list when the address was opened directly. */
function Back({ search }: { search: InboxSearch }) {
  const router = useRouter();
  const canGoBack = useCanGoBack();
  const navigate = useNavigate();
  const back = () => (canGoBack ? router.history.back() : void navigate({ to: "/inbox", search, replace: true }));
  return (
    <IconButton label={t("action.back")} className="md:hidden" onClick={back}>
      <ArrowLeft className="size-5 rtl:-scale-x-100" />
    </IconButton>
  );
}
