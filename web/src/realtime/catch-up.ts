/**
 * Keeps the cursors and decides what a packet means: apply it, drop it as known, or ask for what is missing. Knows
 * nothing of sockets, so that gaps, resets and repeats can be tested.
 */
import type { Envelope } from "@/api/events";
import { type Cursors, behind, take } from "./cursors";

export interface SyncStream {
  stream: string;
  events: Envelope[];
  head: number;
  more: boolean;
  reset: boolean;
}

export interface Sync {
  streams: SyncStream[];
}

export interface CatchUpPorts {
  /** Applies events of one packet, in order. */
  apply: (events: Envelope[]) => void;
  /** The log no longer reaches back far enough: what is held must be fetched anew. */
  reset: () => void;
  /** Asks the server for everything after the cursors. */
  since: (position: Position) => Promise<Sync>;
}

/** Where this tab stands: the numbers it has, and the life of the log that they are of. */
export interface Position {
  cursors: Cursors;
  epoch: string | undefined;
}

export class CatchUp {
  private cursors: Cursors = {};
  private epoch: string | undefined;
  private asking: Promise<void> | null = null;

  constructor(private readonly ports: CatchUpPorts) {}

  current(): Position {
    return { cursors: { ...this.cursors }, epoch: this.epoch };
  }

  forget(): void {
    this.cursors = {};
  }

  /**
   * The greeting names every stream we may follow, and the life of the log: cursors of another life are void. Returns
   * true when some streams are new to this tab.
   */
  greet(epoch: string, heads: Cursors): boolean {
    const held = this.epoch === epoch ? this.cursors : {};
    this.epoch = epoch;
    this.cursors = {};
    let fresh = false;
    for (const [stream, head] of Object.entries(heads)) {
      const have = held[stream];
      fresh ||= have === undefined;
      this.cursors[stream] = have ?? head;
    }
    return fresh;
  }

  events(stream: string, events: Envelope[]): void {
    const taken = take(this.cursors[stream], events);
    this.cursors[stream] = taken.have;
    if (taken.apply.length > 0) this.ports.apply(taken.apply);
    if (taken.gap) void this.ask();
  }

  heads(heads: Cursors): void {
    if (behind(this.cursors, heads)) void this.ask();
  }

  /** Returns true when the server has more to send. */
  sync(sync: Sync): boolean {
    let more = false;
    let reset = false;
    for (const part of sync.streams) {
      const taken = part.reset ? null : take(this.cursors[part.stream], part.events);
      if (taken && taken.apply.length > 0) this.ports.apply(taken.apply);
      // An answer that still leaves a hole, or that ends before the head, cannot be repaired by asking again.
      const lost = taken === null || taken.gap || (!part.more && taken.have < part.head);
      this.cursors[part.stream] = lost ? Math.max(part.head, taken?.have ?? 0) : taken.have;
      reset ||= lost;
      more ||= part.more && !lost;
    }
    if (reset) this.ports.reset();
    return more;
  }

  /** One question at a time: events that arrive meanwhile are either in the answer or reveal the next gap. */
  ask(): Promise<void> {
    this.asking ??= this.askUntilComplete().finally(() => {
      this.asking = null;
    });
    return this.asking;
  }

  private async askUntilComplete(): Promise<void> {
    try {
      while (this.sync(await this.ports.since(this.current())));
    } catch {
      // The connection is gone; the next handshake carries the cursors.
    }
  }
}
