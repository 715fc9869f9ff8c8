import TinyQueue from 'tinyqueue';
import type { Clock } from '../../core/clock.js';
import { err, ok, type Result } from '../../core/result.js';
import { isFatal } from '../../core/failure.js';
import type { Share } from './share.js';
import type { CallError, Usage } from '../types.js';
import { createAdaptiveConcurrency } from './adaptive-concurrency.js';
import { createAdaptiveRate } from './adaptive-rate.js';
import { createCircuitBreaker, type BreakerAction } from './circuit-breaker.js';
import { createKeyRefusals, type RefusalAction } from './key-refusals.js';
import type { Quota } from './quota.js';

/**
 * Decides when a request to one model of one endpoint may be sent. Calls wait in a priority queue; a call gets a
 * permit when all four limits allow it: the adaptive concurrency (requests in flight, as in TCP congestion
 * control), the adaptive rate (requests per second, learned from 429s), the quota (`requests_per_minute` and
 * `tokens_per_minute`, token buckets) and the circuit breaker (a server that is down). How each request ended is
 * reported through its permit; the limits adapt to it. Failures of requests that were sent before the latest
 * adjustment belong to the same event and adjust nothing again, as TCP halves its window once per round trip.
 */
export interface Limiter {
  /** How many requests may be in flight: now, and at most. */
  readonly concurrency: { readonly limit: number; readonly ceiling: number };
  /** Resolves with a permit when the request may be sent. An error means: do not send it. */
  acquire(waiter: Waiter): Promise<Result<Permit, CallError>>;
  /** Rejects all that wait, and every later `acquire`. */
  close(reason: CallError): void;
}

export interface Waiter {
  /** The lowest goes first, so that early rows finish before later ones start; equal ones go in order of arrival. */
  readonly priority: number;
  /** Characters of the prompt. */
  readonly promptLength: number;
  /** Identifies the call: its tries share one id. */
  readonly callId: unknown;
  /** Stops waiting when aborted. */
  readonly signal?: AbortSignal;
  /** Called when the first of the queue has to wait for a second or more. */
  readonly onWait?: (cause: WaitCause, ms: number) => void;
}

/** Why calls wait: after an error, at the rate that the server was found to accept, or at a limit of the recipe. */
export type WaitCause =
  | { readonly kind: 'error'; readonly error: CallError }
  | { readonly kind: 'rate' }
  | { readonly kind: 'quota' };

const noticeableMs = 1000;

/** The right to send one request. The holder must report how the request ended, exactly once. */
export interface Permit {
  /** @param arrivedAt when the answer arrived; processing it since then is not the server's time */
  answered(usage: Usage, arrivedAt?: number): void;
  /** @param error `undefined` when nothing was sent */
  failed(error: CallError | undefined): FailureAction;
}

/** The consequence of a failed request. */
export type FailureAction = BreakerAction | RefusalAction;

export interface LimiterOptions {
  /** Most requests in flight at any time. */
  readonly ceiling: number;
  readonly quota: Quota;
  /** The part of the limits that this process has, where others keep them, too. */
  readonly share?: Share | undefined;
  /** The timeout of a call, for a server on this machine. */
  readonly localTimeoutMs?: number | undefined;
  readonly clock: Clock;
  /** Closes the limiter when aborted. */
  readonly stop: AbortSignal;
}

interface QueuedWaiter extends Waiter {
  readonly arrival: number;
  readonly settle: (outcome: Result<Permit, CallError>) => void;
  isCancelled: boolean;
}

export function createLimiter({
  ceiling,
  quota,
  share,
  localTimeoutMs,
  clock,
  stop,
}: LimiterOptions): Limiter {
  const queue = new TinyQueue<QueuedWaiter>([], byPriority);
  const concurrency = createAdaptiveConcurrency(ceiling, localTimeoutMs);
  const rate = createAdaptiveRate();
  const breaker = createCircuitBreaker(clock);
  const refusals = createKeyRefusals();
  let arrivals = 0;
  let inFlight = 0;
  let sent = 0;
  /** The number of the first request that was sent after the latest adjustment. */
  let adjustedAt = 0;
  let pausedUntil = -Infinity;
  let pausedBy: CallError | undefined;
  let isProbing = false;
  let isSleeping = false;
  let closed: CallError | undefined;

  const first = (): QueuedWaiter | undefined => {
    while (queue.peek()?.isCancelled) queue.pop();
    return queue.peek();
  };

  const limit = (): number => Math.min(concurrency.limit, share?.part.max_parallel_requests ?? Infinity);

  const isFull = (): boolean => inFlight >= limit() || (breaker.isOpen && isProbing);

  const waitFor = ({ promptLength }: QueuedWaiter): number => {
    const now = clock.now();
    return Math.max(pausedUntil - now, rate.waitFor(now), quota.waitFor(promptLength, now));
  };

  const tellWait = ({ onWait, promptLength }: QueuedWaiter, ms: number): void => {
    if (!onWait || ms < noticeableMs) return;
    const now = clock.now();
    const [pause, byQuota, byRate] = [pausedUntil - now, quota.waitFor(promptLength, now), rate.waitFor(now)];
    if (pausedBy && pause >= Math.max(byQuota, byRate)) onWait({ kind: 'error', error: pausedBy }, ms);
    else onWait({ kind: byQuota >= byRate ? 'quota' : 'rate' }, ms);
  };

  const admit = (): void => {
    for (let next = first(); next && !isFull(); next = first()) {
      if (waitFor(next) > 0) return void admitLater();
      queue.pop();
      next.settle(ok(issuePermit(next)));
    }
    if (share && limit() < concurrency.limit && inFlight >= limit() && first()) share.ask();
  };

  const admitLater = async (): Promise<void> => {
    if (isSleeping) return;
    isSleeping = true;
    // While this sleeps, a pause may grow and another waiter may become the first.
    for (let next = first(); next && !isFull(); next = first()) {
      const ms = waitFor(next);
      if (ms <= 0) break;
      tellWait(next, ms);
      await clock.sleep(Math.ceil(ms), stop);
    }
    isSleeping = false;
    admit();
  };

  const issuePermit = ({ promptLength, callId }: QueuedWaiter): Permit => {
    const number = sent++;
    const sentAt = clock.now();
    const isProbe = breaker.isOpen;
    if (isProbe) isProbing = true;
    inFlight += 1;
    const inFlightAtSend = inFlight;
    rate.sent(sentAt);
    const reservation = quota.reserve(promptLength, sentAt);
    const release = (): void => {
      inFlight -= 1;
      if (isProbe) isProbing = false;
      admit();
    };
    return {
      answered(usage, arrivedAt = clock.now()) {
        const latencyMs = arrivedAt - sentAt;
        quota.settle(reservation, usage, clock.now());
        rate.answered(latencyMs);
        breaker.answered();
        refusals.answered();
        concurrency.answered({ inFlight: inFlightAtSend, latencyMs, outputTokens: usage.output });
        release();
      },
      failed(error) {
        quota.release(reservation, clock.now());
        const action = error
          ? adjust(error, callId, number >= adjustedAt, sentAt)
          : { kind: 'none' as const };
        release();
        return action;
      },
    };
  };

  const adjust = (
    error: CallError,
    callId: unknown,
    sentAfterAdjustment: boolean,
    sentAt: number,
  ): FailureAction => {
    const wasOpen = breaker.isOpen;
    const concurrencyLimit = concurrency.limit;
    const action = breaker.failed({ error, callId, sentAfterAdjustment, concurrencyLimit });
    if (isFatal(error)) {
      const refusal = refusals.judge(error, callId);
      if (refusal.kind === 'key-refused') close(notSentAfter(error));
      return refusal;
    }
    if (error.isLongLimit) {
      close(error);
      return { kind: 'give-up' };
    }
    const asked = isWorthWaiting(error) ? (error.retryAfterMs ?? 0) : 0;
    const pauseMs = Math.max(asked, action.kind === 'pause' ? action.ms : 0);
    const now = clock.now();
    if (now + pauseMs > pausedUntil) [pausedUntil, pausedBy] = [now + pauseMs, error];
    if (asked > 0) share?.throttled(asked);
    if (action.kind === 'give-up') close(error);
    if (error.class === 'rate') rate.throttled({ sentAt, sentAfterAdjustment, pauseMs }, now);
    if (!sentAfterAdjustment) return action;

    const isDown = action.kind === 'pause' && !action.countsAsTry;
    if (error.class === 'rate') concurrency.throttled(rate.expectedInFlight(now));
    else if (isOverload(error)) concurrency.overloaded();
    if (isDown && !wasOpen) concurrency.restart();
    if (error.class === 'rate' || isOverload(error) || isDown) adjustedAt = sent;
    return action;
  };

  const close = (reason: CallError): void => {
    closed ??= reason;
    for (let next = queue.pop(); next; next = queue.pop()) next.settle(err(closed));
  };

  share?.join({
    get inFlight() {
      return inFlight;
    },
    get wanted() {
      return first() ? concurrency.limit : inFlight;
    },
    changed() {
      quota.resize(share.part, clock.now());
      admit();
    },
    pause(ms) {
      pausedUntil = Math.max(pausedUntil, clock.now() + ms);
    },
  });

  const closeForStop = (): void => close(notSent);
  if (stop.aborted) closeForStop();
  else stop.addEventListener('abort', closeForStop, { once: true });

  return {
    get concurrency() {
      return { limit: limit(), ceiling };
    },
    acquire: (waiter) =>
      new Promise((settle) => {
        if (closed) return settle(err(closed));
        const { priority, promptLength, callId, onWait, signal } = waiter;
        if (signal?.aborted) return settle(err(notSent));
        const cancel = (): void => {
          queued.isCancelled = true;
          settle(err(notSent));
        };
        const queued: QueuedWaiter = {
          priority,
          promptLength,
          callId,
          ...(onWait && { onWait }),
          arrival: arrivals++,
          isCancelled: false,
          settle: (outcome) => {
            signal?.removeEventListener('abort', cancel);
            settle(outcome);
          },
        };
        signal?.addEventListener('abort', cancel, { once: true });
        queue.push(queued);
        admit();
      }),
    close,
  };
}

function byPriority(a: QueuedWaiter, b: QueuedWaiter): number {
  return a.priority - b.priority || a.arrival - b.arrival;
}

/** A server that answers one request at a time lets the others wait in its own queue until they time out. */
function isOverload({ class: failureClass, status }: CallError): boolean {
  return status === 503 || status === 529 || failureClass === 'timeout';
}

/** Other errors are about one request, whatever their headers say. */
function isWorthWaiting({ class: failureClass }: CallError): boolean {
  return failureClass === 'rate' || failureClass === 'overload' || failureClass === 'timeout';
}

/** The error of requests that are not sent after a fatal one. */
function notSentAfter(reason: CallError): CallError {
  return { ...reason, message: `not sent, because an earlier request failed: ${reason.message}` };
}

/** The error of a request that was still waiting when the run, or its cell, was stopped. */
export const notSent: CallError = {
  class: 'stopped',
  message: 'the run was stopped before this request went out',
};
