import { MicOff, Pause, Play, SendHorizontal, Square, Trash2 } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { t } from "@/i18n";
import { duration } from "@/i18n/format";
import { Bars } from "@/ui/bars";
import { Button, IconButton } from "@/ui/button";
import { voiceAttachment, type Attachment } from "./attachment";
import { SendButton } from "./send-button";
import { type Recording, useRecorder } from "./use-recorder";

interface RecorderProps {
  onSend: (attachment: Attachment) => void;
  onClose: () => void;
}

/** Takes the composer's place while a voice message is recorded and listened to. */
export default function VoiceRecorder({ onSend, onClose }: RecorderProps) {
  const { state, elapsedMs, levels, stop } = useRecorder();
  const [hurry, setHurry] = useState(false);
  const send = (recording: Recording) => {
    onSend(voiceAttachment(recording.file, recording.durationMs));
    onClose();
  };
  // Sent from the recording itself: the end of it has to be waited for.
  const ready = hurry && state.kind === "done" ? state.recording : null;
  useEffect(() => {
    if (ready) send(ready);
  });
  if (state.kind === "denied") return <Denied onClose={onClose} />;
  const recording = state.kind === "done" ? state.recording : null;
  return (
    <div role="group" aria-label={t("voice.label")} className="flex items-center gap-2 py-1">
      <IconButton label={t("voice.discard")} onClick={onClose} className="text-danger! hover:bg-danger-soft!">
        <Trash2 className="size-5" />
      </IconButton>
      {recording && !hurry ? (
        <Review recording={recording} />
      ) : (
        <>
          <span className="size-2.5 shrink-0 animate-pulse rounded-full bg-danger" aria-hidden="true" />
          <span role="timer" className="w-11 shrink-0 text-sm tabular-nums">
            {duration(elapsedMs)}
          </span>
          <span className="flex h-8 min-w-0 grow items-center" dir="ltr">
            {levels.length === 0 ? <span className="text-sm text-ink-3">{t("voice.asking")}</span> : <Bars shape={levels} share={1} />}
          </span>
          <IconButton label={t("voice.stop")} onClick={stop} disabled={state.kind !== "recording"}>
            <Square className="size-4.5 fill-current" />
          </IconButton>
        </>
      )}
      <SendButton
        label={t("voice.send")}
        disabled={state.kind === "asking"}
        onClick={() => {
          setHurry(true);
          stop();
        }}
      >
        <SendHorizontal className="size-5 rtl:-scale-x-100" />
      </SendButton>
    </div>
  );
}

function Review({ recording }: { recording: Recording }) {
  const audio = useRef<HTMLAudioElement>(null);
  const [playing, setPlaying] = useState(false);
  const [position, setPosition] = useState(0);
  useEffect(() => {
    const made = URL.createObjectURL(recording.file);
    audio.current?.setAttribute("src", made);
    return () => URL.revokeObjectURL(made);
  }, [recording]);
  const toggle = () => {
    if (playing) audio.current?.pause();
    else void audio.current?.play();
  };
  const seconds = recording.durationMs / 1000;
  return (
    <>
      {/* One's own words, a moment ago. */}
      {/* eslint-disable-next-line jsx-a11y/media-has-caption */}
      <audio
        ref={audio}
        onPlay={() => setPlaying(true)}
        onPause={() => setPlaying(false)}
        onTimeUpdate={(event) => setPosition(event.currentTarget.currentTime)}
        onEnded={() => setPosition(0)}
      />
      <IconButton label={playing ? t("media.pause") : t("voice.listen")} onClick={toggle}>
        {playing ? <Pause className="size-5 fill-current" /> : <Play className="size-5 fill-current" />}
      </IconButton>
      <span className="flex h-8 min-w-0 grow items-center" dir="ltr">
        <Bars shape={recording.shape} share={seconds > 0 ? position / seconds : 0} />
      </span>
      <span className="w-11 shrink-0 text-end text-sm tabular-nums">{duration(recording.durationMs)}</span>
    </>
  );
}

function Denied({ onClose }: { onClose: () => void }) {
  return (
    <div role="alert" className="flex items-center gap-3 py-1.5">
      <MicOff className="size-5 shrink-0 text-danger" />
      <p className="min-w-0 grow text-sm">{t("voice.denied")}</p>
      <Button small onClick={onClose}>
        {t("action.close")}
      </Button>
    </div>
  );
}
