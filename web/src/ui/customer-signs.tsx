/** What the other side does this moment, in words. Comes late: rows and headers show what they have until it is there. */
import { t } from "@/i18n";
import { ago, dateTimeOf } from "@/i18n/format";
import { useMinute } from "@/lib/clock";

interface Sign {
  activity: "typing" | "recording";
  name: string | null;
}

/** "typing…"; in a group who does. */
export function CustomerTyping({ sign }: { sign: Sign }) {
  const speaks = sign.activity === "recording";
  const words =
    sign.name === null
      ? t(speaks ? "live.recording" : "live.typing")
      : t(speaks ? "live.recordingName" : "live.typingName", { name: sign.name });
  return <span className="truncate font-medium text-ok">{words}</span>;
}

interface Presence {
  online: boolean;
  last_seen_at: number | null;
}

/** "online", or when they last were. */
export function CustomerPresence({ presence }: { presence: Presence }) {
  const now = useMinute();
  if (presence.online) return <span className="shrink-0 font-medium text-ok">{t("live.online")}</span>;
  const at = presence.last_seen_at;
  if (at === null) return null;
  return (
    <time dateTime={new Date(at).toISOString()} title={dateTimeOf(at)} className="truncate">
      {t("live.lastSeen", { when: ago(at, now) })}
    </time>
  );
}
