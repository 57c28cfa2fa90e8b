import { useQueryClient } from "@tanstack/react-query";
import { type RefObject, useEffect, useEffectEvent, useRef, useState } from "react";
import type { Conversation, Draft, Message } from "@/api/types";
import { useAccount, useMe } from "@/directory/api";
import { useMinute } from "@/lib/clock";
import { emitTyping } from "@/realtime/hints";
import { type Allowed, allowedBy } from "./allowed";
import { newClientId } from "./api";
import type { Attachment } from "./attachment";
import type { ComposerDialog } from "./dialogs";
import { saveDraftNow, useDraft } from "./draft";
import { useColleagueTyping } from "./notices";
import { wish } from "./pending";
import { TEXT_LIMIT, planMessages } from "./plan";
import { type Content, type Sender, sendContent, sendPlanned } from "./send";
import { type Attachments, useAttachments } from "./use-attachments";
import { type ReplyWindow, windowOf } from "./window";

export interface Composing {
  open: ReplyWindow;
  can: Allowed;
  input: RefObject<HTMLTextAreaElement | null>;
  draft: Draft;
  ready: boolean;
  edit: (change: Partial<Draft>) => void;
  /** Puts words where the caret is. */
  insert: (text: string) => void;
  files: Attachments;
  /** Neither words nor files. */
  nothing: boolean;
  canSend: boolean;
  /** What stands here: at once, or at a moment to come. */
  send: (at: number | null) => void;
  sendOther: (content: Content, template?: Record<string, unknown>) => void;
  sendVoice: (recording: Attachment) => void;
  colleague: string | null;
  /** Asked once whether a second answer is wanted. */
  warned: boolean;
  wait: () => void;
  /** A message of ours that is being changed, or is asked to be taken back. */
  changing: Changing | null;
  setChanging: (what: Changing | null) => void;
  dialog: ComposerDialog | null;
  setDialog: (which: ComposerDialog | null) => void;
}

export interface Changing {
  kind: "edit" | "delete";
  message: Message;
}

interface Options {
  conversation: Conversation;
  findMessage: (id: string) => Message | undefined;
}

/** What stands in the composer of one conversation, and what can be done with it. */
export function useComposing({ conversation, findMessage }: Options): Composing {
  const { id } = conversation;
  const account = useAccount(conversation.account_id);
  const sender: Sender = { conversation, userId: useMe().user.id, findMessage };
  const { draft, ready, edit, clear } = useDraft(id);
  const files = useAttachments(id);
  const input = useRef<HTMLTextAreaElement>(null);
  const [dialog, setDialog] = useState<ComposerDialog | null>(null);
  const [warned, setWarned] = useState(false);
  const [changing, setChanging] = useState<Changing | null>(null);
  const colleague = useColleagueTyping(id);
  const open = windowOf(conversation, account, useMinute());
  const can = allowedBy(account);
  useSavedAtEnd(id);
  useFocusAfter(changing, input);
  useWishes(input, { change: setChanging, quote: (message) => edit({ quote_id: message.id }), templates: () => setDialog("templates") });
  useTyping(id, draft.text);

  const nothing = draft.text.trim() === "" && files.items.length === 0;
  const canSend = !nothing && draft.text.length <= TEXT_LIMIT && open.canWrite && files.items.every((item) => item.problem === null);
  const send = (at: number | null) => {
    if (!canSend) return;
    if (colleague !== null && !warned && at === null) {
      setWarned(true);
      return;
    }
    sendPlanned(sender, planMessages(draft.text, files.items, { quoteId: draft.quote_id, sendAt: at }, newClientId));
    files.release();
    clear();
    setWarned(false);
    emitTyping(id, false);
    input.current?.focus();
  };
  const unquote = () => draft.quote_id !== null && edit({ quote_id: null });
  return {
    ...{ open, can, input, draft, ready, files, nothing, canSend, send, colleague, warned, changing, setChanging, dialog, setDialog },
    edit: (change) => {
      setWarned(false);
      edit(change);
    },
    insert: (text) => insertAt(input.current, draft.text, text, (next) => edit({ text: next })),
    sendOther: (content, template) => {
      sendContent(sender, { ...(draft.quote_id === null ? {} : { quote_id: draft.quote_id }), ...content }, template);
      unquote();
    },
    sendVoice: (recording) => {
      sendPlanned(sender, planMessages("", [recording], { quoteId: draft.quote_id, sendAt: null }, newClientId));
      unquote();
    },
    wait: () => setWarned(false),
  };
}

/** Puts words where the caret is. */
export function insertAt(field: HTMLTextAreaElement | null, held: string, text: string, change: (next: string) => void): void {
  const from = field?.selectionStart ?? held.length;
  const to = field?.selectionEnd ?? from;
  change(held.slice(0, from) + text + held.slice(to));
  requestAnimationFrame(() => {
    field?.focus();
    field?.setSelectionRange(from + text.length, from + text.length);
  });
}

function useSavedAtEnd(conversationId: string): void {
  const client = useQueryClient();
  useEffect(() => () => saveDraftNow(client, conversationId), [client, conversationId]);
}

/** The field is another one while a message is changed: afterwards one writes on. */
function useFocusAfter(changing: Changing | null, input: RefObject<HTMLTextAreaElement | null>): void {
  const held = useRef(changing);
  useEffect(() => {
    if (held.current !== null && changing === null) input.current?.focus();
    held.current = changing;
  }, [changing, input]);
}

interface Wishes {
  quote: (message: Message) => void;
  change: (what: Changing) => void;
  templates: () => void;
}

/** The thread and the keyboard ask for things: to write, to quote, to change a message, to choose a template. */
function useWishes(input: RefObject<HTMLTextAreaElement | null>, { quote, change, templates }: Wishes): void {
  const grant = useEffectEvent(() => {
    const asked = wish.get();
    if (!asked) return;
    wish.set(null);
    if (asked.kind === "templates") templates();
    else if (asked.kind === "edit" || asked.kind === "delete") change({ kind: asked.kind, message: asked.message });
    else {
      if (asked.kind === "quote") quote(asked.message);
      input.current?.focus();
    }
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
