import { useQuery } from "@tanstack/react-query";
import { type AriaAttributes, type KeyboardEvent, type RefObject, useId, useState } from "react";
import type { Conversation, SavedReply } from "@/api/types";
import { useAccount, useMe } from "@/directory/api";
import { savedRepliesQuery } from "@/directory/replies";
import { type Slash, fillVariables, matchingReplies, slashAt } from "@/lib/variables";

interface SlashList {
  open: boolean;
  listId: string;
  found: SavedReply[];
  active: number;
  setActive: (index: number) => void;
  choose: (reply: SavedReply | undefined) => void;
  /** Looks whether a slash is being typed where the caret is. */
  look: (field: HTMLTextAreaElement) => void;
  close: () => void;
  /** True when the key was for the list. */
  onKey: (event: KeyboardEvent) => boolean;
  /** What the field says of itself while the list is open. */
  aria: AriaAttributes & { role?: "combobox" };
}

/** Saved replies after a slash: found while typing, chosen by key or pointer, with their variables filled. */
export function useSlash(input: RefObject<HTMLTextAreaElement | null>, conversation: Conversation, value: string, onChange: (text: string) => void): SlashList {
  const listId = useId();
  const [slash, setSlash] = useState<Slash | null>(null);
  const [index, setIndex] = useState(0);
  const me = useMe().user;
  const account = useAccount(conversation.account_id);
  const { data: replies = [] } = useQuery({ ...savedRepliesQuery, enabled: slash !== null });
  const found = slash ? matchingReplies(replies, slash.query) : [];
  const active = Math.min(index, found.length - 1);

  const choose = (reply: SavedReply | undefined) => {
    if (!reply || !slash) return;
    const { name, phone } = conversation.contact;
    const text = fillVariables(reply.text, { contact: { name, phone }, agent: me.name, account: account?.name ?? "" });
    onChange(value.slice(0, slash.from) + text + value.slice(slash.from + 1 + slash.query.length));
    setSlash(null);
    const caret = slash.from + text.length;
    requestAnimationFrame(() => input.current?.setSelectionRange(caret, caret));
  };
  const onKey = (event: KeyboardEvent): boolean => {
    if (!slash) return false;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step !== undefined && found.length > 0) setIndex((active + step + found.length) % found.length);
    else if (event.key === "Escape") setSlash(null);
    else if ((event.key === "Enter" || event.key === "Tab") && found.length > 0 && !event.shiftKey) choose(found[active]);
    else return false;
    event.preventDefault();
    event.stopPropagation();
    return true;
  };
  const chosen = found.length > 0 ? { "aria-activedescendant": `${listId}-${active}` } : {};
  return {
    ...{ open: slash !== null, listId, found, active, setActive: setIndex, choose, onKey },
    look: (field) => {
      setSlash(slashAt(field.value, field.selectionStart));
      setIndex(0);
    },
    close: () => setSlash(null),
    aria: slash ? { role: "combobox", "aria-expanded": found.length > 0, "aria-controls": listId, ...chosen } : {},
  };
}
