import { BellOff, CheckCheck, ChevronDown, EllipsisVertical, RotateCcw, UserRoundPlus, UserRoundX } from "lucide-react";
import { Suspense, lazy, useState } from "react";
import type { Conversation, User } from "@/api/types";
import { useMe, useUser, useUsers } from "@/directory/api";
import { t } from "@/i18n";
import { useMedia } from "@/lib/hooks";
import { useShortcuts } from "@/lib/shortcuts";
import { useStore } from "@/lib/store";
import { online } from "@/realtime/hints";
import { Avatar } from "@/ui/avatar";
import { Button, IconButton } from "@/ui/button";
import { Menu, MenuChoice, MenuItem, MenuSeparator } from "@/ui/menu";

const MomentDialog = lazy(async () => ({ default: (await import("@/ui/moment-dialog")).MomentDialog }));

export interface ThreadActions {
  assign: (userId: string | null) => void;
  resolve: () => void;
  reopen: () => void;
  snooze: (until: number) => void;
}

interface ActionsProps {
  conversation: Conversation;
  actions: ThreadActions;
}

/** Who is on it, and what becomes of it. On a phone behind one button. */
export function ThreadActionBar({ conversation, actions }: ActionsProps) {
  const [snoozing, setSnoozing] = useState(false);
  const wide = useMedia("(min-width: 40rem)");
  const me = useMe().user.id;
  const open = conversation.status === "open";
  useShortcuts({
    a: () => actions.assign(me),
    e: () => (open ? actions.resolve() : actions.reopen()),
    s: () => setSnoozing(true),
  });
  const snooze = () => setSnoozing(true);
  return (
    <>
      {wide ? <Buttons conversation={conversation} actions={actions} onSnooze={snooze} /> : <OneMenu conversation={conversation} actions={actions} onSnooze={snooze} />}
      {snoozing && (
        <Suspense>
          <MomentDialog
            title={t("snooze.title")}
            explain={t("snooze.explain")}
            action={t("thread.snooze")}
            onClose={() => setSnoozing(false)}
            onChoose={(until) => {
              setSnoozing(false);
              actions.snooze(until);
            }}
          />
        </Suspense>
      )}
    </>
  );
}

type PlacedProps = ActionsProps & { onSnooze: () => void };

function Buttons({ conversation, actions, onSnooze }: PlacedProps) {
  return (
    <>
      <AssignMenu conversation={conversation} onAssign={actions.assign} />
      <IconButton label={`${t("thread.snooze")} (S)`} onClick={onSnooze}>
        <BellOff className="size-5" />
      </IconButton>
      {conversation.status === "open" ? (
        <Button small variant="primary" icon={<CheckCheck className="size-4" />} onClick={actions.resolve} title={`${t("thread.resolve")} (E)`}>
          {t("thread.resolve")}
        </Button>
      ) : (
        <Button small variant="primary" icon={<RotateCcw className="size-4" />} onClick={actions.reopen} title={`${t("thread.reopen")} (E)`}>
          {t("thread.reopen")}
        </Button>
      )}
    </>
  );
}

function OneMenu({ conversation, actions, onSnooze }: PlacedProps) {
  const me = useMe().user;
  const open = conversation.status === "open";
  return (
    <Menu
      trigger={
        <IconButton label={t("thread.actions")}>
          <EllipsisVertical className="size-5" />
        </IconButton>
      }
    >
      <MenuItem icon={open ? <CheckCheck className="size-4 text-ink-3" /> : <RotateCcw className="size-4 text-ink-3" />} onSelect={open ? actions.resolve : actions.reopen}>
        {open ? t("thread.resolve") : t("thread.reopen")}
      </MenuItem>
      <MenuItem icon={<BellOff className="size-4 text-ink-3" />} onSelect={onSnooze}>
        {t("thread.snooze")}
      </MenuItem>
      <MenuSeparator />
      <AssignItems conversation={conversation} me={me} onAssign={actions.assign} />
    </Menu>
  );
}

function AssignMenu({ conversation, onAssign }: { conversation: Conversation; onAssign: ThreadActions["assign"] }) {
  const me = useMe().user;
  const assignee = useUser(conversation.assignee_id);
  return (
    <Menu
      trigger={
        <Button small title={`${t("thread.assign")} (A)`} icon={assignee ? <Avatar name={assignee.name} seed={assignee.id} size="xs" /> : <UserRoundPlus className="size-4" />}>
          <span className="max-w-28 truncate max-lg:sr-only">{assignee ? (assignee.id === me.id ? t("thread.assignedMe") : assignee.name) : t("thread.assign")}</span>
          <ChevronDown className="size-3.5 text-ink-3" />
        </Button>
      }
    >
      <AssignItems conversation={conversation} me={me} onAssign={onAssign} />
    </Menu>
  );
}

function AssignItems({ conversation, me, onAssign }: { conversation: Conversation; me: User; onAssign: ThreadActions["assign"] }) {
  const here = useStore(online, (ids) => ids);
  const users = useUsers().filter((user) => !user.disabled || user.id === conversation.assignee_id);
  const others = users.filter((user) => user.id !== me.id);
  return (
    <>
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
    </>
  );
}
