import { createStore, useStore } from "./store";

const MINUTE_MS = 60_000;
const minute = createStore(Date.now());
let users = 0;
let timer: ReturnType<typeof setTimeout> | undefined;

/** One timer for every relative time on the page, once a minute, and only while something shows one. */
function tick(): void {
  minute.set(Date.now());
  timer = setTimeout(tick, MINUTE_MS);
}

const shared = {
  ...minute,
  subscribe: (listener: () => void) => {
    users += 1;
    if (users === 1) timer = setTimeout(tick, MINUTE_MS);
    const stop = minute.subscribe(listener);
    return () => {
      stop();
      users -= 1;
      if (users === 0) clearTimeout(timer);
    };
  },
};

/** The time now, at most a minute old. */
export function useMinute(): number {
  return useStore(shared, (now) => now);
}
