/**
 * Code that comes late must not be missing when the connection is: whoever writes on a train has the composer with all
 * its parts. It is fetched in idle moments once the page stands, and a fetch that fails is made again.
 */
const ahead: (() => Promise<unknown>)[] = [];
const RETRY_MS = 3_000;

const pause = () => new Promise((resolve) => setTimeout(resolve, RETRY_MS));

/** Tries until it succeeds. */
export async function untilThere<T>(load: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await load();
    } catch {
      await pause();
    }
  }
}

/** For `lazy`: never fails, and is fetched ahead. */
export function surely<T>(load: () => Promise<T>): () => Promise<T> {
  ahead.push(load);
  return () => untilThere(load);
}

let running = false;

/** One after the other, each in an idle moment; what comes may bring more. */
export function fetchAhead(): void {
  const next = running ? undefined : ahead.shift();
  if (!next) return;
  running = true;
  whenIdle(() => {
    void untilThere(next).then(() => {
      running = false;
      fetchAhead();
    });
  });
}

const IDLE_LIMIT_MS = 2_000;

function whenIdle(run: () => void): void {
  // Absent in Safari.
  if ("requestIdleCallback" in window) requestIdleCallback(run, { timeout: IDLE_LIMIT_MS });
  else setTimeout(run, IDLE_LIMIT_MS);
}
