import type { FailureClass } from '../../core/failure.js';
import { backoff } from './backoff.js';
import type { FailureAction } from './limiter.js';
import type { CallError } from '../types.js';

/** Retries of one call by class of failure. Other classes are never retried: waiting does not help. */
const maxRetries: Partial<Readonly<Record<FailureClass, number>>> = {
  rate: 20,
  overload: 6,
  network: 6,
  timeout: 2,
  // Only a server that looked at the answer itself reports one.
  schema: 3,
};

/** So many equal successes that are no answer, such as the same web page, and the next one would be no other. */
const equalNonAnswers = 3;

/** A call fails when the server asks it to wait for longer than this. */
export const maxRetryAfterMs = 10 * 60_000;

/**
 * Milliseconds until a call is retried, or `undefined` when it fails for good. A server's Retry-After is
 * followed exactly.
 *
 * @param failures how often this call failed with this class, this time included
 */
export function retryWait(error: CallError, failures: number, random: () => number): number | undefined {
  if (error.isLongLimit || failures > (maxRetries[error.class] ?? 0)) return undefined;
  if (error.retryAfterMs !== undefined && error.retryAfterMs > 0) {
    return error.retryAfterMs > maxRetryAfterMs ? undefined : error.retryAfterMs;
  }
  return backoff(failures, random);
}

/** Counts the retries of one call. */
export interface Retries {
  /** Milliseconds until the call is retried after a failure; `undefined` when it fails for good. */
  waitAfter(error: CallError, action: FailureAction): number | undefined;
}

export function createRetries(random: () => number): Retries {
  const failures = new Map<FailureClass, number>();
  let nonAnswer = { message: '', times: 0 };
  return {
    waitAfter(error, action) {
      if (action.kind === 'give-up' || action.kind === 'key-refused' || action.kind === 'request-refused')
        return undefined;
      if (action.kind === 'recheck') return backoff(action.tries, random);
      if (action.kind === 'pause' && !action.countsAsTry) {
        // The failures before it were part of the same outage. The extra wait lets another call be the probe.
        failures.clear();
        return action.ms * (1 + random() / 4);
      }
      if (error.isNoAnswer) {
        const { message } = error;
        nonAnswer = { message, times: message === nonAnswer.message ? nonAnswer.times + 1 : 1 };
        if (nonAnswer.times >= equalNonAnswers) return undefined;
      }
      const count = (failures.get(error.class) ?? 0) + 1;
      failures.set(error.class, count);
      const wait = retryWait(error, count, random);
      return wait === undefined || action.kind === 'none' ? wait : Math.max(wait, action.ms);
    },
  };
}
