import { BellOff, CheckCheck, ChevronDown, Hourglass, Lock, RotateCcw, UserRoundPlus, UserRoundX } from "lucide-react";
import { useState } from "react";
import type { Conversation } from "@/api/types";
import { useMe, useUser, useUsers } from "@/directory/api";
import { t } from "@/i18n";
import { HOUR_MS, dateTimeOf, remaining } from "@/i18n/format";
import { useMinute } from "@/lib/clock";
import { cx } from "@/lib/cx";
import { useShortcuts } from "@/lib/shortcuts";
import { useStore } from "@/lib/store";
import { online } from "@/realtime/hints";
import { Avatar } from "@/ui/avatar";
import { Button } from "@/ui/button";
import { Menu, MenuChoice, MenuItem, MenuSeparator } from "@/ui/menu";
import { SnoozeDialog } from "./snooze-dialog";

export interface ThreadActions {
  assign: (userId: string | null) => void;
  resolve: () => void;
  reopen: () => void;
  snooze: (until: number) => void;
}

interface FooterProps {
  conversation: Conversation;
  actions: ThreadActions;
}

export function ThreadFooter({ conversation, actions }: FooterProps) {
  const [snoozing, setSnoozing] = useState(false);
  const me = useMe().user.id;
  const open = conversation.status === "open";
  useShortcuts({
    a: () => actions.assign(me),
    e: () => (open ? actions.resolve() : actions.reopen()),
    s: () => setSnoozing(true),
  });
  return (
    <footer className="shrink-0 border-t border-line bg-surface px-3 py-2.5 pb-[max(0.625rem,env(safe-area-inset-bottom))] sm:px-5">
      <div className="flex flex-wrap items-center justify-between gap-x-4 gap-y-2">
        <WindowState conversation={conversation} />
        <div className="flex grow items-center justify-end gap-2 max-sm:w-full max-sm:justify-start max-sm:[&>:last-child]:ms-auto">
          <AssignMenu conversation={conversation} onAssign={actions.assign} />
          <Button small icon={<BellOff className="size-4" />} onClick={() => setSnoozing(true)} title={`${t("thread.snooze")} (S)`}>
            <span className="max-sm:sr-only">{t("thread.snooze")}</span>
          </Button>
          {open ? (
            <Button small variant="primary" icon={<CheckCheck className="size-4" />} onClick={actions.resolve} title={`${t("thread.resolve")} (E)`}>
              {t("thread.resolve")}
            </Button>
          ) : (
            <Button small variant="primary" icon={<RotateCcw className="size-4" />} onClick={actions.reopen} title={`${t("thread.reopen")} (E)`}>
              {t("thread.reopen")}
            </Button>
          )}
        </div>
      </div>
      {snoozing && (
        <SnoozeDialog
          onClose={() => setSnoozing(false)}
          onSnooze={(until) => {
            setSnoozing(false);
            actions.snooze(until);
          }}
        />
      )}
    </footer>
  );
}

const CLOSING_MS = 4 * HOUR_MS;

/** Meta lets a business write freely for 24 hours after the customer's last message. */
function WindowState({ conversation }: { conversation: Conversation }) {
  const now = useMinute();
  const until = conversation.window_expires_at;
  const status =
    conversation.status === "snoozed" && conversation.snoozed_until !== null
      ? t("thread.snoozedUntil", { when: dateTimeOf(conversation.snoozed_until) })
      : conversation.status === "resolved"
        ? t("thread.isResolved")
        : null;
  if (status !== null) return <p className="min-w-0 text-sm text-ink-2">{status}</p>;
  if (until === null) return <p className="min-w-0 text-sm text-ink-3">{t("thread.noWindow")}</p>;
  const closed = until <= now;
  const closing = until - now < CLOSING_MS;
  return (
    <p
      title={dateTimeOf(until)}
      className={cx("flex min-w-0 items-center gap-2 text-sm", closed ? "text-ink-2" : closing ? "font-medium text-warn" : "text-ink-2")}
    >
      {closed ? <Lock className="size-4 shrink-0" /> : <Hourglass className="size-4 shrink-0" />}
      {closed ? t("thread.windowClosed") : t("thread.windowOpen", { left: remaining(until, now) })}
    </p>
  );
}

function AssignMenu({ conversation, onAssign }: { conversation: Conversation; onAssign: ThreadActions["assign"] }) {
  const me = useMe().user;
  const assignee = useUser(conversation.assignee_id);
  const here = useStore(online, (ids) => ids);
  const users = useUsers().filter((user) => !user.disabled || user.id === conversation.assignee_id);
  const others = users.filter((user) => user.id !== me.id);
  return (
    <Menu
      trigger={
        <Button small title={`${t("thread.assign")} (A)`} icon={assignee ? <Avatar name={assignee.name} seed={assignee.id} size="xs" /> : <UserRoundPlus className="size-4" />}>
          <span className="max-w-32 truncate">{assignee ? (assignee.id === me.id ? t("thread.assignedMe") : assignee.name) : t("thread.assign")}</span>
          <ChevronDown className="size-3.5 text-ink-3" />
        </Button>
      }
    >
      <MenuChoice checked={conversation.assignee_id === me.id} onSelect={() => onAssign(me.id)} icon={<Avatar name={me.name} seed={me.id} size="xs" />}>
        {t("thread.assignMe")}
      </MenuChoice>
      {others.length > 0 && <MenuSeparator />}
      {others.map((user) => (
        <MenuChoice
          key={user.id}
          checked={conversation.assignee_id === user.id}
          onSelect={() => onAssign(user.id)}
          icon={<Avatar name={user.name} seed={user.id} size="xs" online={here.includes(user.id)} />}
        >
          {user.name}
        </MenuChoice>
      ))}
      {conversation.assignee_id !== null && (
        <>
          <MenuSeparator />
          <MenuItem icon={<UserRoundX className="size-4 text-ink-3" />} onSelect={() => onAssign(null)}>
            {t("thread.release")}
          </MenuItem>
        </>
      )}
    </Menu>
  );
}
