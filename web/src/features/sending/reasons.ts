/** Why a message was not sent, in words that say what to do. Meta's codes: design of the Cloud API, "Limits". */
import type { MessageError } from "@/api/types";
import { type Key, t } from "@/i18n";

const BY_CODE: Readonly<Record<number, Key>> = {
  131047: "reason.window",
  131026: "reason.undeliverable",
  131021: "reason.toSelf",
  131030: "reason.testList",
  131050: "reason.optedOut",
  130472: "reason.notNow",
  131049: "reason.notNow",
  130497: "reason.country",
  131062: "reason.needsPhone",
  131051: "reason.unsupported",
  131052: "reason.media",
  131053: "reason.media",
  131056: "reason.tooFast",
  130429: "reason.tooFast",
  131048: "reason.spam",
  131064: "reason.limit",
  132000: "reason.templateBlanks",
  132001: "reason.templateGone",
  132007: "reason.templatePolicy",
  132012: "reason.templateBlanks",
  132015: "reason.templatePaused",
  132016: "reason.templatePaused",
  368: "reason.blocked",
  131031: "reason.blocked",
  131042: "reason.payment",
  131045: "reason.notRegistered",
  133010: "reason.notRegistered",
  190: "reason.token",
  131005: "reason.token",
  10: "reason.token",
};

/** Reasons of our own server carry no number: the detail names the rule. */
const BY_RULE: Readonly<Record<string, Key>> = {
  window_closed: "reason.window",
  forbidden: "error.forbidden",
  not_found: "reason.gone",
};

export function windowIsClosed(error: MessageError | null): boolean {
  return error !== null && (error.code === 131047 || error.detail === "window_closed");
}

/** The provider's own words are kept where there are no better ones. */
export function reasonText(error: MessageError | null): string {
  if (!error) return t("thread.failedUnknown");
  const key = BY_CODE[error.code] ?? BY_RULE[error.detail];
  if (key) return t(key);
  const words = error.code === 0 ? [error.title] : [error.title, error.detail];
  const said = words.filter(Boolean).join(": ");
  return said === "" ? t("thread.failedUnknown") : `${said.charAt(0).toLocaleUpperCase()}${said.slice(1)}`.replace(/([^.!?])$/, "$1.");
}
