import { useQueryClient } from "@tanstack/react-query";
import { Clock, Mic, SendHorizontal } from "lucide-react";
import { type ReactNode, Suspense, lazy, useEffect, useEffectEvent, useRef, useState } from "react";
import type { Conversation, Message } from "@/api/types";
import { useAccount, useMe } from "@/directory/api";
import { t } from "@/i18n";
import { number } from "@/i18n/format";
import { useMinute } from "@/lib/clock";
import { surely } from "@/lib/lazy";
import { emitTyping } from "@/realtime/hints";
import { IconButton } from "@/ui/button";
import { newClientId } from "./api";
import { type ComposerDialog, ComposerDialogs } from "./dialogs";
import { isEmpty } from "./draft-rules";
import { saveDraftNow, useDraft } from "./draft";
import { EmojiButton } from "./emoji-button";
import { Field } from "./field";
import { More } from "./more";
import { Busy, Closed, QuoteBar, StatusLine, useColleagueTyping } from "./notices";
import { wish } from "./pending";
import { TEXT_LIMIT, planMessages } from "./plan";
import { SendButton } from "./send-button";
import { type Content, type Sender, sendContent, sendPlanned } from "./send";
import { Tray } from "./tray";
import { useAttachments } from "./use-attachments";
import { useDrop } from "./use-drop";
import { windowOf } from "./window";

const VoiceRecorder = lazy(surely(() => import("./recorder")));

export interface ComposerProps {
  conversation: Conversation;
  /** A message of the thread, where it is loaded. */
  findMessage: (id: string) => Message | undefined;
  renderQuote: (messageId: string) => ReactNode;
}

const NEARLY_FULL = TEXT_LIMIT - 200;

export default function Composer({ conversation, findMessage, renderQuote }: ComposerProps) {
  const client = useQueryClient();
  const { id } = conversation;
  const account = useAccount(conversation.account_id);
  const sender: Sender = { conversation, userId: useMe().user.id, findMessage };
  const { draft, ready, edit, clear } = useDraft(id);
  const files = useAttachments(id);
  const input = useRef<HTMLTextAreaElement>(null);
  const [recording, setRecording] = useState(false);
  const [dialog, setDialog] = useState<ComposerDialog | null>(null);
  const colleague = useColleagueTyping(id);
  const [warned, setWarned] = useState(false);
  const open = windowOf(conversation, account, useMinute());
  const dropping = useDrop(open.canWrite, (dropped) => void files.add(dropped));

  useEffect(() => () => saveDraftNow(client, id), [client, id]);
  useWishes(input, (message) => edit({ quote_id: message.id }), () => setDialog("templates"));
  useTyping(id, draft.text);

  const tooLong = draft.text.length > TEXT_LIMIT;
  const blocked = files.items.some((item) => item.problem !== null);
  const nothing = isEmpty({ ...draft, quote_id: null }) && files.items.length === 0;
  const canSend = !nothing && !tooLong && !blocked && open.canWrite;
  const send = (sendAt: number | null = null) => {
    if (!canSend) return;
    if (colleague && !warned && sendAt === null) {
      setWarned(true);
      return;
    }
    sendPlanned(sender, planMessages(draft.text, files.items, { quoteId: draft.quote_id, sendAt }, newClientId));
    files.release();
    clear();
    setWarned(false);
    emitTyping(id, false);
    input.current?.focus();
  };
  const sendOther = (content: Content, template: Record<string, unknown> | null = null) => {
    sendContent(sender, { ...(draft.quote_id === null ? {} : { quote_id: draft.quote_id }), ...content }, template);
    if (draft.quote_id !== null) edit({ quote_id: null });
  };
  const insert = (text: string) => {
    const field = input.current;
    const from = field?.selectionStart ?? draft.text.length;
    const to = field?.selectionEnd ?? from;
    edit({ text: draft.text.slice(0, from) + text + draft.text.slice(to) });
    requestAnimationFrame(() => {
      field?.focus();
      field?.setSelectionRange(from + text.length, from + text.length);
    });
  };
  return (
    <section aria-label={t("composer.label")} className="relative shrink-0 border-t border-line bg-surface px-2 pt-1.5 pb-[max(0.5rem,env(safe-area-inset-bottom))] sm:px-4">
      <StatusLine conversation={conversation} window={open} />
      {warned && colleague && <Busy name={colleague} onSend={() => send()} onWait={() => setWarned(false)} />}
      {!open.canWrite ? (
        <Closed window={open} onTemplate={() => setDialog("templates")} />
      ) : recording ? (
        <Suspense fallback={<div className="h-12" />}>
          <VoiceRecorder
            onClose={() => setRecording(false)}
            onSend={(attachment) => {
              sendPlanned(sender, planMessages("", [attachment], { quoteId: draft.quote_id, sendAt: null }, newClientId));
              if (draft.quote_id !== null) edit({ quote_id: null });
            }}
          />
        </Suspense>
      ) : (
        <>
          {draft.quote_id !== null && <QuoteBar onRemove={() => edit({ quote_id: null })}>{renderQuote(draft.quote_id)}</QuoteBar>}
          <Tray items={files.items} onRemove={files.remove} />
          <div className="flex items-end gap-1">
            <More onFiles={(chosen) => void files.add(chosen)} onDialog={setDialog} canSchedule={canSend} />
            <EmojiButton onPick={insert} />
            <Field
              input={input}
              conversation={conversation}
              account={account?.name ?? ""}
              value={draft.text}
              disabled={!ready}
              captioning={files.items.length > 0}
              onChange={(text) => {
                setWarned(false);
                edit({ text });
              }}
              onSend={() => send()}
              onFiles={(pasted) => void files.add(pasted)}
            />
            {nothing ? (
              <SendButton label={t("voice.record")} onClick={() => setRecording(true)} className="mb-0.5 bg-transparent! text-ink-2! hover:bg-hover! hover:text-ink!">
                <Mic className="size-5" />
              </SendButton>
            ) : (
              <span className="mb-0.5 flex items-center">
                <IconButton label={t("composer.sendLater")} disabled={!canSend} onClick={() => setDialog("schedule")} className="size-8 max-sm:hidden">
                  <Clock className="size-4.5" />
                </IconButton>
                <SendButton label={t("composer.send")} disabled={!canSend} onClick={() => send()}>
                  <SendHorizontal className="size-5 rtl:-scale-x-100" />
                </SendButton>
              </span>
            )}
          </div>
          {draft.text.length > NEARLY_FULL && (
            <p role="status" className={tooLong ? "px-2 pt-1 text-end text-xs text-danger" : "px-2 pt-1 text-end text-xs text-ink-3"}>
              {t("composer.length", { n: number(draft.text.length), of: number(TEXT_LIMIT) })}
            </p>
          )}
        </>
      )}
      {dropping && <DropHere />}
      <ComposerDialogs
        which={dialog}
        conversation={conversation}
        onClose={() => setDialog(null)}
        onSend={sendOther}
        onSchedule={(at) => send(at)}
      />
    </section>
  );
}

function DropHere() {
  return (
    <p className="pointer-events-none fixed inset-0 z-40 m-4 flex items-center justify-center rounded-3xl border-3 border-dashed border-accent bg-accent-soft/90 text-xl font-semibold text-accent-ink">
      {t("composer.dropHere")}
    </p>
  );
}

/** The thread and the keyboard ask for things: to write, to quote, to choose a template. */
function useWishes(input: React.RefObject<HTMLTextAreaElement | null>, quote: (message: Message) => void, templates: () => void): void {
  const grant = useEffectEvent(() => {
    const asked = wish.get();
    if (!asked) return;
    wish.set(null);
    if (asked.kind === "templates") templates();
    if (asked.kind === "quote") quote(asked.message);
    if (asked.kind !== "templates") input.current?.focus();
  });
  useEffect(() => {
    grant();
    return wish.subscribe(() => grant());
  }, []);
}

const TYPING_EVERY_MS = 3_000;
const TYPING_ENDS_MS = 5_000;

/** Colleagues see that somebody types while the text changes, and a few seconds longer. */
function useTyping(conversationId: string, text: string): void {
  const last = useRef({ text, at: 0 });
  useEffect(() => {
    const held = last.current;
    if (held.text === text) return;
    const now = Date.now();
    const on = text !== "";
    // Text that came from another tab is not typed here.
    if (!document.hasFocus()) {
      held.text = text;
      return;
    }
    if (!on || now - held.at > TYPING_EVERY_MS) {
      emitTyping(conversationId, on);
      held.at = on ? now : 0;
    }
    held.text = text;
    const timer = setTimeout(() => {
      emitTyping(conversationId, false);
      held.at = 0;
    }, TYPING_ENDS_MS);
    return () => clearTimeout(timer);
  }, [conversationId, text]);
  useEffect(() => () => emitTyping(conversationId, false), [conversationId]);
}
