import type { Clock } from '../core/clock.js';
import type { CallError } from './types.js';

/** What one cell has asked of servers in this run, and the time it may take for that: `cell_timeout`. */
export interface CellTime {
  /** Whether any request was made for it, be it only to be turned away. */
  readonly hasAsked: boolean;
  /** Set when the time is over: what the cell failed of. */
  readonly over: CallError | undefined;
  /** Milliseconds that are left. */
  leftMs(): number;
  asks(): void;
  /** Works on the cell's time. `cut` is aborted when that is over, and together with `abort`. */
  spend<T>(abort: AbortSignal, work: (cut: AbortSignal) => Promise<T>): Promise<T>;
}

/** @param seconds none when left out */
export function createCellTime(seconds: number | undefined, clock: Clock): CellTime {
  let hasAsked = false;
  let left = seconds === undefined ? Infinity : seconds * 1000;
  let over: CallError | undefined;
  let started = 0;

  const watch = async (done: AbortSignal, cutOff: () => void): Promise<void> => {
    await clock.sleep(left, done);
    if (done.aborted) return;
    over = timeIsOver(seconds ?? 0);
    cutOff();
  };
  return {
    get hasAsked() {
      return hasAsked;
    },
    get over() {
      return over;
    },
    leftMs: () => Math.max(0, left - (clock.now() - started)),
    asks: () => {
      hasAsked = true;
    },
    async spend(abort, work) {
      if (seconds === undefined) return work(abort);
      const cut = new AbortController();
      const done = new AbortController();
      const cutOff = (): void => cut.abort();
      abort.addEventListener('abort', cutOff, { once: true });
      if (abort.aborted) cutOff();
      started = clock.now();
      void watch(done.signal, cutOff);
      try {
        return await work(cut.signal);
      } finally {
        done.abort();
        abort.removeEventListener('abort', cutOff);
        left -= clock.now() - started;
      }
    },
  };
}

function timeIsOver(seconds: number): CallError {
  return {
    class: 'timeout',
    message: `the cell was not finished within ${seconds} s`,
    hint: 'raise cell_timeout of run_config (seconds), or lower max_tokens of the model',
  };
}
