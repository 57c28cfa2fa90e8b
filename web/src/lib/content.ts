/** Reads the free-form content of a message, which came from outside and may lack or mistype anything. */

export type Content = Record<string, unknown>;

export function textAt(content: Content, key: string): string | null {
  const value = content[key];
  return typeof value === "string" && value !== "" ? value : null;
}

export function numberAt(content: Content, key: string): number | null {
  const value = content[key];
  const parsed = typeof value === "string" && value !== "" ? Number(value) : value;
  return typeof parsed === "number" && Number.isFinite(parsed) ? parsed : null;
}

export function objectAt(content: Content, key: string): Content | null {
  const value = content[key];
  return isObject(value) ? value : null;
}

export function listAt(content: Content, key: string): Content[] {
  const value = content[key];
  return Array.isArray(value) ? value.filter(isObject) : [];
}

function isObject(value: unknown): value is Content {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Only addresses that a browser may safely open; a link in a message can be anything. */
export function safeUrl(url: string | null): string | null {
  return url !== null && /^https?:\/\//i.test(url) ? url : null;
}
