import { useEffect, useRef, useState } from "react";
import type { Conversation } from "@/api/types";

/** A pointer at rest no longer aims at a row. */
const REST_MS = 3_000;

export interface HeldOrder {
  rows: Conversation[];
  /** Rows that would come in between as soon as the order is let go. */
  waiting: number;
  /** For the list's onPointerMove. */
  hold: (pointerType: string) => void;
  release: () => void;
}

/**
 * Nobody should click the wrong customer because a message arrived: while a mouse moves over the list, rows change their
 * content but keep their places, and new rows wait.
 */
export function useHeldOrder(items: Conversation[]): HeldOrder {
  const [held, setHeld] = useState<string[] | null>(null);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => () => clearTimeout(timer.current), []);

  const release = () => {
    clearTimeout(timer.current);
    setHeld(null);
  };
  const hold = (pointerType: string) => {
    if (pointerType !== "mouse") return;
    clearTimeout(timer.current);
    timer.current = setTimeout(() => setHeld(null), REST_MS);
    if (held === null) setHeld(items.map((item) => item.id));
  };
  const { rows, waiting } = held ? inHeldOrder(items, held) : { rows: items, waiting: 0 };
  return { rows, waiting, hold, release };
}

export function inHeldOrder(items: Conversation[], held: string[]): { rows: Conversation[]; waiting: number } {
  const byId = new Map(items.map((item) => [item.id, item]));
  const rows = held.flatMap((id) => byId.get(id) ?? []);
  if (rows.length === 0) return { rows: items, waiting: 0 };
  const known = new Set(held);
  const lastKnown = items.findLastIndex((item) => known.has(item.id));
  // What follows the last known row came by paging and moves nothing.
  const paged = items.slice(lastKnown + 1);
  const waiting = items.slice(0, lastKnown).filter((item) => !known.has(item.id)).length;
  return { rows: [...rows, ...paged], waiting };
}
