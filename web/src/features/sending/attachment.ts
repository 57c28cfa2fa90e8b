/** Files that are about to be sent: what they are, as far as this browser can tell. The server decides in the end. */
import type { Upload } from "@/api/types";
import { newClientId } from "./api";
import type { LocalFile } from "./local";

export interface Attachment {
  client_id: string;
  file: Blob;
  look: LocalFile;
  /** Why the server does not take it, in words. */
  problem: string | null;
}

type Kind = Upload["kind"];

const PICTURES = ["image/jpeg", "image/png", "image/webp", "image/gif", "image/bmp"];

/** By the declared type; anything that WhatsApp does not show as a picture, film or sound goes as a document. */
export function kindOf(mime: string): Kind {
  const [family] = mime.split("/");
  if (PICTURES.includes(mime)) return "image";
  if (family === "video" && /mp4|3gpp/.test(mime)) return "video";
  if (family === "audio" && /aac|amr|mpeg|mp4|ogg/.test(mime)) return "audio";
  return "document";
}

interface Measures {
  width: number | null;
  height: number | null;
  duration_ms: number | null;
}

const UNKNOWN: Measures = { width: null, height: null, duration_ms: null };
const MEASURE_LIMIT_MS = 3_000;

function measured(kind: Kind, url: string): Promise<Measures> {
  const limit = new Promise<Measures>((resolve) => setTimeout(() => resolve(UNKNOWN), MEASURE_LIMIT_MS));
  if (kind === "image") return Promise.race([limit, measurePicture(url)]);
  if (kind === "video" || kind === "audio") return Promise.race([limit, measureFilm(kind, url)]);
  return Promise.resolve(UNKNOWN);
}

function measurePicture(url: string): Promise<Measures> {
  return new Promise((resolve) => {
    const image = new Image();
    image.onload = () => resolve({ ...UNKNOWN, width: image.naturalWidth, height: image.naturalHeight });
    image.onerror = () => resolve(UNKNOWN);
    image.src = url;
  });
}

function measureFilm(kind: "video" | "audio", url: string): Promise<Measures> {
  return new Promise((resolve) => {
    const element = document.createElement(kind);
    element.preload = "metadata";
    element.onerror = () => resolve(UNKNOWN);
    element.onloadedmetadata = () => {
      const length = Number.isFinite(element.duration) ? Math.round(element.duration * 1000) : null;
      const { videoWidth, videoHeight } = element as Partial<HTMLVideoElement>;
      resolve({ width: videoWidth ?? null, height: videoHeight ?? null, duration_ms: length });
    };
    element.src = url;
  });
}

/** A pasted picture has no name of its own. */
function nameOf(file: File): string {
  return file.name === "" ? `file.${file.type.split("/")[1] ?? "bin"}` : file.name;
}

export async function attachmentOf(file: File): Promise<Attachment> {
  const url = URL.createObjectURL(file);
  const kind = kindOf(file.type);
  const look = { kind, url, mime: file.type, size: file.size, name: nameOf(file), ...(await measured(kind, url)) };
  return { client_id: newClientId(), file, look, problem: null };
}

export function voiceAttachment(file: Blob, durationMs: number): Attachment {
  const url = URL.createObjectURL(file);
  const look: LocalFile = { kind: "voice", url, mime: file.type, size: file.size, name: "voice", width: null, height: null, duration_ms: durationMs };
  return { client_id: newClientId(), file, look, problem: null };
}
