const BARS = 44;
const LARGEST_BYTES = 2_000_000;

/**
 * The shape of a recording: loudness per bar from 0 to 1. Read from the sound itself, once it is played; null when the
 * browser cannot decode it or when it is too long for that to be cheap.
 */
export async function waveform(url: string): Promise<number[] | null> {
  try {
    const response = await fetch(url);
    if (Number(response.headers.get("content-length") ?? 0) > LARGEST_BYTES) return null;
    const context = new OfflineAudioContext(1, 1, 16_000);
    const sound = await context.decodeAudioData(await response.arrayBuffer());
    return peaks(sound.getChannelData(0));
  } catch {
    return null;
  }
}

export function peaks(samples: Float32Array, bars = BARS): number[] {
  const width = Math.max(1, Math.floor(samples.length / bars));
  const heights: number[] = [];
  let highest = 0;
  for (let bar = 0; bar < bars; bar += 1) {
    let peak = 0;
    for (let index = bar * width; index < (bar + 1) * width; index += 1) peak = Math.max(peak, Math.abs(samples[index] ?? 0));
    heights.push(peak);
    highest = Math.max(highest, peak);
  }
  return heights.map((height) => (highest === 0 ? 0 : height / highest));
}
