import { useQuery } from "@tanstack/react-query";
import { type ClipboardEvent, type KeyboardEvent, type RefObject, useId, useLayoutEffect, useRef, useState } from "react";
import type { Conversation, SavedReply } from "@/api/types";
import { useMe } from "@/directory/api";
import { savedRepliesQuery } from "@/directory/replies";
import { t } from "@/i18n";
import { useMedia } from "@/lib/hooks";
import { ReplyList } from "./reply-list";
import { type Slash, fillVariables, matchingReplies, slashAt } from "@/lib/variables";

interface FieldProps {
  input: RefObject<HTMLTextAreaElement | null>;
  conversation: Conversation;
  account: string;
  value: string;
  disabled: boolean;
  captioning: boolean;
  onChange: (text: string) => void;
  onSend: () => void;
  onFiles: (files: FileList) => void;
}

/** The words: grows with them, sends on Enter, and offers saved replies after a slash. */
export function Field({ input, conversation, account, value, disabled, captioning, onChange, onSend, onFiles }: FieldProps) {
  const listId = useId();
  const touch = useMedia("(pointer: coarse)");
  const [slash, setSlash] = useState<Slash | null>(null);
  const [index, setIndex] = useState(0);
  const me = useMe().user;
  const { data: replies = [] } = useQuery({ ...savedRepliesQuery, enabled: slash !== null });
  const found = slash ? matchingReplies(replies, slash.query) : [];
  const active = Math.min(index, found.length - 1);
  const composing = useRef(false);
  useHeight(input, value);

  const look = (element: HTMLTextAreaElement) => {
    setSlash(slashAt(element.value, element.selectionStart));
    setIndex(0);
  };
  const choose = (reply: SavedReply | undefined) => {
    if (!reply || !slash) return;
    const { name, phone } = conversation.contact;
    const text = fillVariables(reply.text, { contact: { name, phone }, agent: me.name, account });
    const end = slash.from + 1 + slash.query.length;
    onChange(value.slice(0, slash.from) + text + value.slice(end));
    setSlash(null);
    const caret = slash.from + text.length;
    requestAnimationFrame(() => input.current?.setSelectionRange(caret, caret));
  };
  const onKeyDown = (event: KeyboardEvent<HTMLTextAreaElement>) => {
    // While an input method composes, Enter chooses a character and not our action.
    if (event.nativeEvent.isComposing || composing.current) return;
    if (slash && onListKey(event)) return;
    if (event.key !== "Enter" || event.shiftKey || event.altKey) return;
    // On a phone the button sends, and Enter breaks the line, as in every chat there.
    if (touch && !event.ctrlKey && !event.metaKey) return;
    event.preventDefault();
    onSend();
  };
  const onListKey = (event: KeyboardEvent): boolean => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step !== undefined && found.length > 0) setIndex((active + step + found.length) % found.length);
    else if (event.key === "Escape") setSlash(null);
    else if ((event.key === "Enter" || event.key === "Tab") && found.length > 0 && !event.shiftKey) choose(found[active]);
    else return false;
    event.preventDefault();
    event.stopPropagation();
    return true;
  };
  const onPaste = (event: ClipboardEvent) => {
    const { files } = event.clipboardData;
    if (files.length === 0) return;
    event.preventDefault();
    onFiles(files);
  };
  const label = captioning ? t("composer.caption") : t("composer.placeholder");
  return (
    <div className="relative min-w-0 grow">
      {slash && <ReplyList id={listId} items={found} active={active} onChoose={choose} onHover={setIndex} />}
      <textarea
        ref={input}
        rows={1}
        dir="auto"
        value={value}
        readOnly={disabled}
        aria-label={label}
        placeholder={label}
        role={slash ? "combobox" : undefined}
        aria-expanded={slash ? found.length > 0 : undefined}
        aria-controls={slash ? listId : undefined}
        aria-activedescendant={slash && found.length > 0 ? `${listId}-${active}` : undefined}
        enterKeyHint={touch ? "enter" : "send"}
        onChange={(event) => {
          onChange(event.target.value);
          look(event.target);
        }}
        onSelect={(event) => slash && look(event.currentTarget)}
        onBlur={() => setSlash(null)}
        onKeyDown={onKeyDown}
        onCompositionStart={() => (composing.current = true)}
        // Safari ends a composition before it reports the Enter that ended it.
        onCompositionEnd={() => setTimeout(() => (composing.current = false))}
        onPaste={onPaste}
        className="block max-h-[min(14rem,35dvh)] w-full resize-none overflow-y-auto rounded-[1.375rem] border border-line bg-bg px-4 py-[0.6875rem] text-md leading-5 outline-none placeholder:text-ink-3 focus:border-line-strong focus-visible:outline-2 focus-visible:-outline-offset-1 pointer-coarse:text-[1rem]"
      />
    </div>
  );
}

/** As high as its words, up to the limit of its style. */
function useHeight(input: RefObject<HTMLTextAreaElement | null>, value: string): void {
  useLayoutEffect(() => {
    if (input.current) fit(input.current);
  }, [input, value]);
}

const BORDERS_PX = 2;

function fit(element: HTMLTextAreaElement): void {
  element.style.height = "auto";
  element.style.height = `${element.scrollHeight + BORDERS_PX}px`;
}
