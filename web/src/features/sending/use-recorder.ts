import { useEffect, useRef, useState } from "react";

export interface Recording {
  file: Blob;
  durationMs: number;
  shape: number[];
}

export type RecorderState = { kind: "asking" } | { kind: "denied" } | { kind: "recording" } | { kind: "done"; recording: Recording };

export interface Recorder {
  state: RecorderState;
  /** While recording: its length, and the latest levels from 0 to 1. */
  elapsedMs: number;
  levels: readonly number[];
  stop: () => void;
}

const SAMPLE_MS = 80;
const BARS = 44;
/** WhatsApp plays a voice note in place up to 512 KB; at the usual 32 kbit/s this is two minutes. Longer ones are sent all the same. */
const LONGEST_MS = 15 * 60_000;
const TYPES = ["audio/webm;codecs=opus", "audio/ogg;codecs=opus", "audio/mp4"];

/** Records from the moment it is mounted; unmounting throws everything away and lets go of the microphone. */
export function useRecorder(): Recorder {
  const [state, setState] = useState<RecorderState>({ kind: "asking" });
  const [elapsedMs, setElapsed] = useState(0);
  const [levels, setLevels] = useState<number[]>([]);
  const stop = useRef<() => void>(() => undefined);

  useEffect(() => {
    let over = false;
    const isOver = () => over;
    let release: () => void = () => undefined;
    const begin = async () => {
      const stream = await navigator.mediaDevices.getUserMedia({ audio: true });
      release = () => stream.getTracks().forEach((track) => track.stop());
      if (isOver()) {
        release();
        return;
      }
      const session = record(stream, (elapsed, level) => {
        setElapsed(elapsed);
        setLevels((held) => [...held, level].slice(-BARS));
      });
      stop.current = session.stop;
      setState({ kind: "recording" });
      const recording = await session.done;
      release();
      if (!isOver()) setState({ kind: "done", recording });
    };
    begin().catch(() => {
      release();
      if (!isOver()) setState({ kind: "denied" });
    });
    return () => {
      over = true;
      stop.current();
      release();
    };
  }, []);
  return { state, elapsedMs, levels, stop: () => stop.current() };
}

function record(stream: MediaStream, onLevel: (elapsedMs: number, level: number) => void): { stop: () => void; done: Promise<Recording> } {
  const mimeType = TYPES.find((type) => MediaRecorder.isTypeSupported(type));
  const recorder = new MediaRecorder(stream, { ...(mimeType === undefined ? {} : { mimeType }), audioBitsPerSecond: 32_000 });
  const meter = meterOf(stream);
  const startedAt = performance.now();
  const all: number[] = [];
  const chunks: Blob[] = [];
  const timer = setInterval(() => {
    const level = meter.level();
    all.push(level);
    const elapsed = performance.now() - startedAt;
    onLevel(elapsed, level);
    if (elapsed > LONGEST_MS) recorder.stop();
  }, SAMPLE_MS);
  const done = new Promise<Recording>((resolve) => {
    recorder.ondataavailable = (event) => chunks.push(event.data);
    recorder.onstop = () => {
      clearInterval(timer);
      meter.close();
      resolve({ file: new Blob(chunks, { type: recorder.mimeType }), durationMs: Math.round(performance.now() - startedAt), shape: shapeOf(all) });
    };
  });
  recorder.start();
  return {
    done,
    stop: () => {
      if (recorder.state !== "inactive") recorder.stop();
    },
  };
}

function meterOf(stream: MediaStream): { level: () => number; close: () => void } {
  const context = new AudioContext();
  const analyser = context.createAnalyser();
  analyser.fftSize = 512;
  context.createMediaStreamSource(stream).connect(analyser);
  const samples = new Float32Array(analyser.fftSize);
  return {
    level: () => {
      analyser.getFloatTimeDomainData(samples);
      const power = samples.reduce((sum, value) => sum + value * value, 0) / samples.length;
      // Speech is quiet in numbers: the root spreads it over the scale.
      return Math.min(1, Math.sqrt(Math.sqrt(power)) * 1.6);
    },
    close: () => void context.close(),
  };
}

/** As many bars as a player shows, each the loudest of its stretch. */
export function shapeOf(levels: readonly number[], bars = BARS): number[] {
  const count = Math.min(bars, Math.max(1, levels.length));
  return Array.from({ length: count }, (_, bar) => {
    const from = Math.floor((bar * levels.length) / count);
    const to = Math.max(from + 1, Math.floor(((bar + 1) * levels.length) / count));
    return Math.max(0, ...levels.slice(from, to));
  });
}
