import { setTimeout } from 'node:timers/promises';

/** Time and chance, so that tests neither wait nor guess. */
export interface Clock {
  /** Milliseconds since some fixed moment. */
  now(): number;
  /** A number in [0, 1). */
  random(): number;
  /** Resolves after `ms` milliseconds, or at once when `signal` is aborted; never rejects. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
}

/** The longest that a timer of Node takes; beyond it, it would not wait at all. */
const longestTimerMs = 2 ** 31 - 1;

export const systemClock: Clock = {
  now: () => performance.now(),
  random: Math.random,
  sleep: async (ms, signal) => {
    await setTimeout(Math.min(ms, longestTimerMs), undefined, { signal }).catch(() => undefined);
  },
};
