import { Plus } from "lucide-react";
import { Suspense, lazy, useState } from "react";
import { t } from "@/i18n";
import { cx } from "@/lib/cx";
import { surely } from "@/lib/lazy";
import { IconButton } from "@/ui/button";

const EmojiPicker = lazy(surely(() => import("@/ui/emoji/picker")));
const USUAL = ["👍", "❤️", "😂", "😮", "😢", "🙏"];

/** The six that WhatsApp offers, and all others behind the plus. The one that is set is taken back by pressing it. */
export default function ReactionPicker({ own, onPick }: { own: string | null; onPick: (emoji: string) => void }) {
  const [all, setAll] = useState(false);
  if (all) {
    return (
      <Suspense fallback={<div className="h-88 w-82 max-w-[calc(100vw-2rem)]" />}>
        <EmojiPicker onPick={onPick} />
      </Suspense>
    );
  }
  const shown = own === null || USUAL.includes(own) ? USUAL : [own, ...USUAL.slice(1)];
  return (
    <div className="flex items-center gap-0.5">
      {shown.map((emoji) => (
        <button
          key={emoji}
          type="button"
          aria-pressed={emoji === own}
          title={emoji === own ? t("thread.takeBack") : undefined}
          onClick={() => onPick(emoji)}
          className={cx("flex size-10 items-center justify-center rounded-full text-2xl hover:bg-hover", emoji === own && "bg-accent-soft")}
        >
          {emoji}
        </button>
      ))}
      <IconButton label={t("thread.moreEmoji")} className="size-10 rounded-full!" onClick={() => setAll(true)}>
        <Plus className="size-5" />
      </IconButton>
    </div>
  );
}
