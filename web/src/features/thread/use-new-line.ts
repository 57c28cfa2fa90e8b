import { useState } from "react";
import type { Message } from "@/api/types";
import { firstUnread, unseenAfter } from "./grouping";

interface NewLine {
  /** The message above which the "new messages" line is drawn. */
  newFrom: string | null;
  /** The customer's messages below what was seen. */
  unseen: number;
}

/**
 * Remembers what the person has seen of this thread. The line stays where it is while it is being read and moves on
 * only when something new comes while nobody looks.
 */
export function useNewLine(items: Message[], unreadAtOpen: number, seeing: boolean): NewLine {
  const lastId = items.at(-1)?.id ?? null;
  const [newFrom, setNewFrom] = useState(() => firstUnread(items, unreadAtOpen));
  const [seenId, setSeenId] = useState(lastId);
  const [settled, setSettled] = useState(unreadAtOpen === 0);

  // State that follows from props is adjusted while drawing, so that no frame shows the old one.
  if (seeing && seenId !== lastId) setSeenId(lastId);
  if (seeing && !settled) setSettled(true);
  if (!seeing && settled) {
    const next = firstUnread(items, unseenAfter(items, seenId));
    if (next !== null) {
      setNewFrom(next);
      setSettled(false);
    }
  }
  return { newFrom, unseen: unseenAfter(items, seenId) };
}
