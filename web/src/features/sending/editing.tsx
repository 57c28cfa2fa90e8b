import { Check, PenLine, X } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import type { Conversation, Message } from "@/api/types";
import { t } from "@/i18n";
import { IconButton } from "@/ui/button";
import { toastError } from "@/ui/toast";
import { editMessage, newClientId } from "./api";
import { EmojiButton } from "./emoji-button";
import { Field } from "./field";
import { TEXT_LIMIT } from "./plan";
import { SendButton } from "./send-button";
import { insertAt } from "./use-composing";

interface EditingProps {
  conversation: Conversation;
  message: Message;
  onChanged: (message: Message) => void;
  onEnd: () => void;
}

/** In the composer's place: another text for a message that went out. What was being written waits meanwhile. */
export function Editing({ conversation, message, onChanged, onEnd }: EditingProps) {
  const before = message.change?.text ?? message.text ?? "";
  const [text, setText] = useState(before);
  const [busy, setBusy] = useState(false);
  const [clientId] = useState(newClientId);
  const input = useRef<HTMLTextAreaElement>(null);
  useEffect(() => {
    input.current?.focus();
    input.current?.setSelectionRange(before.length, before.length);
  }, [before]);
  const possible = text.trim() !== "" && text.length <= TEXT_LIMIT && !busy;
  const save = () => {
    if (!possible) return;
    if (text === before) {
      onEnd();
      return;
    }
    setBusy(true);
    editMessage(message.id, clientId, text).then(
      (changed) => {
        onChanged(changed);
        onEnd();
      },
      (error: unknown) => {
        setBusy(false);
        toastError(error);
      },
    );
  };
  return (
    <>
      <div className="mb-1.5 flex items-center gap-2 rounded-xl border-s-4 border-accent bg-hover py-1.5 ps-3 pe-1">
        <PenLine className="size-4 shrink-0 text-accent-ink" aria-hidden="true" />
        <p className="min-w-0 grow text-xs font-semibold text-accent-ink">{t("change.title")}</p>
        <p className="min-w-0 truncate text-xs text-ink-3 max-sm:hidden pointer-coarse:hidden">{t("change.hint")}</p>
        <IconButton label={t("change.keep")} className="size-8" onClick={onEnd}>
          <X className="size-4" />
        </IconButton>
      </div>
      <div className="flex items-end gap-1">
        <EmojiButton onPick={(emoji) => insertAt(input.current, text, emoji, setText)} />
        <Field
          input={input}
          conversation={conversation}
          value={text}
          disabled={busy}
          label={t("change.title")}
          onChange={setText}
          onSend={save}
          onEscape={() => {
            onEnd();
            return true;
          }}
          onFiles={() => undefined}
        />
        <SendButton label={t("change.save")} disabled={!possible} onClick={save} className="mb-0.5">
          <Check className="size-5" />
        </SendButton>
      </div>
    </>
  );
}
