import { isFatal } from '../core/failure.js';
import { err, ok, type Result } from '../core/result.js';
import {
  adapt,
  adaptTo,
  recallAdaptation,
  rememberAdaptation,
  type Adaptation,
} from './providers/adaptation.js';
import type { CellTime } from './cell-timeout.js';
import type { Clock } from '../core/clock.js';
import { notSent, type Gate, type Pass, type Visitor } from './rate-limiting/limiter.js';
import { createTries } from './rate-limiting/retry.js';
import type { Verdict } from './rate-limiting/circuit-breaker.js';
import type { Answer, AnswerStore, CallError, ChatMessage, ChatRequest, ChatTransport } from './types.js';
import type { UsageLog } from './usage/usage.js';
import type { EventSink } from '../core/events.js';

/** What a call needs beside the request. */
export interface Line {
  readonly transport: ChatTransport;
  readonly gate: Gate;
  readonly store: AnswerStore;
  readonly usage: UsageLog;
  readonly emit: EventSink;
  readonly clock: Clock;
  /** No further request goes out once this is aborted. */
  readonly stop: AbortSignal;
  /** Requests in flight are cut off as well once this is aborted. */
  readonly abort: AbortSignal;
}

/** A request, whose turn it is, and how its answer is kept. */
export interface Order {
  readonly request: ChatRequest;
  readonly turn: number;
  /** Resolves when the answer is safe. Until then nobody takes its place at the gate. */
  keep(answer: Answer): Promise<void>;
}

/** A request that was given up: every error on the way, the one that ended it last. */
export interface GivenUp {
  readonly last: CallError;
  readonly earlier: readonly CallError[];
}

/**
 * Sends one request until it is answered or given up. Each try queues at the gate anew, and leaves it before
 * it waits: a request that backs off takes no place from another. The cell's time runs from its first try on.
 */
export async function call(order: Order, time: CellTime, line: Line): Promise<Result<Answer, GivenUp>> {
  time.asks();
  if (time.over) return err({ last: time.over, earlier: [] });
  const visitor = { turn: order.turn, promptLength: lengthOf(order.request.messages), call: Symbol() };
  const entry = await line.gate.enter(visitor);
  if (!entry.ok) return err({ last: entry.error, earlier: [] });
  return time.spend(line.abort, (cut) => sendUntilSettled(order, visitor, entry.value, time, cut, line));
}

async function sendUntilSettled(
  order: Order,
  visitor: Visitor,
  admitted: Pass,
  time: CellTime,
  cut: AbortSignal,
  line: Line,
): Promise<Result<Answer, GivenUp>> {
  const { gate, clock, stop } = line;
  const errors: CallError[] = [];
  const tries = createTries(clock.random);
  for (let pass = admitted; ;) {
    const outcome = await tryInside(order, pass, errors, cut, line);
    if (outcome.kind === 'answered') return ok(outcome.answer);
    const waitMs = tries.waitAfter(outcome.error, outcome.verdict);
    if (time.over ?? waitMs === undefined) return err({ last: time.over ?? outcome.error, earlier: errors });
    noteRetry(outcome.error, waitMs, order.request, errors, line);
    await clock.sleep(Math.min(waitMs, time.leftMs()), stop);
    const entry = await gate.enter({ ...visitor, cut });
    if (!entry.ok) return err({ last: time.over ?? entry.error, earlier: errors });
    pass = entry.value;
  }
}

/** How a stay inside the gate ended. */
type Try =
  | { readonly kind: 'answered'; readonly answer: Answer }
  | { readonly kind: 'failed'; readonly error: CallError; readonly verdict: Verdict };

/**
 * One try by someone who was let in, and what follows from it for those who wait at the gate: they are let in
 * after it is known. A refused manner of asking is replaced at once, in the same place.
 */
async function tryInside(
  { request, keep }: Order,
  pass: Pass,
  errors: CallError[],
  cut: AbortSignal,
  line: Line,
): Promise<Try> {
  const { gate, store, clock, stop } = line;
  const failed = (error: CallError, sent: boolean): Try => {
    if (isFatal(error)) gate.close(notAsked(error));
    return { kind: 'failed', error, verdict: pass.failed(sent ? error : undefined) };
  };
  try {
    for (let manner = recallAdaptation(request, store); ;) {
      if (stop.aborted) return failed(notSent, false);
      const outcome = await send(request, manner, cut, line);
      if (outcome.ok) {
        // Kept before the next one is let in: a kill costs no more answers than may be in flight.
        const arrivedAt = clock.now();
        await keep(outcome.value);
        await rememberAdaptation(request, manner, store);
        pass.answered(outcome.value.usage, arrivedAt);
        return { kind: 'answered', answer: outcome.value };
      }
      const other = adaptTo(outcome.error, request, manner);
      if (!other) return failed(outcome.error, true);
      noteRetry(outcome.error, 0, request, errors, line);
      manner = other;
    }
  } catch (fault) {
    pass.failed(undefined);
    throw fault;
  }
}

function noteRetry(
  error: CallError,
  waitMs: number,
  request: ChatRequest,
  errors: CallError[],
  { emit }: Line,
): void {
  errors.push(error);
  emit({ kind: 'call-retry', alias: request.model.alias, reason: error.message, waitMs });
}

async function send(
  request: ChatRequest,
  manner: Adaptation,
  cut: AbortSignal,
  { transport, usage, emit }: Line,
): Promise<Result<Answer, CallError>> {
  const { alias } = request.model;
  emit({ kind: 'call-start', alias });
  const outcome = await transport.send(adapt(request, manner), manner.technique, cut);
  const answer = outcome.ok ? outcome.value : undefined;
  usage.called(alias, answer);
  const { input = 0, output = 0 } = answer?.usage ?? {};
  emit({ kind: 'call-end', alias, ok: outcome.ok, input, output });
  return outcome;
}

function lengthOf(messages: readonly ChatMessage[]): number {
  return messages.reduce((sum, { content }) => sum + content.length, 0);
}

function notAsked(reason: CallError): CallError {
  return { ...reason, message: `not asked any more, since ${reason.message}` };
}
