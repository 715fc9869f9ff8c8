import type { Clock } from '../../core/clock.js';
import { backoff } from './backoff.js';
import type { CallError } from '../types.js';

/**
 * A circuit breaker (Michael Nygard, "Release It!") for one model of one endpoint. Single failures leave it
 * closed: each call retries on its own. Several failures in a row, over all calls, that point to the server open
 * it: all calls pause together, with exponential back-off, and after each pause a single request probes the
 * server (the pattern's half-open state). An answer closes it again. While the server is down, failures do not
 * count as tries of the calls; when it stays down for too long, all calls fail.
 */
export interface CircuitBreaker {
  /** While true, only one request at a time is sent. */
  readonly isOpen: boolean;
  answered(): void;
  failed(request: FailedRequest): BreakerAction;
}

/** The consequence of a failed request for all calls to the same server. */
export type BreakerAction =
  | { readonly kind: 'none' }
  /**
   * All calls pause, then one request probes the server. `countsAsTry` is false when the server is down: the
   * failure then does not use up a try of the call.
   */
  | { readonly kind: 'pause'; readonly ms: number; readonly countsAsTry: boolean }
  /** The server failed for too long. */
  | { readonly kind: 'give-up' };

export interface FailedRequest {
  readonly error: CallError;
  /** Identifies the call: its tries share one id. */
  readonly callId: unknown;
  /** The request was sent after the latest adjustment, so the failure is news about that adjustment. */
  readonly sentAfterAdjustment: boolean;
  /** Requests that may be in flight: as many failures in a row may have one cause. */
  readonly concurrencyLimit: number;
}

/** How long to wait for a server that has responded before. */
const patienceMs = 10 * 60_000;

/** And for one that never has: probably a wrong address, or a server that was not started. */
const firstPatienceMs = 30_000;

/** Failures in a row, over all calls, that open the breaker. */
const minFailures = 4;

/** Rounds of throttled requests that open it. The first is handled by the adaptive concurrency and rate. */
const minThrottledRounds = 2;

export function createCircuitBreaker(clock: Clock): CircuitBreaker {
  let wasReached = false;
  let failures = 0;
  let throttledRounds = 0;
  let lastCallId: unknown;
  let pauses = 0;
  let openSince: number | undefined;
  let pausedUntil = 0;

  const close = (): void => {
    wasReached = true;
    failures = throttledRounds = 0;
    openSince = undefined;
  };
  const pause = ({ error, sentAfterAdjustment }: FailedRequest): BreakerAction => {
    const now = clock.now();
    const countsAsTry = error.class === 'rate';
    if (openSince !== undefined && !sentAfterAdjustment)
      return { kind: 'pause', ms: Math.max(0, pausedUntil - now), countsAsTry };
    openSince ??= now;
    if (now - openSince > (wasReached ? patienceMs : firstPatienceMs)) return { kind: 'give-up' };
    pauses += 1;
    const ms = error.retryAfterMs || backoff(pauses, clock.random);
    pausedUntil = now + ms;
    return { kind: 'pause', ms, countsAsTry };
  };
  return {
    get isOpen() {
      return openSince !== undefined;
    },
    answered() {
      close();
      pauses = 0;
    },
    failed(request) {
      const { error, callId, sentAfterAdjustment, concurrencyLimit } = request;
      const state = serverStateAfter(error);
      if (state === 'throttling') {
        wasReached = true;
        if (sentAfterAdjustment) throttledRounds += 1;
        return throttledRounds < minThrottledRounds ? { kind: 'none' } : pause(request);
      }
      // The server responds, but has answered nothing yet: `pauses` keeps growing in case it goes down again.
      if (state === 'up' || (state === 'unclear' && openSince !== undefined && sentAfterAdjustment)) close();
      if (openSince !== undefined) return pause(request);
      if (state === 'down' || (state === 'unclear' && callId !== lastCallId)) failures += 1;
      lastCallId = callId;
      return failures < Math.max(minFailures, concurrencyLimit) ? { kind: 'none' } : pause(request);
    },
  };
}

const downStatuses = new Set<number | undefined>([502, 503, 529]);

/**
 * The state of the server that a failure points to. A 500, a 504 or an unreadable response may be caused by one
 * request, possibly the only one left. A timeout says nothing.
 */
function serverStateAfter({
  class: failureClass,
  status,
  isNoAnswer,
}: CallError): 'up' | 'throttling' | 'down' | 'unclear' | 'unknown' {
  if (isNoAnswer) return 'unclear';
  switch (failureClass) {
    case 'rate':
      return 'throttling';
    case 'network':
      return 'down';
    case 'overload':
      return downStatuses.has(status) ? 'down' : 'unclear';
    case 'timeout':
    case 'stopped':
      return 'unknown';
    default:
      return 'up';
  }
}
