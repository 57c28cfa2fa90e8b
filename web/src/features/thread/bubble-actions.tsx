import { Reply, SmilePlus } from "lucide-react";
import { Suspense, lazy } from "react";
import type { Message } from "@/api/types";
import { t, withWords } from "@/i18n";
import { cx } from "@/lib/cx";
import { surely } from "@/lib/lazy";
import { IconButton } from "@/ui/button";
import { Popover } from "@/ui/popover";
import { active } from "./active";
import { useThreadPorts } from "./ports";

const ReactionPicker = lazy(surely(withWords("sending", () => import("./reaction-picker"))));

/** Reply, react, and what else there is. A message that is not at WhatsApp yet has neither. */
export default function BubbleActions({ message }: { message: Message }) {
  const ports = useThreadPorts();
  if (!ports?.open || message.deleted_at !== null || message.id.startsWith("local_")) return null;
  const out = message.direction === "out";
  const own = message.reactions.find((reaction) => reaction.by === "us")?.emoji ?? null;
  const quote = () => {
    active.set(null);
    ports.quote(message);
  };
  return (
    <span className={cx("absolute -top-4.5 z-3 flex rounded-full border border-line bg-surface p-0.5 shadow-raised", out ? "start-1" : "end-1")}>
      {ports.reacts && (
        <Popover
          label={t("thread.react")}
          trigger={
            <IconButton label={t("thread.react")} className="size-8 rounded-full!">
              <SmilePlus className="size-4.5" />
            </IconButton>
          }
        >
          {(close) => (
            <Suspense fallback={<div className="h-11 w-72" />}>
              <ReactionPicker
                own={own}
                onPick={(emoji) => {
                  close();
                  ports.react(message, emoji === own ? "" : emoji);
                }}
              />
            </Suspense>
          )}
        </Popover>
      )}
      <IconButton label={`${t("thread.reply")} (R)`} className="size-8 rounded-full!" onClick={quote}>
        <Reply className="size-4.5 rtl:-scale-x-100" />
      </IconButton>
      {ports.more(message)}
    </span>
  );
}
