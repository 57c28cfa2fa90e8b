import { PanelRight } from "lucide-react";
import { type ReactNode, Suspense } from "react";
import type { Conversation } from "@/api/types";
import { useAccount, useMe, useUsers } from "@/directory/api";
import { t } from "@/i18n";
import { cx } from "@/lib/cx";
import { readablePhone } from "@/lib/people";
import { useStore } from "@/lib/store";
import { customerPresence, customerTyping, typing, viewers } from "@/realtime/hints";
import { Avatar } from "@/ui/avatar";
import { IconButton } from "@/ui/button";
import { LatePresence, LateTyping } from "@/ui/late-signs";
import { ThreadActionBar, type ThreadActions } from "./thread-actions";

interface HeaderProps {
  conversation: Conversation;
  back: ReactNode;
  panelOpen: boolean;
  onTogglePanel: () => void;
  actions: ThreadActions;
}

export function ThreadHeader({ conversation, back, panelOpen, onTogglePanel, actions }: HeaderProps) {
  const { contact } = conversation;
  return (
    <header className="flex h-16 shrink-0 items-center gap-2 border-b border-line bg-surface ps-2 pe-2 sm:ps-5 sm:pe-3">
      {back}
      <Avatar name={contact.name} seed={contact.id} url={contact.avatar_url} group={contact.is_group} />
      <div className="ms-1 min-w-0 grow">
        <h2 className="truncate text-md font-semibold">
          <bdi>{contact.name}</bdi>
        </h2>
        <Subtitle conversation={conversation} />
      </div>
      <Viewers conversationId={conversation.id} />
      <ThreadActionBar conversation={conversation} actions={actions} />
      <IconButton label={t("thread.details")} pressed={panelOpen} onClick={onTogglePanel}>
        <PanelRight className="size-5 rtl:-scale-x-100" />
      </IconButton>
    </header>
  );
}

/** Who types now, ours or theirs; else who it is. */
function Subtitle({ conversation }: { conversation: Conversation }) {
  const typists = useStore(typing, (all) => all[conversation.id]);
  const sign = useStore(customerTyping, (all) => all[conversation.id])?.[0];
  const users = useUsers();
  const typist = users.find((user) => user.id === typists?.[0]);
  if (typist) return <p className="truncate text-sm text-accent-ink italic">{t("thread.typing", { name: typist.name })}</p>;
  const who = <Who conversation={conversation} />;
  if (!sign) return who;
  return (
    <Suspense fallback={who}>
      <p className="flex text-sm">
        <LateTyping sign={sign} />
      </p>
    </Suspense>
  );
}

function Who({ conversation }: { conversation: Conversation }) {
  const account = useAccount(conversation.account_id);
  const presence = useStore(customerPresence, (all) => all[conversation.id]);
  const { phone, username } = conversation.contact;
  const handle = phone !== null ? readablePhone(phone) : username !== null ? `@${username}` : null;
  return (
    <p className="flex min-w-0 items-center gap-1.5 text-sm text-ink-3">
      {presence && (
        <Suspense>
          <LatePresence presence={presence} />
          <span aria-hidden="true" className={handle !== null ? "max-sm:hidden" : undefined}>
            ·
          </span>
        </Suspense>
      )}
      {handle !== null && (
        <span dir="ltr" className={cx("shrink-0 tabular-nums", presence && "max-sm:hidden")}>
          {handle}
        </span>
      )}
      {account && (
        <>
          {handle !== null && <span aria-hidden="true">·</span>}
          <span className="size-2 shrink-0 rounded-full" style={{ background: account.color }} aria-hidden="true" />
          <bdi className="truncate">{account.name}</bdi>
        </>
      )}
    </p>
  );
}

/** Colleagues who have this conversation open. */
function Viewers({ conversationId }: { conversationId: string }) {
  const me = useMe().user.id;
  const ids = useStore(viewers, (all) => all[conversationId]) ?? [];
  const others = useUsers().filter((user) => user.id !== me && ids.includes(user.id));
  if (others.length === 0) return null;
  const label = t("thread.viewing", { names: others.map((user) => user.name).join(", ") });
  return (
    <p title={label} className="hidden shrink-0 items-center -space-x-2 lg:flex rtl:space-x-reverse">
      <span className="sr-only">{label}</span>
      {others.slice(0, 3).map((user) => (
        <span key={user.id} className="rounded-full ring-2 ring-surface">
          <Avatar name={user.name} seed={user.id} size="sm" />
        </span>
      ))}
    </p>
  );
}
