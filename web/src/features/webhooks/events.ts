/** What a webhook can be told of, in groups as people look for it. */
import type { WebhookEventType } from "@/api/types";
import { type Key, t } from "@/i18n";

export const EVERYTHING: WebhookEventType = "*";

type Group = "alerts" | "messages" | "conversations" | "contacts" | "team";

/** The group of every type: one that is new to the API is missing here, which is a type error. */
const GROUP_OF: Record<Exclude<WebhookEventType, "*">, Group> = {
  "account:down": "alerts",
  "account:up": "alerts",
  "message:new": "messages",
  "message:status": "messages",
  "message:updated": "messages",
  "conversation:new": "conversations",
  "conversation:updated": "conversations",
  "conversation:read": "conversations",
  "contact:new": "contacts",
  "contact:updated": "contacts",
  "contact:merged": "contacts",
  "account:updated": "team",
  "account:deleted": "team",
  "user:updated": "team",
  "saved_reply:changed": "team",
  "template:changed": "team",
  "sync:reset": "team",
};

const ORDER: readonly Group[] = ["alerts", "messages", "conversations", "contacts", "team"];

const types = Object.keys(GROUP_OF) as Exclude<WebhookEventType, "*">[];

export const GROUPS = ORDER.map((group) => ({ group, types: types.filter((type) => GROUP_OF[type] === group) }));

/** What a type means; one that this app does not know by its name. */
export function eventName(type: string): string {
  const key: Key = `webhookEvent.${type as WebhookEventType}`;
  const words = t(key);
  return words === key ? type : words;
}
