/** Times, sizes and numbers in the language on screen. The Intl objects are costly, so each is made once. */
import { language, t, tn } from "./index";

const formats = new Map<string, Intl.DateTimeFormat>();

function date(options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = language() + JSON.stringify(options);
  let format = formats.get(key);
  if (!format) {
    format = new Intl.DateTimeFormat(language(), options);
    formats.set(key, format);
  }
  return format;
}

export const MINUTE_MS = 60_000;
export const HOUR_MS = 60 * MINUTE_MS;
export const DAY_MS = 24 * HOUR_MS;

export const timeOf = (at: number) => date({ hour: "numeric", minute: "2-digit" }).format(at);
export const dateOf = (at: number) => date({ day: "numeric", month: "short", year: "numeric" }).format(at);
export const dateTimeOf = (at: number) => date({ dateStyle: "medium", timeStyle: "short" }).format(at);

function startOfDay(at: number): number {
  return new Date(at).setHours(0, 0, 0, 0);
}

/** Whole calendar days between two moments, in local time; rounding absorbs the hour of daylight saving. */
function daysBetween(earlier: number, later: number): number {
  return Math.round((startOfDay(later) - startOfDay(earlier)) / DAY_MS);
}

export function sameDay(a: number, b: number): boolean {
  return startOfDay(a) === startOfDay(b);
}

/** "now", "5 min", "14:20", "Yesterday", "Mon", "3 Feb", "3 Feb 2024": as short as a list row allows. */
export function briefly(at: number, now: number): string {
  const age = now - at;
  if (age < MINUTE_MS) return t("time.now");
  if (age < HOUR_MS) return t("time.minutes", { n: Math.floor(age / MINUTE_MS) });
  const days = daysBetween(at, now);
  if (days === 0) return timeOf(at);
  if (days === 1) return t("time.yesterday");
  if (days < 7) return date({ weekday: "short" }).format(at);
  const sameYear = new Date(at).getFullYear() === new Date(now).getFullYear();
  return sameYear ? date({ day: "numeric", month: "short" }).format(at) : dateOf(at);
}

/** A divider between days in a thread. */
export function dayOf(at: number, now: number): string {
  const days = daysBetween(at, now);
  if (days === 0) return t("time.today");
  if (days === 1) return t("time.yesterday");
  if (days === -1) return t("time.tomorrow");
  if (days > 1 && days < 7) return date({ weekday: "long" }).format(at);
  return date({ weekday: "long", day: "numeric", month: "long", year: "numeric" }).format(at);
}

/** What is left until a moment: "23 h", "45 min", "2 d". */
export function remaining(until: number, now: number): string {
  const left = until - now;
  if (left < HOUR_MS) return t("time.minutes", { n: Math.max(1, Math.ceil(left / MINUTE_MS)) });
  if (left < 2 * DAY_MS) return t("time.hours", { n: Math.floor(left / HOUR_MS) });
  return t("time.days", { n: Math.floor(left / DAY_MS) });
}

/** "3 minutes ago" for cards and tables. */
export function ago(at: number, now: number): string {
  const age = Math.max(0, now - at);
  if (age < MINUTE_MS) return t("time.justNow");
  if (age < HOUR_MS) return tn("time.minutesAgo", Math.floor(age / MINUTE_MS));
  if (age < DAY_MS) return tn("time.hoursAgo", Math.floor(age / HOUR_MS));
  if (age < 30 * DAY_MS) return tn("time.daysAgo", Math.floor(age / DAY_MS));
  return dateOf(at);
}

export function duration(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  const rest = String(seconds % 60).padStart(2, "0");
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes}:${rest}`;
  return `${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, "0")}:${rest}`;
}

export function number(value: number): string {
  return value.toLocaleString(language());
}

const UNITS = ["byte", "kilobyte", "megabyte", "gigabyte"] as const;

export function size(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 1000 && unit < UNITS.length - 1) {
    value /= 1000;
    unit += 1;
  }
  const style = { style: "unit", unit: UNITS[unit], unitDisplay: "short", maximumFractionDigits: value < 10 ? 1 : 0 } as const;
  return value.toLocaleString(language(), style);
}

export function money(amount: number, currency: string): string {
  try {
    return amount.toLocaleString(language(), { style: "currency", currency });
  } catch {
    // The currency comes from the customer's catalogue and may be anything.
    return `${number(amount)} ${currency}`;
  }
}
