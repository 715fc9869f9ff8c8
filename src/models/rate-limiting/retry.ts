import type { Verdict } from './circuit-breaker.js';
import type { CallError } from '../types.js';
import type { FailureClass } from '../../core/failure.js';

/** How often a call is tried again after each class of failure. Other classes do not heal by waiting. */
const retriesOf: Partial<Readonly<Record<FailureClass, number>>> = {
  rate: 20,
  overload: 6,
  network: 6,
  timeout: 2,
};

const firstWaitMs = 500;
const longestWaitMs = 30_000;

/** A server that asks for more patience than this is not waited for. */
const longestRetryAfterMs = 10 * 60_000;

/**
 * Milliseconds until the call is tried again, or `undefined` when it is given up. A server's Retry-After is
 * followed as it stands.
 *
 * @param failures how often this call failed with this class, this time included
 */
export function retryWait(error: CallError, failures: number, random: () => number): number | undefined {
  if (failures > (retriesOf[error.class] ?? 0)) return undefined;
  if (error.retryAfterMs !== undefined && error.retryAfterMs > 0) {
    return error.retryAfterMs > longestRetryAfterMs ? undefined : error.retryAfterMs;
  }
  return backOff(failures, random);
}

/**
 * A wait that doubles each time, with a jitter of half of it, so that calls which failed together do not come
 * back together.
 *
 * @param times counted from 1
 */
export function backOff(times: number, random: () => number): number {
  return Math.min(longestWaitMs, firstWaitMs * 2 ** (times - 1)) * (0.5 + random() / 2);
}

/** The tries of one call. */
export interface Tries {
  /** Milliseconds until it is tried again after a failure; `undefined` when it is given up. */
  waitAfter(error: CallError, verdict: Verdict): number | undefined;
}

export function createTries(random: () => number): Tries {
  const failures = new Map<FailureClass, number>();
  return {
    waitAfter(error, verdict) {
      if (verdict.kind === 'give-up') return undefined;
      if (verdict.kind === 'hold' && verdict.blameless) {
        // What came before was the beginning of it. And a little longer: let another call be the one to try.
        failures.clear();
        return verdict.ms * (1 + random() / 4);
      }
      const count = (failures.get(error.class) ?? 0) + 1;
      failures.set(error.class, count);
      const wait = retryWait(error, count, random);
      return wait === undefined || verdict.kind === 'none' ? wait : Math.max(wait, verdict.ms);
    },
  };
}
