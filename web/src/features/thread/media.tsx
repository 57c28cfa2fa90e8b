import { CircleAlert, Download, ImageOff, LoaderCircle, Play } from "lucide-react";
import { type ReactNode, useState } from "react";
import type { Media, Message } from "@/api/types";
import { t } from "@/i18n";
import { duration, size } from "@/i18n/format";
import { cx } from "@/lib/cx";
import { Button } from "@/ui/button";
import { toastError } from "@/ui/toast";
import { useRetryMedia } from "./api";
import { AudioPlayer } from "./audio-player";

const MAX_WIDTH = 320;
const MAX_HEIGHT = 360;

/** The box a picture will fill, known before it is loaded, so that nothing moves when it comes. */
function boxOf(media: Media): { width: number; aspectRatio: string } {
  const width = media.width ?? 4;
  const height = media.height ?? 3;
  const scale = Math.min(MAX_WIDTH / width, MAX_HEIGHT / height);
  // Very long strips are cropped, or they would be a line.
  const shown = Math.max(160, Math.round(width * scale));
  return { width: shown, aspectRatio: `${shown} / ${Math.max(96, Math.round(height * scale))}` };
}

function Frame({ media, children }: { media: Media; children: ReactNode }) {
  return (
    <div className="relative max-w-full overflow-hidden rounded-xl bg-black/6 dark:bg-white/6" style={boxOf(media)}>
      {children}
    </div>
  );
}

/** What stands in the place of media that is not there: still coming, or lost. */
function Absent({ media }: { media: Media }) {
  const failed = media.state === "failed";
  return (
    <span className="absolute inset-0 flex flex-col items-center justify-center gap-2 p-3 text-center text-sm text-ink-2">
      {failed ? <ImageOff className="size-6" /> : <LoaderCircle className="size-6 animate-spin" />}
      {failed ? (media.failure ?? t("media.failed")) : t("media.pending")}
      {failed && <Retry media={media} />}
    </span>
  );
}

function Retry({ media }: { media: Media }) {
  const retry = useRetryMedia();
  return (
    <Button small busy={retry.isPending} onClick={() => retry.mutate(media.id, { onError: toastError })}>
      {t("media.retry")}
    </Button>
  );
}

export function ImageMessage({ message, onOpen }: { message: Message; onOpen: () => void }) {
  const media = message.media;
  const [broken, setBroken] = useState(false);
  if (!media) return null;
  if (media.state !== "ready" || broken) {
    return (
      <Frame media={media}>
        <Absent media={broken ? { ...media, state: "failed" } : media} />
      </Frame>
    );
  }
  return (
    <Frame media={media}>
      <button type="button" aria-label={t("media.openImage")} onClick={onOpen} className="block size-full cursor-zoom-in">
        <img
          src={media.thumbnail_url ?? media.url}
          alt={message.text ?? t("type.image")}
          loading="lazy"
          decoding="async"
          onError={() => setBroken(true)}
          className="size-full object-cover"
        />
      </button>
    </Frame>
  );
}

export function VideoMessage({ media }: { media: Media }) {
  const [playing, setPlaying] = useState(false);
  if (media.state !== "ready") {
    return (
      <Frame media={media}>
        <Absent media={media} />
      </Frame>
    );
  }
  return (
    <Frame media={media}>
      {playing ? (
        // Customers' videos come without captions.
        // eslint-disable-next-line jsx-a11y/media-has-caption
        <video src={media.url} controls autoPlay playsInline className="size-full bg-black object-contain" />
      ) : (
        <button type="button" aria-label={t("media.play")} onClick={() => setPlaying(true)} className="block size-full">
          {media.thumbnail_url && <img src={media.thumbnail_url} alt="" loading="lazy" className="size-full object-cover" />}
          <span className="absolute inset-0 m-auto flex size-14 items-center justify-center rounded-full bg-black/60 text-white">
            <Play className="ms-1 size-6 fill-current" />
          </span>
          {media.duration_ms !== null && (
            <span className="absolute start-2 bottom-2 rounded-md bg-black/60 px-1.5 py-0.5 text-xs text-white tabular-nums">
              {duration(media.duration_ms)}
            </span>
          )}
        </button>
      )}
    </Frame>
  );
}

export function StickerMessage({ media }: { media: Media }) {
  return (
    <div className="relative size-40">
      {media.state === "ready" ? (
        <img src={media.url} alt={t("type.sticker")} loading="lazy" className="size-full object-contain" />
      ) : (
        <Absent media={media} />
      )}
    </div>
  );
}

export function AudioMessage({ media, voice }: { media: Media; voice: boolean }) {
  if (media.state === "ready") return <AudioPlayer media={media} voice={voice} />;
  return <FileState media={media} />;
}

function FileState({ media }: { media: Media }) {
  const failed = media.state === "failed";
  return (
    <p className={cx("flex items-center gap-2 py-1 text-sm", failed ? "text-danger" : "text-ink-2")}>
      {failed ? <CircleAlert className="size-4" /> : <LoaderCircle className="size-4 animate-spin" />}
      {failed ? (media.failure ?? t("media.failed")) : t("media.pending")}
      {failed && <Retry media={media} />}
    </p>
  );
}

function extensionOf(media: Media, name: string): string {
  const byName = /\.([a-z0-9]{1,5})$/i.exec(name)?.[1];
  const byType = /^[\w.-]+\/(?:x-)?([a-z0-9]{1,4})$/.exec(media.mime)?.[1];
  return (byName ?? byType ?? "file").toUpperCase();
}

export function DocumentMessage({ media, filename }: { media: Media; filename: string | null }) {
  const name = filename ?? media.filename ?? t("type.document");
  const details = (
    <>
      <span className="flex size-11 shrink-0 items-center justify-center rounded-lg bg-accent-soft text-xs font-bold text-accent-ink">
        {extensionOf(media, name)}
      </span>
      <span className="min-w-0 grow">
        <bdi className="line-clamp-2 font-medium [overflow-wrap:anywhere]">{name}</bdi>
        {media.size !== null && <span className="text-xs text-ink-2">{size(media.size)}</span>}
      </span>
    </>
  );
  const frame = "flex w-72 max-w-full items-center gap-3 rounded-xl bg-black/4 p-2.5 dark:bg-white/6";
  if (media.state !== "ready") {
    return (
      <div>
        <div className={frame}>{details}</div>
        <FileState media={media} />
      </div>
    );
  }
  return (
    <a href={media.url} download={name} className={cx(frame, "hover:bg-black/8 dark:hover:bg-white/10")}>
      {details}
      <Download className="size-5 shrink-0 text-ink-2" aria-label={t("media.download")} />
    </a>
  );
}
