/** Puts a file on the server. XMLHttpRequest, because `fetch` does not tell how far an upload has come. */
import { ApiError, BASE, errorOf, refresh, session } from "./client";

export interface FileUpload<T> {
  done: Promise<T>;
  cancel: () => void;
}

function request<T>(path: string, file: Blob, name: string, xhr: XMLHttpRequest, onProgress: (share: number) => void): Promise<T> {
  return new Promise((resolve, reject) => {
    xhr.open("POST", BASE + path);
    xhr.setRequestHeader("Accept", "application/json");
    xhr.setRequestHeader("Content-Type", file.type === "" ? "application/octet-stream" : file.type);
    xhr.setRequestHeader("X-Filename", encodeURIComponent(name));
    const token = session()?.access_token;
    if (token !== undefined) xhr.setRequestHeader("Authorization", `Bearer ${token}`);
    xhr.responseType = "json";
    xhr.upload.onprogress = (event) => onProgress(event.total > 0 ? event.loaded / event.total : 0);
    xhr.onload = () => {
      if (xhr.status >= 200 && xhr.status < 300) resolve(xhr.response as T);
      else reject(errorOf(xhr.status, xhr.response));
    };
    xhr.onerror = () => reject(new ApiError(0, "network", "The server cannot be reached."));
    xhr.onabort = () => reject(new DOMException("Cancelled", "AbortError"));
    xhr.send(file);
  });
}

/** Where the token was too old, a fresh one is fetched and the file sent once more. */
export function postFile<T>(path: string, file: Blob, name: string, onProgress: (share: number) => void): FileUpload<T> {
  let xhr = new XMLHttpRequest();
  const attempt = () => request<T>(path, file, name, xhr, onProgress);
  const run = async () => {
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof ApiError) || error.status !== 401 || !(await refresh())) throw error;
      xhr = new XMLHttpRequest();
      return await attempt();
    }
  };
  return { done: run(), cancel: () => xhr.abort() };
}
