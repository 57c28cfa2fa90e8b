import { Smile } from "lucide-react";
import { Suspense, lazy } from "react";
import { t } from "@/i18n";
import { surely } from "@/lib/lazy";
import { IconButton } from "@/ui/button";
import { Popover } from "@/ui/popover";

const EmojiPicker = lazy(surely(() => import("@/ui/emoji/picker")));

export function EmojiButton({ onPick }: { onPick: (emoji: string) => void }) {
  return (
    <Popover
      label={t("emoji.title")}
      align="start"
      trigger={
        <IconButton label={t("emoji.title")} className="mb-0.5 size-10 rounded-full! max-sm:hidden">
          <Smile className="size-5" />
        </IconButton>
      }
    >
      {(close) => (
        <Suspense fallback={<div className="h-88 w-82 max-w-[calc(100vw-2rem)]" />}>
          <EmojiPicker
            onPick={(emoji) => {
              close();
              onPick(emoji);
            }}
          />
        </Suspense>
      )}
    </Popover>
  );
}
