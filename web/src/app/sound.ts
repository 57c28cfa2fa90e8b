let context: AudioContext | null = null;

/** Two soft notes, made by the browser: no file to load. */
export function playSound(): void {
  context ??= new AudioContext();
  const start = context.currentTime + 0.02;
  note(context, 880, start);
  note(context, 1174.66, start + 0.11);
}

function note(audio: AudioContext, frequency: number, at: number): void {
  const tone = audio.createOscillator();
  const volume = audio.createGain();
  tone.type = "sine";
  tone.frequency.value = frequency;
  volume.gain.setValueAtTime(0, at);
  volume.gain.linearRampToValueAtTime(0.12, at + 0.015);
  volume.gain.exponentialRampToValueAtTime(0.0001, at + 0.28);
  tone.connect(volume).connect(audio.destination);
  tone.start(at);
  tone.stop(at + 0.3);
}
