/**
 * The one way to the REST API. The access token lives in memory only; when the server answers 401, a single refresh by
 * cookie is shared by everyone who waits, and the request is tried once more.
 */
import type { ErrorCode, Session } from "./types";

export const BASE = "/api/v1";

export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly code: ErrorCode | "network",
    message: string,
    readonly field: string | null = null,
    readonly requestId: string | null = null,
  ) {
    super(message);
    this.name = "ApiError";
  }
}

type SessionListener = (session: Session | null) => void;

let current: Session | null = null;
let refreshing: Promise<Session | null> | null = null;
const listeners = new Set<SessionListener>();

export function session(): Session | null {
  return current;
}

export function setSession(next: Session | null): void {
  current = next;
  for (const listener of listeners) listener(next);
}

export function onSession(listener: SessionListener): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

type Query = Record<string, string | number | boolean | null | undefined>;

export interface RequestOptions {
  query?: Query;
  body?: unknown;
  signal?: AbortSignal;
}

export function withQuery(path: string, query: Query = {}): string {
  const search = new URLSearchParams();
  for (const [key, value] of Object.entries(query)) {
    if (value !== null && value !== undefined && value !== "") search.set(key, String(value));
  }
  const text = search.toString();
  return text === "" ? path : `${path}?${text}`;
}

async function send(method: string, path: string, options: RequestOptions): Promise<Response> {
  const headers: Record<string, string> = { accept: "application/json" };
  if (current) headers.authorization = `Bearer ${current.access_token}`;
  if (options.body !== undefined) headers["content-type"] = "application/json";
  try {
    return await fetch(BASE + withQuery(path, options.query), {
      method,
      headers,
      body: options.body === undefined ? null : JSON.stringify(options.body),
      signal: options.signal ?? null,
      credentials: "same-origin",
    });
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw new ApiError(0, "network", "The server cannot be reached.");
  }
}

interface ErrorBody {
  error?: { code?: ErrorCode; message?: string; field?: string | null; request_id?: string | null };
}

/** An error from the body that the server answers with; from the status alone where a proxy answered in its place. */
export function errorOf(status: number, body: unknown): ApiError {
  const { code, message, field, request_id } = (body as ErrorBody | null)?.error ?? {};
  return new ApiError(status, code ?? "internal", message ?? `HTTP ${status}`, field ?? null, request_id ?? null);
}

async function failure(response: Response): Promise<ApiError> {
  return errorOf(response.status, await response.json().catch(() => null));
}

async function read<T>(response: Response): Promise<T> {
  if (!response.ok) throw await failure(response);
  if (response.status === 204) return undefined as T;
  return (await response.json()) as T;
}

/** Requests a fresh session by the refresh cookie; null when there is none. Concurrent callers share one request. */
export function refresh(): Promise<Session | null> {
  refreshing ??= acrossTabs(() => requestRefresh()).finally(() => {
    refreshing = null;
  });
  return refreshing;
}

/** Refresh cookies rotate, so two tabs must not present the same one at the same moment. */
function acrossTabs<T>(work: () => Promise<T>): Promise<T> {
  // Absent outside secure contexts, for instance on a plain-HTTP address in the local network.
  const locks = (navigator as Partial<Navigator>).locks;
  return locks ? (locks.request("hoopoe-refresh", work) as Promise<T>) : work();
}

async function requestRefresh(tries = 3): Promise<Session | null> {
  const response = await send("POST", "/auth/refresh", {});
  if (response.ok) {
    const next = (await response.json()) as Session;
    setSession(next);
    return next;
  }
  // 409: another tab refreshed a moment ago, and its cookie may still be on its way to this one.
  if (response.status === 409 && tries > 0) {
    const seconds = Number(response.headers.get("Retry-After")) || 1;
    await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
    return requestRefresh(tries - 1);
  }
  if (response.status >= 500) throw await failure(response);
  setSession(null);
  return null;
}

/** Where a 401 means "wrong password" or "link used up", not "token too old". */
const ANONYMOUS = ["/auth/login", "/auth/link", "/auth/refresh", "/auth/logout", "/setup"];

async function request<T>(method: string, path: string, options: RequestOptions = {}): Promise<T> {
  const response = await send(method, path, options);
  if (response.status !== 401 || ANONYMOUS.includes(path)) return read<T>(response);
  const next = await refresh();
  return read<T>(next ? await send(method, path, options) : response);
}

export const api = {
  get: <T>(path: string, options?: RequestOptions) => request<T>("GET", path, options),
  post: <T>(path: string, body?: unknown) => request<T>("POST", path, body === undefined ? {} : { body }),
  put: <T>(path: string, body: unknown) => request<T>("PUT", path, { body }),
  patch: <T>(path: string, body: unknown) => request<T>("PATCH", path, { body }),
  delete: <T>(path: string) => request<T>("DELETE", path),
};
