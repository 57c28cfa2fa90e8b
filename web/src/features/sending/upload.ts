/**
 * Uploads of files, by the `client_id` of the message they belong to. An upload begins when a file is chosen, so that it
 * is often done when the message is sent, and goes on in the outbox when it is not.
 */
import type { Upload } from "@/api/types";
import { type FileUpload, postFile } from "@/api/upload";
import { progress } from "./pending";

const jobs = new Map<string, FileUpload<Upload>>();

function report(clientId: string, share: number | null): void {
  const all = Object.entries(progress.get()).filter(([id]) => id !== clientId);
  progress.set(Object.fromEntries(share === null ? all : [...all, [clientId, share]]));
}

/** The upload of this message's file: the one that runs or is done, else a new one. */
export function upload(clientId: string, conversationId: string, file: Blob, name: string): Promise<Upload> {
  const held = jobs.get(clientId);
  if (held) return held.done;
  report(clientId, 0);
  const job = postFile<Upload>(`/conversations/${conversationId}/uploads`, file, name, (share) => report(clientId, share));
  jobs.set(clientId, job);
  job.done.then(
    () => report(clientId, 1),
    () => endUpload(clientId),
  );
  return job.done;
}

/** Stops it, and forgets it: the next one begins anew. */
export function endUpload(clientId: string): void {
  jobs.get(clientId)?.cancel();
  jobs.delete(clientId);
  report(clientId, null);
}
