import { setTimeout } from 'node:timers/promises';

/** Time and random numbers, injected so that tests control both. */
export interface Clock {
  /** Milliseconds since some fixed moment. */
  now(): number;
  /** A number in [0, 1). */
  random(): number;
  /** Resolves after `ms` milliseconds, or at once when `signal` is aborted; never rejects. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
}

/** The longest delay of a Node timer; a longer one fires at once. */
export const longestTimerMs = 2 ** 31 - 1;

export const systemClock: Clock = {
  now: () => performance.now(),
  random: Math.random,
  sleep: async (ms, signal) => {
    await setTimeout(Math.min(ms, longestTimerMs), undefined, { signal }).catch(() => undefined);
  },
};
