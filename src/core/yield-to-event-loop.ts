import { setImmediate } from 'node:timers/promises';

/**
 * Returns a function for a long loop to await in every round. It yields to the event loop, so that timers, signals
 * and network data are served, but only when the interval has passed: yielding every time would slow short rounds.
 *
 * @param intervalMs the longest time between two yields
 */
export function createYielder(intervalMs = 5): () => Promise<void> {
  let last = 0;
  return async () => {
    if (performance.now() - last < intervalMs) return;
    await setImmediate();
    last = performance.now();
  };
}
