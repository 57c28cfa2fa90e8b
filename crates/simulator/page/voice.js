// Recording a voice note. WhatsApp's are OGG/Opus; browsers that record WebM/Opus get it repacked here.

const FORMATS = ["audio/ogg;codecs=opus", "audio/webm;codecs=opus"];

export const canRecord = () =>
  Boolean(navigator.mediaDevices?.getUserMedia && globalThis.MediaRecorder && FORMATS.some((f) => MediaRecorder.isTypeSupported(f)));

/** Starts recording; the result has stop() → Blob (OGG) and cancel(). */
export async function record() {
  const stream = await navigator.mediaDevices.getUserMedia({ audio: true });
  const mimeType = FORMATS.find((format) => MediaRecorder.isTypeSupported(format));
  const recorder = new MediaRecorder(stream, { mimeType, audioBitsPerSecond: 24000 });
  const pieces = [];
  recorder.ondataavailable = (event) => pieces.push(event.data);
  recorder.start();
  const end = () => new Promise((resolve) => {
    recorder.onstop = () => {
      stream.getTracks().forEach((track) => track.stop());
      resolve();
    };
    recorder.stop();
  });
  return {
    cancel: end,
    async stop() {
      await end();
      const bytes = new Uint8Array(await new Blob(pieces).arrayBuffer());
      return new Blob([mimeType.startsWith("audio/ogg") ? bytes : oggFromWebm(bytes)], { type: "audio/ogg" });
    },
  };
}

/** Reads an EBML number at `at`: with `keep` the marker bit stays (ids). */
function vint(bytes, at, keep) {
  const length = Math.clz32(bytes[at]) - 23;
  let value = keep ? bytes[at] : bytes[at] & (0xff >> length);
  let unknown = !keep && value === (0xff >> length);
  for (let index = 1; index < length; index += 1) {
    unknown = unknown && bytes[at + index] === 0xff;
    value = value * 256 + bytes[at + index];
  }
  return { value, length, unknown };
}

const CONTAINERS = new Set([0x18538067 /* Segment */, 0x1f43b675 /* Cluster */, 0x1654ae6b /* Tracks */, 0xae /* TrackEntry */, 0xa0 /* BlockGroup */]);

/** Opus packets and OpusHead of a WebM file with one track. */
function readWebm(bytes) {
  const found = { head: null, packets: [] };
  let at = 0;
  while (at < bytes.length - 1) {
    const id = vint(bytes, at, true);
    const size = vint(bytes, at + id.length, false);
    const start = at + id.length + size.length;
    if (CONTAINERS.has(id.value) || size.unknown) {
      at = start;
      continue;
    }
    const body = bytes.subarray(start, start + size.value);
    if (id.value === 0x63a2) found.head = body; // CodecPrivate
    if (id.value === 0xa3 || id.value === 0xa1) found.packets.push(body.subarray(vint(body, 0, false).length + 3)); // blocks
    at = start + size.value;
  }
  return found;
}

/** Length of an Opus packet in samples at 48 kHz, from its first bytes (RFC 6716, 3.1). */
function samplesOf(packet) {
  const config = packet[0] >> 3;
  const perFrame = config < 12 ? [480, 960, 1920, 2880][config & 3]
    : config < 16 ? [480, 960][config & 1] : [120, 240, 480, 960][config & 3];
  const frames = [1, 2, 2, packet[1] & 0x3f][packet[0] & 3];
  return perFrame * frames;
}

const CRC = Uint32Array.from({ length: 256 }, (_, index) => {
  let value = index << 24;
  for (let bit = 0; bit < 8; bit += 1) value = value & 0x80000000 ? (value << 1) ^ 0x04c11db7 : value << 1;
  return value >>> 0;
});

function oggPage(packets, { flags, granule, sequence }) {
  const lacing = packets.flatMap((packet) => [...Array(Math.floor(packet.length / 255)).fill(255), packet.length % 255]);
  const size = packets.reduce((sum, packet) => sum + packet.length, 0);
  const page = new Uint8Array(27 + lacing.length + size);
  const view = new DataView(page.buffer);
  page.set([0x4f, 0x67, 0x67, 0x53, 0, flags]);
  view.setBigUint64(6, BigInt(granule), true);
  view.setUint32(14, 0x1a2b3c4d, true);
  view.setUint32(18, sequence, true);
  page[26] = lacing.length;
  page.set(lacing, 27);
  let at = 27 + lacing.length;
  for (const packet of packets) {
    page.set(packet, at);
    at += packet.length;
  }
  let crc = 0;
  for (const byte of page) crc = ((crc << 8) ^ CRC[((crc >>> 24) ^ byte) & 0xff]) >>> 0;
  view.setUint32(22, crc, true);
  return page;
}

/** Repacks WebM/Opus as OGG/Opus, one page for every ten packets. */
export function oggFromWebm(bytes) {
  const { head, packets } = readWebm(bytes);
  const encode = new TextEncoder();
  const plainHead = Uint8Array.from([...encode.encode("OpusHead"), 1, 1, 0x38, 1, 0x80, 0xbb, 0, 0, 0, 0, 0]);
  const tags = Uint8Array.from([...encode.encode("OpusTags"), 7, 0, 0, 0, ...encode.encode("browser"), 0, 0, 0, 0]);
  const pages = [oggPage([head ?? plainHead], { flags: 2, granule: 0, sequence: 0 }), oggPage([tags], { flags: 0, granule: 0, sequence: 1 })];
  let granule = 0;
  for (let index = 0; index < packets.length; index += 10) {
    const group = packets.slice(index, index + 10);
    granule += group.reduce((sum, packet) => sum + samplesOf(packet), 0);
    const last = index + 10 >= packets.length;
    pages.push(oggPage(group, { flags: last ? 4 : 0, granule, sequence: pages.length }));
  }
  const whole = new Uint8Array(pages.reduce((sum, page) => sum + page.length, 0));
  let at = 0;
  for (const page of pages) {
    whole.set(page, at);
    at += page.length;
  }
  return whole;
}
