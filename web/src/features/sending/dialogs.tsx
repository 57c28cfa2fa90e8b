import { Suspense, lazy } from "react";
import type { Conversation } from "@/api/types";
import { surely } from "@/lib/lazy";
import type { Content } from "./send";

const Templates = lazy(surely(() => import("./templates-dialog")));
const Location = lazy(surely(() => import("./location-dialog")));
const ContactCard = lazy(surely(() => import("./contact-dialog")));
const Interactive = lazy(surely(() => import("./interactive-dialog")));
const Schedule = lazy(surely(() => import("./schedule-dialog")));

export type ComposerDialog = "templates" | "location" | "contact" | "interactive" | "schedule";

interface DialogsProps {
  which: ComposerDialog | null;
  conversation: Conversation;
  onClose: () => void;
  onSend: (content: Content, template?: Record<string, unknown>) => void;
  onSchedule: (at: number) => void;
}

/** Forms for what cannot be typed, each fetched when it is first opened. */
export function ComposerDialogs({ which, conversation, onClose, onSend, onSchedule }: DialogsProps) {
  const send = (content: Content, template?: Record<string, unknown>) => {
    onClose();
    onSend(content, template);
  };
  return (
    <Suspense>
      {which === "templates" && <Templates conversation={conversation} onClose={onClose} onSend={send} />}
      {which === "location" && <Location onClose={onClose} onSend={(location) => send({ location })} />}
      {which === "contact" && <ContactCard onClose={onClose} onSend={(card) => send({ contacts: [card] })} />}
      {which === "interactive" && <Interactive onClose={onClose} onSend={(interactive) => send({ interactive })} />}
      {which === "schedule" && (
        <Schedule
          onClose={onClose}
          onSchedule={(at) => {
            onClose();
            onSchedule(at);
          }}
        />
      )}
    </Suspense>
  );
}
