import { type RefObject, useEffect, useEffectEvent, useRef, useState, useSyncExternalStore } from "react";

/** The value once it has rested for a while: one request per pause in typing. */
export function useDebounced<T>(value: T, delayMs: number): T {
  const [rested, setRested] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setRested(value), delayMs);
    return () => clearTimeout(timer);
  }, [value, delayMs]);
  return rested;
}

export function useMedia(query: string): boolean {
  const subscribe = (listener: () => void) => {
    const list = window.matchMedia(query);
    list.addEventListener("change", listener);
    return () => list.removeEventListener("change", listener);
  };
  return useSyncExternalStore(subscribe, () => window.matchMedia(query).matches);
}

/** True when the tab is visible and has the keyboard: the person is here. */
export function useAttention(): boolean {
  return useSyncExternalStore(subscribeAttention, hasAttention);
}

export function hasAttention(): boolean {
  return document.visibilityState === "visible" && document.hasFocus();
}

/** True while the tab is on screen, be it that another window has the keyboard. */
export function useVisible(): boolean {
  return useSyncExternalStore(subscribeAttention, () => document.visibilityState === "visible");
}

function subscribeAttention(listener: () => void): () => void {
  document.addEventListener("visibilitychange", listener);
  window.addEventListener("focus", listener);
  window.addEventListener("blur", listener);
  return () => {
    document.removeEventListener("visibilitychange", listener);
    window.removeEventListener("focus", listener);
    window.removeEventListener("blur", listener);
  };
}

/** Does something once, when an element first comes into sight. */
export function useWhenSeen<T extends Element>(wanted: boolean, run: () => void): RefObject<T | null> {
  const element = useRef<T>(null);
  const seen = useEffectEvent(run);
  useEffect(() => {
    if (!wanted || !element.current) return;
    const observer = new IntersectionObserver((entries) => {
      if (!entries.some((entry) => entry.isIntersecting)) return;
      observer.disconnect();
      seen();
    });
    observer.observe(element.current);
    return () => observer.disconnect();
  }, [wanted]);
  return element;
}
