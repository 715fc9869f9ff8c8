import type { Clock } from '../../src/core/clock.js';

/** A clock that moves only by `advance`. */
export function manualClock(): Clock & { advance(ms: number): Promise<void> } {
  let now = 0;
  let sleepers: { readonly until: number; readonly wake: () => void }[] = [];
  return {
    now: () => now,
    random: () => 0,
    sleep: (ms, signal) =>
      new Promise((wake) => {
        sleepers.push({ until: now + ms, wake });
        signal.addEventListener('abort', () => wake());
      }),
    advance: async (ms) => {
      now += ms;
      const due = sleepers.filter(({ until }) => until <= now);
      sleepers = sleepers.filter(({ until }) => until > now);
      for (const { wake } of due) wake();
      await new Promise((resolve) => setImmediate(resolve));
    },
  };
}

/**
 * A clock that jumps to the end of the next sleep whenever there is no other work: hours pass in no time, and
 * always in the same way.
 */
export interface VirtualClock extends Clock {
  /** Runs until the work is done. */
  until<T>(work: Promise<T>): Promise<T>;
}

export function virtualClock(): VirtualClock {
  let now = 0;
  let sleepers: { readonly until: number; readonly wake: () => void }[] = [];
  let seed = 1;
  return {
    now: () => now,
    random: () => {
      seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31;
      return seed / 2 ** 31;
    },
    sleep: (ms, signal) =>
      new Promise((wake) => {
        if (signal.aborted) return wake();
        sleepers.push({ until: now + ms, wake });
        signal.addEventListener('abort', () => wake(), { once: true });
      }),
    async until(work) {
      let isDone = false;
      const end = (): void => {
        isDone = true;
      };
      work.then(end, end);
      for (;;) {
        await new Promise((resolve) => setImmediate(resolve));
        if (isDone) return work;
        now = sleepers.reduce((least, { until }) => Math.min(least, until), Infinity);
        if (now === Infinity) throw new Error('nothing sleeps, and the work is not done');
        const due = sleepers.filter(({ until }) => until <= now);
        sleepers = sleepers.filter(({ until }) => until > now);
        for (const { wake } of due) wake();
      }
    },
  };
}
