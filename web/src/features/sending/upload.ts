/**
 * Uploads of files, by the `client_id` of the message they belong to. An upload begins when a file is chosen, so that it
 * is often done when the message is sent, and goes on in the outbox when it is not. XMLHttpRequest, because `fetch` does
 * not tell how far an upload has come.
 */
import { ApiError, BASE, errorOf, refresh, session } from "@/api/client";
import type { Upload } from "@/api/types";
import { progress } from "./pending";

interface Job {
  done: Promise<Upload>;
  cancel: () => void;
}

const jobs = new Map<string, Job>();

function report(clientId: string, share: number | null): void {
  const all = Object.entries(progress.get()).filter(([id]) => id !== clientId);
  progress.set(Object.fromEntries(share === null ? all : [...all, [clientId, share]]));
}

function request(conversationId: string, file: Blob, name: string, xhr: XMLHttpRequest, onProgress: (share: number) => void): Promise<Upload> {
  return new Promise((resolve, reject) => {
    xhr.open("POST", `${BASE}/conversations/${conversationId}/uploads`);
    xhr.setRequestHeader("Accept", "application/json");
    xhr.setRequestHeader("Content-Type", file.type === "" ? "application/octet-stream" : file.type);
    xhr.setRequestHeader("X-Filename", encodeURIComponent(name));
    const token = session()?.access_token;
    if (token !== undefined) xhr.setRequestHeader("Authorization", `Bearer ${token}`);
    xhr.responseType = "json";
    xhr.upload.onprogress = (event) => onProgress(event.total > 0 ? event.loaded / event.total : 0);
    xhr.onload = () => {
      if (xhr.status >= 200 && xhr.status < 300) resolve(xhr.response as Upload);
      else reject(errorOf(xhr.status, xhr.response));
    };
    xhr.onerror = () => reject(new ApiError(0, "network", "The server cannot be reached."));
    xhr.onabort = () => reject(new DOMException("Cancelled", "AbortError"));
    xhr.send(file);
  });
}

/** The upload of this message's file: the one that runs or is done, else a new one. */
export function upload(clientId: string, conversationId: string, file: Blob, name: string): Promise<Upload> {
  const held = jobs.get(clientId);
  if (held) return held.done;
  let xhr = new XMLHttpRequest();
  const attempt = () => request(conversationId, file, name, xhr, (share) => report(clientId, share));
  const run = async () => {
    report(clientId, 0);
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof ApiError) || error.status !== 401 || !(await refresh())) throw error;
      xhr = new XMLHttpRequest();
      return await attempt();
    }
  };
  const done = run();
  jobs.set(clientId, { done, cancel: () => xhr.abort() });
  done.then(
    () => report(clientId, 1),
    () => endUpload(clientId),
  );
  return done;
}

/** Stops it, and forgets it: the next one begins anew. */
export function endUpload(clientId: string): void {
  jobs.get(clientId)?.cancel();
  jobs.delete(clientId);
  report(clientId, null);
}
