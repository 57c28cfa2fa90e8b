import { type TouchEvent, useRef } from "react";
import { messageAt } from "./active";

const STARTS_PX = 10;
const DECIDES_PX = 56;
const FURTHEST_PX = 76;

interface Swipe {
  id: string;
  row: HTMLElement;
  x: number;
  y: number;
  by: number;
  /** Known once the finger has moved: along the line of reading, or scrolling. */
  along: boolean | null;
}

export interface SwipeHandlers {
  onTouchStart: (event: TouchEvent) => void;
  onTouchMove: (event: TouchEvent) => void;
  onTouchEnd: () => void;
  onTouchCancel: () => void;
}

/** Pulling a message in the direction of reading answers it. */
export function useSwipe(onSwipe: (messageId: string) => void): SwipeHandlers {
  const swipe = useRef<Swipe | null>(null);
  const end = (done: boolean) => {
    const held = swipe.current;
    swipe.current = null;
    if (!held) return;
    held.row.style.transition = "transform 160ms ease-out";
    held.row.style.transform = "";
    delete held.row.dataset.swipe;
    if (done && held.along === true && held.by >= DECIDES_PX) onSwipe(held.id);
  };
  return {
    onTouchStart: (event) => {
      const id = messageAt(event.target);
      const row = (event.target as Element).closest<HTMLElement>("[data-message]");
      const touch = event.touches[0];
      // What scrolls or slides by itself keeps its own gesture.
      if (id === null || !row || !touch || event.touches.length > 1 || (event.target as Element).closest("input, video")) return;
      swipe.current = { id, row, x: touch.clientX, y: touch.clientY, by: 0, along: null };
    },
    onTouchMove: (event) => {
      const held = swipe.current;
      const touch = event.touches[0];
      if (!held || !touch) return;
      const sign = document.documentElement.dir === "rtl" ? -1 : 1;
      const by = (touch.clientX - held.x) * sign;
      const across = Math.abs(touch.clientY - held.y);
      if (held.along === null && Math.max(Math.abs(by), across) > STARTS_PX) held.along = by > across;
      if (held.along !== true) return;
      held.by = by;
      // The style draws an arrow beside it, which lights up once letting go would answer.
      held.row.dataset.swipe = by >= DECIDES_PX ? "answers" : "";
      held.row.style.transition = "";
      held.row.style.transform = `translateX(${sign * Math.min(FURTHEST_PX, Math.max(0, by))}px)`;
    },
    onTouchEnd: () => end(true),
    onTouchCancel: () => end(false),
  };
}
