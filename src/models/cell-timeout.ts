import type { Clock } from '../core/clock.js';
import { onAbort } from '../core/on-abort.js';
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
  return new Timer(seconds, clock);
}

/** A class, since one is made for each cell: closures and getters of an object literal cost more. */
class Timer implements CellTimer {
  readonly #seconds: number | undefined;
  readonly #clock: Clock;
  #leftMs: number;
  #startedAt = 0;
  hasRequested = false;
  expired: CallError | undefined = undefined;

  constructor(seconds: number | undefined, clock: Clock) {
    this.#seconds = seconds;
    this.#clock = clock;
    this.#leftMs = seconds === undefined ? Infinity : seconds * 1000;
  }

  remainingMs(): number {
    return Math.max(0, this.#leftMs - (this.#clock.now() - this.#startedAt));
  }

  noteRequest(): void {
    this.hasRequested = true;
  }

  async run<T>(abort: AbortSignal, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const seconds = this.#seconds;
    if (seconds === undefined) return work(abort);
    const controller = new AbortController();
    const done = new AbortController();
    const cancel = (): void => controller.abort();
    const removeListener = onAbort(abort, cancel);
    if (abort.aborted) cancel();
    this.#startedAt = this.#clock.now();
    void this.#expireLater(seconds, done.signal, cancel);
    try {
      return await work(controller.signal);
    } finally {
      done.abort();
      removeListener();
      this.#leftMs -= this.#clock.now() - this.#startedAt;
    }
  }

  async #expireLater(seconds: number, done: AbortSignal, cancel: () => void): Promise<void> {
    await this.#clock.sleep(this.#leftMs, done);
    if (done.aborted) return;
    this.expired = timeoutError(seconds);
    cancel();
  }
}

function timeoutError(seconds: number): CallError {
  return {
    class: 'timeout',
    message: `the cell was not finished within ${seconds} s`,
    hint: 'raise cell_timeout of run_config (seconds), or lower max_tokens of the model',
  };
}

/** An expired cell timeout, with the error that the time was lost to. */
export function withCause(expired: CallError, errors: readonly CallError[]): CallError {
  const cause = errors.findLast((error) => error.class !== 'stopped');
  const hint = cause?.hint ?? expired.hint;
  return {
    ...expired,
    message: cause ? `${expired.message}; the last error: ${cause.message}` : expired.message,
    ...(hint === undefined ? {} : { hint }),
  };
}
