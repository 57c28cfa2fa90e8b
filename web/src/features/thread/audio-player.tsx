import { Mic, Pause, Play } from "lucide-react";
import { useRef, useState } from "react";
import type { Media } from "@/api/types";
import { t } from "@/i18n";
import { duration } from "@/i18n/format";
import { useWhenSeen } from "@/lib/hooks";
import { waveform } from "@/lib/waveform";
import { Bars } from "@/ui/bars";
import { toast } from "@/ui/toast";

const SPEEDS = [1, 1.5, 2] as const;

const CHEAP_BYTES = 150_000;

/** One voice at a time: starting one stops the other. */
let playingNow: HTMLAudioElement | null = null;

export function AudioPlayer({ media, voice }: { media: Media; voice: boolean }) {
  const audio = useRef<HTMLAudioElement>(null);
  const [playing, setPlaying] = useState(false);
  const [position, setPosition] = useState(0);
  const [length, setLength] = useState((media.duration_ms ?? 0) / 1000);
  const [speed, setSpeed] = useState<(typeof SPEEDS)[number]>(1);
  const [shape, setShape] = useState<number[] | null>(null);

  // Still in the memory of this tab, where it may be played and not fetched.
  const local = media.url.startsWith("blob:");
  const toggle = async () => {
    const element = audio.current;
    if (!element) return;
    if (playing) {
      element.pause();
      return;
    }
    if (playingNow !== element) playingNow?.pause();
    playingNow = element;
    try {
      await element.play();
    } catch {
      toast({ tone: "error", title: t("media.cannotPlay") });
      return;
    }
    if (voice && shape === null && !local) setShape(await waveform(media.url));
  };
  // A short note is fetched when it comes into sight, for its shape; a long one only when it is played.
  const cheap = voice && !local && media.size !== null && media.size <= CHEAP_BYTES;
  const row = useWhenSeen<HTMLDivElement>(cheap, () => void waveform(media.url).then((found) => found && setShape(found)));
  const faster = () => {
    const next = SPEEDS[(SPEEDS.indexOf(speed) + 1) % SPEEDS.length] ?? 1;
    setSpeed(next);
    if (audio.current) audio.current.playbackRate = next;
  };
  const seek = (to: number) => {
    setPosition(to);
    if (audio.current) audio.current.currentTime = to;
  };
  return (
    <div ref={row} className="flex w-72 max-w-full items-center gap-2.5 py-1">
      {/* Voice messages come without captions. */}
      {/* eslint-disable-next-line jsx-a11y/media-has-caption */}
      <audio
        ref={audio}
        src={media.url}
        // Only where the length is not known yet is a little of the file asked for.
        preload={media.duration_ms === null ? "metadata" : "none"}
        onPlay={() => setPlaying(true)}
        onPause={() => setPlaying(false)}
        onTimeUpdate={(event) => setPosition(event.currentTarget.currentTime)}
        onLoadedMetadata={(event) => {
          if (Number.isFinite(event.currentTarget.duration)) setLength(event.currentTarget.duration);
        }}
        onEnded={() => setPosition(0)}
      />
      <button
        type="button"
        aria-label={playing ? t("media.pause") : t("media.play")}
        onClick={() => void toggle()}
        className="inline-flex size-10 shrink-0 items-center justify-center rounded-full bg-accent text-on-accent hover:bg-accent-strong"
      >
        {playing ? <Pause className="size-5 fill-current" /> : <Play className="ms-0.5 size-5 fill-current" />}
      </button>
      <div className="min-w-0 grow">
        <Progress position={position} length={length} shape={shape} onSeek={seek} />
        <div className="mt-0.5 flex items-center gap-1 text-xs text-ink-2 tabular-nums">
          {voice && <Mic className="size-3" aria-label={t("type.voice")} />}
          {duration((playing || position > 0 ? position : length) * 1000)}
        </div>
      </div>
      <button
        type="button"
        onClick={faster}
        aria-label={t("media.speed", { n: speed })}
        className="h-7 w-11 shrink-0 rounded-full bg-black/8 text-xs font-semibold tabular-nums hover:bg-black/12 dark:bg-white/10"
      >
        {speed}×
      </button>
    </div>
  );
}

interface ProgressProps {
  position: number;
  length: number;
  shape: number[] | null;
  onSeek: (to: number) => void;
}

function Progress({ position, length, shape, onSeek }: ProgressProps) {
  const share = length > 0 ? Math.min(1, position / length) : 0;
  return (
    <div className="relative flex h-6 items-center" dir="ltr">
      {shape ? <Bars shape={shape} share={share} /> : <Line share={share} />}
      <input
        type="range"
        min={0}
        max={Math.max(length, 0.1)}
        step={0.1}
        value={Math.min(position, length)}
        onChange={(event) => onSeek(Number(event.target.value))}
        aria-label={t("media.position")}
        className="absolute inset-0 w-full cursor-pointer opacity-0 focus-visible:opacity-40"
      />
    </div>
  );
}

function Line({ share }: { share: number }) {
  return (
    <span className="h-1 w-full rounded-full bg-black/15 dark:bg-white/20">
      <span className="block h-full rounded-full bg-accent" style={{ width: `${share * 100}%` }} />
    </span>
  );
}
