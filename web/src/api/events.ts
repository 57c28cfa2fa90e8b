/** Events as the real-time streams carry them: the server's own list, from `openapi.json`. */
import type { components } from "./types.gen";

type ServerEvent = components["schemas"]["Event"];

export type EventType = ServerEvent["type"];

export type EventData = { [K in EventType]: Extract<ServerEvent, { type: K }>["data"] };

/** Two contacts became one. Where both had a conversation with one account, the one is folded into the other. */
export type MergedContacts = EventData["contact:merged"];

/** One event with its number in the stream. The union is discriminated by `type`. */
export type Envelope = {
  [K in EventType]: { seq: number; type: K; at: number; data: EventData[K] };
}[EventType];
