import { err, ok, type Result } from '../../core/result.js';
import { createAdaptiveLimit } from './adaptive-concurrency.js';
import type { Clock } from '../../core/clock.js';
import { createPace } from './adaptive-rate.js';
import type { RateLimits } from './quota.js';
import { createTrouble, type Verdict } from './circuit-breaker.js';
import type { CallError, Usage } from '../types.js';
import { createWaitingLine } from './priority-queue.js';

/**
 * The door to one model of one endpoint. Of those who wait, the lowest turn passes first, and of equal turns
 * whoever came first: early rows are finished before late ones are begun, and nobody waits for ever.
 */
export interface Gate {
  /** Resolves when a request may go out. An error means: do not send. */
  enter(visitor: Visitor): Promise<Result<Pass, CallError>>;
  /** Lets nobody in any more. */
  close(reason: CallError): void;
}

export interface Visitor {
  readonly turn: number;
  /** Characters of its prompt. */
  readonly promptLength: number;
  /** Tells the calls apart. */
  readonly call: unknown;
  /** Once aborted, it waits no more. */
  readonly cut?: AbortSignal;
}

/** The right to send one request. Whoever has it must say how that ended; the gate learns from it. */
export interface Pass {
  /** @param arrivedAt when the answer came; what was done with it since is not the server's time */
  answered(usage: Usage, arrivedAt?: number): void;
  /** `undefined`: nothing was sent. */
  failed(error: CallError | undefined): Verdict;
}

export interface GateOptions {
  /** How many may ever be inside at once. */
  readonly ceiling: number;
  readonly rateLimits: RateLimits;
  readonly clock: Clock;
  readonly stop: AbortSignal;
}

interface Waiting extends Visitor {
  readonly settle: (outcome: Result<Pass, CallError>) => void;
  gone: boolean;
}

/** A gate of its own; it closes when `stop` is aborted. */
export function createGate({ ceiling, rateLimits, clock, stop }: GateOptions): Gate {
  const waiting = createWaitingLine<Waiting>();
  const limit = createAdaptiveLimit(ceiling);
  const pace = createPace();
  const trouble = createTrouble(clock);
  let inside = 0;
  let admitted = 0;
  let pausedUntil = -Infinity;
  /** Requests admitted before this one say nothing about the latest measure. */
  let measureAt = 0;
  let probing = false;
  let sleeping = false;
  let closed: CallError | undefined;

  const first = (): Waiting | undefined => {
    while (waiting.first()?.gone) waiting.take();
    return waiting.first();
  };

  const isFull = (): boolean => inside >= limit.current || (trouble.isOn && probing);

  const waitFor = ({ promptLength }: Waiting): number => {
    const now = clock.now();
    return Math.max(pausedUntil - now, pace.waitFor(now), rateLimits.waitFor(promptLength, now));
  };

  const admit = (): void => {
    for (let next = first(); next && !isFull(); next = first()) {
      if (waitFor(next) > 0) return void admitLater();
      waiting.take();
      next.settle(ok(letIn(next)));
    }
  };

  const admitLater = async (): Promise<void> => {
    if (sleeping) return;
    sleeping = true;
    // Meanwhile a pause may be prolonged, and another may have become the first.
    for (let next = first(); next && !isFull(); next = first()) {
      const ms = waitFor(next);
      if (ms <= 0) break;
      await clock.sleep(Math.ceil(ms), stop);
    }
    sleeping = false;
    admit();
  };

  const letIn = ({ promptLength, call }: Waiting): Pass => {
    const number = admitted++;
    const since = clock.now();
    const isProbe = trouble.isOn;
    if (isProbe) probing = true;
    inside += 1;
    const parallel = inside;
    pace.sent(since);
    const reservation = rateLimits.reserve(promptLength, since);
    const leave = (): void => {
      inside -= 1;
      if (isProbe) probing = false;
      admit();
    };
    return {
      answered(usage, arrivedAt = clock.now()) {
        const now = clock.now();
        const ms = arrivedAt - since;
        rateLimits.settle(reservation, usage, now);
        pace.answered(ms);
        trouble.answered();
        limit.answered({ parallel, ms, output: usage.output });
        leave();
      },
      failed(error) {
        rateLimits.release(reservation, clock.now());
        const verdict: Verdict = error ? learn(error, call, number >= measureAt, since) : { kind: 'none' };
        leave();
        return verdict;
      },
    };
  };

  const learn = (error: CallError, call: unknown, isNews: boolean, sentAt: number): Verdict => {
    const wasOn = trouble.isOn;
    const verdict = trouble.failed({ error, call, isNews, limit: limit.current });
    const wait = Math.max(error.retryAfterMs ?? 0, verdict.kind === 'hold' ? verdict.ms : 0);
    const now = clock.now();
    pausedUntil = Math.max(pausedUntil, now + wait);
    if (verdict.kind === 'give-up') close(error);
    if (error.class === 'rate') {
      pace.refused({ sentAt, isNews, pauseMs: wait }, now);
      if (isNews) limit.refused(pace.inFlight(now));
    } else if (isNews && isOverload(error)) limit.overloaded();
    if (isNews && (error.class === 'rate' || isOverload(error))) measureAt = admitted;
    if (verdict.kind === 'hold' && verdict.blameless && isNews) {
      if (!wasOn) limit.restart();
      measureAt = admitted;
    }
    return verdict;
  };

  const close = (reason: CallError): void => {
    closed ??= reason;
    for (let next = waiting.take(); next; next = waiting.take()) next.settle(err(closed));
  };

  const closeForStop = (): void => close(notSent);
  if (stop.aborted) closeForStop();
  else stop.addEventListener('abort', closeForStop, { once: true });

  return {
    enter: (visitor) =>
      new Promise((settle) => {
        if (closed) return settle(err(closed));
        const { cut } = visitor;
        const leaveLine = (): void => {
          entry.gone = true;
          settle(err(notSent));
        };
        const entry: Waiting = {
          ...visitor,
          gone: false,
          settle: (outcome) => {
            cut?.removeEventListener('abort', leaveLine);
            settle(outcome);
          },
        };
        if (cut?.aborted) return leaveLine();
        cut?.addEventListener('abort', leaveLine, { once: true });
        waiting.add(visitor.turn, entry);
        admit();
      }),
    close,
  };
}

/** The server says that it has too much to do. */
function isOverload({ status }: CallError): boolean {
  return status === 503 || status === 529;
}

/** What becomes of a request that the end of the run came before. */
export const notSent: CallError = {
  class: 'stopped',
  message: 'the run was stopped before this request went out',
};
