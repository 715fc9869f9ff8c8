import type { Clock } from '../core/clock.js';
import type { CallError } from './types.js';

/** Measures the time that one cell spends on requests, against `cell_timeout`. */
export interface CellTimer {
  /** True once a request was made for the cell, even if it was not sent. */
  readonly hasRequested: boolean;
  /** The error of the cell once its time is up. */
  readonly expired: CallError | undefined;
  remainingMs(): number;
  noteRequest(): void;
  /** Runs work on the cell's time. The signal aborts when that is up, and together with `abort`. */
  run<T>(abort: AbortSignal, work: (signal: AbortSignal) => Promise<T>): Promise<T>;
}

/** @param seconds no limit when left out */
export function createCellTimer(seconds: number | undefined, clock: Clock): CellTimer {
  let hasRequested = false;
  let leftMs = seconds === undefined ? Infinity : seconds * 1000;
  let expired: CallError | undefined;
  let startedAt = 0;

  const expireLater = async (done: AbortSignal, cancel: () => void): Promise<void> => {
    await clock.sleep(leftMs, done);
    if (done.aborted) return;
    expired = timeoutError(seconds ?? 0);
    cancel();
  };
  return {
    get hasRequested() {
      return hasRequested;
    },
    get expired() {
      return expired;
    },
    remainingMs: () => Math.max(0, leftMs - (clock.now() - startedAt)),
    noteRequest: () => {
      hasRequested = true;
    },
    async run(abort, work) {
      if (seconds === undefined) return work(abort);
      const controller = new AbortController();
      const done = new AbortController();
      const cancel = (): void => controller.abort();
      abort.addEventListener('abort', cancel, { once: true });
      if (abort.aborted) cancel();
      startedAt = clock.now();
      void expireLater(done.signal, cancel);
      try {
        return await work(controller.signal);
      } finally {
        done.abort();
        abort.removeEventListener('abort', cancel);
        leftMs -= clock.now() - startedAt;
      }
    },
  };
}

function timeoutError(seconds: number): CallError {
  return {
    class: 'timeout',
    message: `the cell was not finished within ${seconds} s`,
    hint: 'raise cell_timeout of run_config (seconds), or lower max_tokens of the model',
  };
}
