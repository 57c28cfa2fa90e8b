import { type ClipboardEvent, type KeyboardEvent, type RefObject, useLayoutEffect, useRef } from "react";
import type { Conversation } from "@/api/types";
import { useMedia } from "@/lib/hooks";
import { ReplyList } from "./reply-list";
import { useSlash } from "./use-slash";

interface FieldProps {
  input: RefObject<HTMLTextAreaElement | null>;
  conversation: Conversation;
  value: string;
  disabled: boolean;
  label: string;
  onChange: (text: string) => void;
  onSend: () => void;
  /** False where there was nothing to leave. */
  onEscape: () => boolean;
  /** The arrow upwards in an empty field. False where there was nothing to do. */
  onUp?: () => boolean;
  onFiles: (files: FileList) => void;
}

/** The words: grows with them, sends on Enter, and offers saved replies after a slash. */
export function Field({ input, conversation, value, disabled, label, onChange, onSend, onEscape, onUp, onFiles }: FieldProps) {
  const touch = useMedia("(pointer: coarse)");
  const composing = useRef(false);
  const slash = useSlash(input, conversation, value, onChange);
  useHeight(input, value);

  const onKeyDown = (event: KeyboardEvent<HTMLTextAreaElement>) => {
    // While an input method composes, Enter chooses a character and not our action.
    if (event.nativeEvent.isComposing || composing.current) return;
    if (slash.onKey(event)) return;
    if (event.key === "Escape" && onEscape()) {
      event.preventDefault();
      event.stopPropagation();
      return;
    }
    if (event.key === "ArrowUp" && value === "" && onUp?.() === true) {
      event.preventDefault();
      return;
    }
    if (event.key !== "Enter" || event.shiftKey || event.altKey) return;
    // On a phone the button sends, and Enter breaks the line, as in every chat there.
    if (touch && !event.ctrlKey && !event.metaKey) return;
    event.preventDefault();
    onSend();
  };
  const onPaste = (event: ClipboardEvent) => {
    const { files } = event.clipboardData;
    if (files.length === 0) return;
    event.preventDefault();
    onFiles(files);
  };
  return (
    <div className="relative min-w-0 grow">
      {slash.open && <ReplyList id={slash.listId} items={slash.found} active={slash.active} onChoose={slash.choose} onHover={slash.setActive} />}
      <textarea
        ref={input}
        rows={1}
        dir="auto"
        value={value}
        readOnly={disabled}
        aria-label={label}
        placeholder={label}
        {...slash.aria}
        enterKeyHint={touch ? "enter" : "send"}
        onChange={(event) => {
          onChange(event.target.value);
          slash.look(event.target);
        }}
        onSelect={(event) => slash.open && slash.look(event.currentTarget)}
        onBlur={slash.close}
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
