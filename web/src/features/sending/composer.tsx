import { Clock, Mic, SendHorizontal } from "lucide-react";
import { type ReactNode, Suspense, lazy, useState } from "react";
import type { Conversation, Message } from "@/api/types";
import { useAccount } from "@/directory/api";
import { t } from "@/i18n";
import { number } from "@/i18n/format";
import { cx } from "@/lib/cx";
import { surely } from "@/lib/lazy";
import { IconButton } from "@/ui/button";
import { changesOf } from "./allowed";
import { DeleteDialog } from "./delete-dialog";
import { ComposerDialogs } from "./dialogs";
import { Editing } from "./editing";
import { EmojiButton } from "./emoji-button";
import { Field } from "./field";
import { More } from "./more";
import { Busy, Closed, QuoteBar, StatusLine } from "./notices";
import { TEXT_LIMIT } from "./plan";
import { SendButton } from "./send-button";
import { Tray } from "./tray";
import { type Composing, useComposing } from "./use-composing";
import { useDrop } from "./use-drop";

const VoiceRecorder = lazy(surely(() => import("./recorder")));

export interface ComposerProps {
  conversation: Conversation;
  /** A message of the thread, where it is loaded. */
  findMessage: (id: string) => Message | undefined;
  renderQuote: (messageId: string) => ReactNode;
  /** The newest message of ours that fits, for the keyboard. */
  findLast: (fits: (message: Message) => boolean) => Message | undefined;
  /** A message that the server answered with. */
  onChanged: (message: Message) => void;
}

export default function Composer(props: ComposerProps) {
  const { conversation } = props;
  const composing = useComposing(props);
  const { open, can, draft, edit, warned, colleague, setDialog, changing, setChanging } = composing;
  const end = () => setChanging(null);
  const [recording, setRecording] = useState(false);
  const dropping = useDrop(open.canWrite && can.files, (dropped) => void composing.files.add(dropped));
  return (
    <section aria-label={t("composer.label")} className="relative shrink-0 border-t border-line bg-surface px-2 pt-1.5 pb-[max(0.5rem,env(safe-area-inset-bottom))] sm:px-4">
      <StatusLine conversation={conversation} window={open} />
      {warned && colleague !== null && <Busy name={colleague} onSend={() => composing.send(null)} onWait={composing.wait} />}
      {changing?.kind === "edit" ? (
        <Editing key={changing.message.id} conversation={conversation} message={changing.message} onChanged={props.onChanged} onEnd={end} />
      ) : !open.canWrite ? (
        <Closed window={open} onTemplate={() => setDialog("templates")} />
      ) : recording ? (
        <Suspense fallback={<div className="h-12" />}>
          <VoiceRecorder onClose={() => setRecording(false)} onSend={composing.sendVoice} />
        </Suspense>
      ) : (
        <>
          {draft.quote_id !== null && <QuoteBar onRemove={() => edit({ quote_id: null })}>{props.renderQuote(draft.quote_id)}</QuoteBar>}
          <Tray items={composing.files.items} onRemove={composing.files.remove} />
          <Row conversation={conversation} composing={composing} onRecord={() => setRecording(true)} findLast={props.findLast} />
          <Length text={draft.text} />
        </>
      )}
      {dropping && <DropHere />}
      {changing?.kind === "delete" && (
        <DeleteDialog message={changing.message} onChanged={props.onChanged} onClose={end} />
      )}
      <ComposerDialogs
        which={composing.dialog}
        conversation={conversation}
        onClose={() => setDialog(null)}
        onSend={composing.sendOther}
        onSchedule={composing.send}
      />
    </section>
  );
}

interface RowProps {
  conversation: Conversation;
  composing: Composing;
  onRecord: () => void;
  findLast: ComposerProps["findLast"];
}

function Row({ conversation, composing, onRecord, findLast }: RowProps) {
  const { input, draft, edit, files, canSend, send, setDialog, setChanging } = composing;
  const account = useAccount(conversation.account_id);
  const { can } = composing;
  const attach = (chosen: FileList) => {
    if (can.files || can.pictures) void files.add(chosen);
  };
  return (
    <div className="flex items-end gap-1">
      {(can.more || canSend) && <More can={can} onFiles={attach} onDialog={setDialog} canSchedule={canSend} />}
      <EmojiButton onPick={composing.insert} />
      <Field
        input={input}
        conversation={conversation}
        value={draft.text}
        disabled={!composing.ready}
        label={t(files.items.length > 0 ? "composer.caption" : "composer.placeholder")}
        onChange={(text) => edit({ text })}
        onSend={() => send(null)}
        onEscape={() => {
          if (draft.quote_id === null) return false;
          edit({ quote_id: null });
          return true;
        }}
        onUp={() => {
          const last = composing.nothing ? findLast((message) => changesOf(message, account, Date.now()).edit) : undefined;
          if (last) setChanging({ kind: "edit", message: last });
          return last !== undefined;
        }}
        onFiles={attach}
      />
      {composing.nothing && can.voice ? (
        <SendButton label={t("voice.record")} onClick={onRecord} className="mb-0.5 bg-transparent! text-ink-2! hover:bg-hover! hover:text-ink!">
          <Mic className="size-5" />
        </SendButton>
      ) : (
        <span className="mb-0.5 flex items-center">
          <IconButton label={t("composer.sendLater")} disabled={!canSend} onClick={() => setDialog("schedule")} className="size-8 max-sm:hidden">
            <Clock className="size-4.5" />
          </IconButton>
          <SendButton label={t("composer.send")} disabled={!canSend} onClick={() => send(null)}>
            <SendHorizontal className="size-5 rtl:-scale-x-100" />
          </SendButton>
        </span>
      )}
    </div>
  );
}

const NEARLY_FULL = TEXT_LIMIT - 200;

function Length({ text }: { text: string }) {
  if (text.length <= NEARLY_FULL) return null;
  const tooLong = text.length > TEXT_LIMIT;
  return (
    <p role="status" className={cx("px-2 pt-1 text-end text-xs", tooLong ? "text-danger" : "text-ink-3")}>
      {t("composer.length", { n: number(text.length), of: number(TEXT_LIMIT) })}
    </p>
  );
}

function DropHere() {
  return (
    <p className="pointer-events-none fixed inset-0 z-40 m-4 flex items-center justify-center rounded-3xl border-3 border-dashed border-accent bg-accent-soft/90 text-xl font-semibold text-accent-ink">
      {t("composer.dropHere")}
    </p>
  );
}
