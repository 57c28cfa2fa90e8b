/** Makes people notice a customer's message: a toast in the app, a notification and a sound when it is not in front. */
import type { Envelope } from "@/api/events";
import type { AccountState, Conversation, Message } from "@/api/types";
import { t, withWords } from "@/i18n";
import { hasAttention } from "@/lib/hooks";
import { prefs } from "@/lib/prefs";
import { previewText } from "@/ui/message-preview";
import { toast } from "@/ui/toast";
import { playSound } from "./sound";

/** What a catch-up brings after a long sleep is shown by badges, not by a storm of notifications. */
const FRESH_MS = 60_000;
const SAME_MOMENT_MS = 1_000;
const SOUND_PAUSE_MS = 1_500;

interface News {
  message: Message;
  conversation: Conversation;
}

export interface NotifyPorts {
  myId: () => string;
  openConversation: () => string | null;
  open: (conversationId: string) => void;
}

const ENDS: readonly AccountState[] = ["error", "replaced", "logged_out", "banned", "outdated"];

/** A number that is down stays so until somebody helps; what comes back by itself disturbs nobody. */
function notifyDown(events: Envelope[]): void {
  for (const event of events) {
    if (event.type !== "account:updated" || Date.now() - event.at > FRESH_MS) continue;
    const { account } = event.data;
    // A later change of its name says nothing new.
    const isNow = event.at - account.state_since < SAME_MOMENT_MS;
    if (isNow && ENDS.includes(account.state)) void withWords("pages", () => import("./account-down"))().then(({ announceDown }) => announceDown(account));
  }
}

export function notify(events: Envelope[], ports: NotifyPorts): void {
  notifyDown(events);
  const news = events.flatMap((event) => {
    if (event.type !== "message:new" || Date.now() - event.at > FRESH_MS) return [];
    return concernsMe(event.data, ports.myId()) ? [event.data] : [];
  });
  const last = news.at(-1);
  if (!last) return;
  const attentive = hasAttention();
  if (attentive && ports.openConversation() === last.conversation.id) return;
  if (attentive) announceInApp(last, ports);
  else announceOutside(last, ports);
}

function concernsMe({ message, conversation }: News, me: string): boolean {
  if (message.direction !== "in" || message.type === "system" || message.source === "history") return false;
  return conversation.assignee_id === null || conversation.assignee_id === me;
}

/** In the app the list already shows what is unassigned; only one's own customers interrupt. */
function announceInApp(news: News, ports: NotifyPorts): void {
  if (news.conversation.assignee_id !== ports.myId()) return;
  toast({
    tone: "message",
    title: news.conversation.contact.name,
    text: previewText(news.message.type, news.message.text),
    action: { label: t("action.open"), run: () => ports.open(news.conversation.id) },
  });
}

function announceOutside(news: News, ports: NotifyPorts): void {
  const { sound, notifications } = prefs();
  if (notifications && "Notification" in window && Notification.permission === "granted") {
    const { message, conversation } = news;
    // The tag makes several tabs share one notification.
    const shown = new Notification(conversation.contact.name, { body: previewText(message.type, message.text), tag: conversation.id });
    shown.onclick = () => {
      window.focus();
      ports.open(conversation.id);
      shown.close();
    };
  }
  if (sound) soundOnce();
}

/** One tab of several plays it, and not for every message of a burst. */
function soundOnce(): void {
  const locks = (navigator as Partial<Navigator>).locks;
  if (!locks) {
    playSound();
    return;
  }
  void locks.request("hoopoe-sound", { ifAvailable: true }, async (lock) => {
    if (!lock) return;
    playSound();
    await new Promise((resolve) => setTimeout(resolve, SOUND_PAUSE_MS));
  });
}
