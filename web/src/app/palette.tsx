import { useInfiniteQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate, useParams } from "@tanstack/react-router";
import { BellOff, BookUser, CheckCheck, Inbox, Keyboard, LogOut, Moon, Search, Settings, Smartphone, UserRoundPlus } from "lucide-react";
import { type KeyboardEvent, type ReactNode, useId, useState } from "react";
import { hasRole, useMe } from "@/directory/api";
import { conversationsQuery, useChangeConversation } from "@/features/inbox/api";
import { filtersOf } from "@/features/inbox/filters";
import { t } from "@/i18n";
import { cx } from "@/lib/cx";
import { useDebounced } from "@/lib/hooks";
import { readablePhone } from "@/lib/people";
import { setPrefs } from "@/lib/prefs";
import { Avatar } from "@/ui/avatar";
import { ModalShell } from "@/ui/dialog";
import { toastError } from "@/ui/toast";
import { logout } from "./session";

interface Command {
  id: string;
  icon: ReactNode;
  label: string;
  detail?: string;
  run: () => void;
}

interface PaletteProps {
  onClose: () => void;
  onHelp: () => void;
}

const ICON = "size-4.5 text-ink-3";
const FOUND = 7;

/** Go anywhere and do anything from the keyboard: pages, actions, and conversations by name or number. */
export default function Palette({ onClose, onHelp }: PaletteProps) {
  const [text, setText] = useState("");
  const [index, setIndex] = useState(0);
  const listId = useId();
  const q = text.trim().toLocaleLowerCase();
  const commands = [...useCommands(onHelp).filter((command) => command.label.toLocaleLowerCase().includes(q)), ...useConversations(q)];
  const active = Math.min(index, commands.length - 1);
  const run = (command: Command | undefined) => {
    if (!command) return;
    onClose();
    command.run();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const step = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
    if (step !== 0) {
      event.preventDefault();
      setIndex((active + step + commands.length) % Math.max(1, commands.length));
    }
    if (event.key === "Enter") run(commands[active]);
  };
  return (
    <ModalShell
      label={t("palette.title")}
      onClose={onClose}
      className="mx-auto mt-[12vh] w-[calc(100vw-2rem)] max-w-xl overflow-hidden rounded-2xl border border-line bg-surface text-ink shadow-raised"
    >
      <div className="flex items-center gap-3 border-b border-line px-4">
        <Search className="size-5 shrink-0 text-ink-3" aria-hidden="true" />
        <input
          role="combobox"
          aria-expanded="true"
          aria-controls={listId}
          aria-activedescendant={commands[active] ? `${listId}-${active}` : undefined}
          aria-label={t("palette.placeholder")}
          placeholder={t("palette.placeholder")}
          dir="auto"
          // A palette that needs a click first is no palette.
          // eslint-disable-next-line jsx-a11y/no-autofocus
          autoFocus
          value={text}
          onChange={(event) => {
            setText(event.target.value);
            setIndex(0);
          }}
          onKeyDown={onKeyDown}
          className="h-13 min-w-0 grow bg-transparent text-md outline-none placeholder:text-ink-3"
        />
      </div>
      <div role="listbox" id={listId} aria-label={t("palette.title")} className="max-h-[50vh] overflow-y-auto p-2">
        {commands.length === 0 && <p className="px-3 py-6 text-center text-ink-3">{t("palette.nothing")}</p>}
        {commands.map((command, place) => (
          // The keys are handled by the field, which keeps the focus.
          // eslint-disable-next-line jsx-a11y/click-events-have-key-events
          <div
            key={command.id}
            id={`${listId}-${place}`}
            role="option"
            tabIndex={-1}
            aria-selected={place === active}
            onClick={() => run(command)}
            onPointerMove={() => setIndex(place)}
            className={cx("flex cursor-pointer items-center gap-3 rounded-xl px-3 py-2.5", place === active && "bg-hover")}
          >
            {command.icon}
            <bdi className="min-w-0 grow truncate">{command.label}</bdi>
            {command.detail && (
              <span dir="ltr" className="shrink-0 text-sm text-ink-3">
                {command.detail}
              </span>
            )}
          </div>
        ))}
      </div>
    </ModalShell>
  );
}

function useCommands(onHelp: () => void): Command[] {
  const navigate = useNavigate();
  const me = useMe();
  const page = (to: "/inbox" | "/contacts" | "/accounts" | "/settings", icon: ReactNode, label: string): Command => ({
    id: to,
    icon,
    label,
    run: () => void navigate({ to }),
  });
  const dark = document.documentElement.dataset.theme === "dark";
  return [
    ...useConversationCommands(me.user.id),
    page("/inbox", <Inbox className={ICON} />, t("palette.goTo", { page: t("nav.inbox") })),
    page("/contacts", <BookUser className={ICON} />, t("palette.goTo", { page: t("nav.contacts") })),
    ...(hasRole(me, "manager") ? [page("/accounts", <Smartphone className={ICON} />, t("palette.goTo", { page: t("nav.accounts") }))] : []),
    page("/settings", <Settings className={ICON} />, t("palette.goTo", { page: t("nav.settings") })),
    { id: "theme", icon: <Moon className={ICON} />, label: t(dark ? "palette.light" : "palette.dark"), run: () => setPrefs({ theme: dark ? "light" : "dark" }) },
    { id: "help", icon: <Keyboard className={ICON} />, label: t("help.title"), detail: "?", run: onHelp },
    { id: "logout", icon: <LogOut className={ICON} />, label: t("action.logout"), run: () => void logout() },
  ];
}

/** Actions on the conversation that is open. */
function useConversationCommands(myId: string): Command[] {
  const id = useParams({ strict: false, select: (params) => params.conversationId });
  const change = useChangeConversation();
  if (id === undefined) return [];
  const run = (fields: Parameters<typeof change.mutate>[0]["change"]) => () => change.mutate({ id, change: fields }, { onError: toastError });
  const tomorrow = new Date();
  tomorrow.setDate(tomorrow.getDate() + 1);
  const until = tomorrow.setHours(9, 0, 0, 0);
  return [
    { id: "assign", icon: <UserRoundPlus className={ICON} />, label: t("thread.assignMe"), detail: "A", run: run({ assignee_id: myId }) },
    { id: "resolve", icon: <CheckCheck className={ICON} />, label: t("thread.resolve"), detail: "E", run: run({ status: "resolved" }) },
    { id: "snooze", icon: <BellOff className={ICON} />, label: t("palette.snoozeTomorrow"), run: run({ status: "snoozed", snoozed_until: until }) },
  ];
}

function useConversations(q: string): Command[] {
  const navigate = useNavigate();
  const client = useQueryClient();
  const wanted = useDebounced(q, 200);
  const { data } = useInfiniteQuery({ ...conversationsQuery(filtersOf({ q: wanted })), enabled: wanted !== "" }, client);
  if (q === "") return [];
  return (data?.pages[0]?.items ?? []).slice(0, FOUND).map((conversation) => {
    const { contact } = conversation;
    return {
      id: conversation.id,
      icon: <Avatar name={contact.name} seed={contact.id} url={contact.avatar_url} group={contact.is_group} size="sm" />,
      label: contact.name,
      ...(contact.phone === null ? {} : { detail: readablePhone(contact.phone) }),
      run: () => void navigate({ to: "/inbox/$conversationId", params: { conversationId: conversation.id } }),
    };
  });
}
