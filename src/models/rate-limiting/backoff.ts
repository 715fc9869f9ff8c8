const firstWaitMs = 500;
const maxWaitMs = 30_000;

/**
 * Exponential back-off with jitter: the wait doubles each time, minus up to half of it at random, so that calls
 * that failed together do not retry together.
 *
 * @param times counted from 1
 */
export function backoff(times: number, random: () => number): number {
  return Math.min(maxWaitMs, firstWaitMs * 2 ** (times - 1)) * (0.5 + random() / 2);
}
