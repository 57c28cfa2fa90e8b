import { type RefObject, useCallback, useEffect, useLayoutEffect, useRef, useState } from "react";

const AT_BOTTOM_PX = 48;
const LOAD_AHEAD_PX = 800;

interface ScrollOptions {
  /** Changes whenever the rows do. */
  rows: unknown;
  onNearTop: () => void;
  onNearBottom: () => void;
}

export interface ThreadScroll {
  scroller: RefObject<HTMLDivElement | null>;
  content: RefObject<HTMLDivElement | null>;
  atBottom: boolean;
  onScroll: () => void;
  toBottom: (smooth: boolean) => void;
  /** Returns false when the message is not drawn. */
  toMessage: (id: string, place: ScrollLogicalPosition) => boolean;
}

interface Anchor {
  id: string;
  offset: number;
}

/**
 * Keeps the eye in place. At the bottom the thread sticks to the bottom; anywhere else the first visible message stays
 * where it is, whatever is added or removed above or below, or grows when its picture comes.
 */
export function useThreadScroll({ rows, onNearTop, onNearBottom }: ScrollOptions): ThreadScroll {
  const scroller = useRef<HTMLDivElement>(null);
  const content = useRef<HTMLDivElement>(null);
  const stuck = useRef(true);
  const anchor = useRef<Anchor | null>(null);
  const [atBottom, setAtBottom] = useState(true);

  const keep = useCallback(() => {
    const element = scroller.current;
    if (!element) return;
    if (stuck.current) element.scrollTop = element.scrollHeight;
    else if (anchor.current) restore(element, anchor.current);
  }, []);

  const onScroll = () => {
    const element = scroller.current;
    if (!element) return;
    const below = element.scrollHeight - element.scrollTop - element.clientHeight;
    stuck.current = below < AT_BOTTOM_PX;
    setAtBottom(stuck.current);
    anchor.current = firstVisible(element);
    if (element.scrollTop < LOAD_AHEAD_PX) onNearTop();
    if (below < LOAD_AHEAD_PX) onNearBottom();
  };

  useLayoutEffect(keep, [rows, keep]);
  useEffect(() => {
    const observer = new ResizeObserver(keep);
    if (content.current) observer.observe(content.current);
    if (scroller.current) observer.observe(scroller.current);
    return () => observer.disconnect();
  }, [keep]);

  const toBottom = (smooth: boolean) => {
    const element = scroller.current;
    stuck.current = true;
    element?.scrollTo({ top: element.scrollHeight, behavior: smooth ? "smooth" : "instant" });
  };
  const toMessage = (id: string, place: ScrollLogicalPosition) => {
    const target = scroller.current?.querySelector(`[data-message="${CSS.escape(id)}"]`);
    if (!target) return false;
    stuck.current = false;
    anchor.current = null;
    target.scrollIntoView({ block: place, behavior: "instant" });
    return true;
  };
  return { scroller, content, atBottom, onScroll, toBottom, toMessage };
}

function messages(element: HTMLElement): NodeListOf<HTMLElement> {
  return element.querySelectorAll<HTMLElement>("[data-message]");
}

/** The messages are in order, so the first one in sight is found by halving. */
function firstVisible(element: HTMLElement): Anchor | null {
  const all = messages(element);
  let low = 0;
  let high = all.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    const item = all[middle];
    if (!item || item.offsetTop + item.offsetHeight > element.scrollTop) high = middle;
    else low = middle + 1;
  }
  const found = all[low];
  return found?.dataset.message ? { id: found.dataset.message, offset: found.offsetTop - element.scrollTop } : null;
}

function restore(element: HTMLElement, anchor: Anchor): void {
  const target = element.querySelector<HTMLElement>(`[data-message="${CSS.escape(anchor.id)}"]`);
  if (!target) return;
  const wanted = target.offsetTop - anchor.offset;
  if (Math.abs(element.scrollTop - wanted) > 1) element.scrollTop = wanted;
}
