/** Which events of which stream this tab has seen. A gap in the numbers proves that something was missed. Pure. */
import type { Envelope } from "@/api/events";

export type Cursors = Record<string, number>;

export interface Taken {
  /** Events to apply now, in order. */
  apply: Envelope[];
  /** The number of the last event held after applying. */
  have: number;
  /** True when a later event was seen although an earlier one is missing. */
  gap: boolean;
}

export function take(have: number | undefined, events: Envelope[]): Taken {
  // A stream that this tab has never followed starts where it first speaks.
  let number = have ?? (events[0]?.seq ?? 1) - 1;
  const apply: Envelope[] = [];
  for (const event of events) {
    if (event.seq <= number) continue;
    if (event.seq !== number + 1) return { apply, have: number, gap: true };
    apply.push(event);
    number = event.seq;
  }
  return { apply, have: number, gap: false };
}

/** The streams whose head is beyond what is held. */
export function behind(cursors: Cursors, heads: Cursors): boolean {
  return Object.entries(heads).some(([stream, head]) => head > (cursors[stream] ?? head));
}
