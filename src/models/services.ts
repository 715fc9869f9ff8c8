/**
 * Calls to services that are no models, such as a validator: JSON is posted, and JSON comes back. A reply is stored under
 * the hash of its address and body (not its headers, which may hold keys), like the answers of models: a second run and
 * one that was killed do not post it again. Equal requests at the same time share one call.
 */
import { hash } from 'node:crypto';
import type { Clock } from '../core/clock.js';
import type { EventSink } from '../core/events.js';
import { isFatal, type Attempt, type Failure } from '../core/failure.js';
import { canonicalJson, jsonIn, nestsTooDeep, type Json } from '../core/json.js';
import { err, ok, type Result } from '../core/result.js';
import { createCellTimer, withCause } from './cell-timeout.js';
import type { AnswerStore, CallError, Models, ServiceRequest } from './types.js';

/** Posts a request once: no retry, no store. The text of the reply. */
export type ServiceTransport = (
  request: ServiceRequest,
  signal: AbortSignal,
) => Promise<Result<string, CallError>>;

export interface ServiceOptions {
  readonly send: ServiceTransport;
  readonly store: AnswerStore;
  readonly reuse: boolean;
  readonly emit: EventSink;
  readonly clock: Clock;
  /** Seconds for one cell, with its retries; no limit when left out. Waiting for a permit does not count. */
  readonly cellTimeout?: number | undefined;
  readonly stop: AbortSignal;
  readonly abort: AbortSignal;
}

export function createServiceCalls(options: ServiceOptions): NonNullable<Models['call']> {
  const { store, reuse, emit } = options;
  const inFlight = new Map<string, Promise<Result<Json, Failure>>>();
  const permits = new Map<string, Permits>();
  return async (request) => {
    const { column, cachePolicy, parallel } = request;
    const key = keyOf(request);
    const text = reuse ? store.get(key)?.text : undefined;
    const stored = text === undefined ? undefined : readReply(text, request);
    if (stored?.ok) return stored;
    if (cachePolicy === 'cache-only') return err(failureFrom(notStored, []));
    const shared = inFlight.get(key);
    if (shared) return shared;
    const ofColumn = permits.get(column) ?? createPermits(parallel);
    permits.set(column, ofColumn);
    const call = post(request, key, ofColumn, options).finally(() => inFlight.delete(key));
    inFlight.set(key, call);
    const outcome = await call;
    if (outcome.ok || outcome.error.class !== 'stopped')
      emit({ kind: 'asked', column, failure: outcome.ok ? undefined : outcome.error });
    return outcome;
  };
}

/** A program is known by its command, wherever it starts. */
function keyOf({ url, program, version, body }: ServiceRequest): string {
  const service = program ? { program: program.command } : { service: url };
  return hash('sha256', canonicalJson({ ...service, ...(version !== undefined && { version }), body }));
}

/** With retries, within `cell_timeout`. A request that waits for its next try holds no permit. */
async function post(
  request: ServiceRequest,
  key: string,
  permits: Permits,
  options: ServiceOptions,
): Promise<Result<Json, Failure>> {
  const { clock, stop, abort, cellTimeout } = options;
  const timer = createCellTimer(cellTimeout, clock);
  const errors: CallError[] = [];
  const failed = (last: CallError): Result<Json, Failure> => err(failureFrom(last, errors.map(attemptOf)));
  for (let failures = 0; ;) {
    await permits.acquire();
    const outcome = await timer
      .run(abort, (signal) => tryOnce(request, key, { ...options, abort: signal }))
      .finally(() => permits.release());
    if (outcome.ok) return outcome;
    const { error } = outcome;
    if (timer.expired) return failed(outOfTime(timer.expired, [...errors, error]));
    if (error.class === 'stopped') return failed(error);
    errors.push(error);
    failures += 1;
    if (!PASSING.has(error.class) || failures > request.retries) return failed(error);
    const waitMs = error.retryAfterMs ?? request.backoff * 1000 * 2 ** (failures - 1);
    await timer.run(stop, (signal) => clock.sleep(Math.min(waitMs, LONGEST_WAIT), signal));
    if (timer.expired) return failed(outOfTime(timer.expired, errors));
  }
}

const outOfTime = (expired: CallError, errors: readonly CallError[]): CallError =>
  withCause({ ...expired, hint: 'raise cell_timeout of run_config (seconds)' }, errors);

const attemptOf = ({ class: kind, message, answer }: CallError): Attempt => ({
  class: kind,
  message,
  ...(answer !== undefined && { answer }),
});

/** The reply is stored before its permit is released. */
async function tryOnce(
  request: ServiceRequest,
  key: string,
  { send, store, stop, abort }: ServiceOptions,
): Promise<Result<Json, CallError>> {
  if (stop.aborted) return err(notSent);
  const sent = await send(request, abort);
  if (!sent.ok) return sent;
  const reply = readReply(sent.value, request);
  if (!reply.ok) return reply;
  const earlier = await store.put(key, { text: sent.value, finishReason: 'stop', usage: NO_USAGE });
  return earlier ? readReply(earlier.text, request) : reply;
}

/** What a retry may help against. */
const PASSING: ReadonlySet<string> = new Set(['rate', 'overload', 'timeout', 'network']);

/** Milliseconds. */
const LONGEST_WAIT = 60_000;

const NO_USAGE = { input: undefined, output: undefined, cached: undefined, reasoning: undefined };

const notSent: CallError = { class: 'stopped', message: 'the run was stopped before this request was sent' };

const notStored: CallError = {
  class: 'stopped',
  message: 'no reply is stored, and this run uses stored replies only',
};

function failureFrom(error: CallError, attempts: readonly Attempt[]): Failure {
  const { class: kind, message, hint } = error;
  const tries = attempts.length > 1 && !isFatal(error) ? ` (after ${attempts.length} tries)` : '';
  return { class: kind, message: `${message}${tries}`, ...(hint !== undefined && { hint }), attempts };
}

/**
 * The reply of a service as JSON. A text that is none comes from something in front of the service, which may pass; one
 * that is nested too deeply is what the service wrote.
 */
export function replyIn(text: string, name: string): Result<Json, CallError> {
  const reply = jsonIn(text);
  if (reply === undefined)
    return err({ class: 'overload', message: `${name} sent a reply that is not JSON`, answer: text });
  if (!nestsTooDeep(reply)) return ok(reply);
  return err({ class: 'schema', message: `the reply of ${name} is nested too deeply`, answer: text });
}

/** The reply as its request wants it. */
function readReply(text: string, { check, name }: ServiceRequest): Result<Json, CallError> {
  const reply = replyIn(text, name);
  if (!reply.ok) return reply;
  const mistakes = check(reply.value);
  if (mistakes.length === 0) return reply;
  return err({
    class: 'schema',
    message: `the reply of ${name} is not as expected: ${mistakes.join('; ')}`,
    answer: text,
  });
}

interface Permits {
  acquire(): Promise<void>;
  release(): void;
}

function createPermits(most: number): Permits {
  const waiting: (() => void)[] = [];
  let used = 0;
  return {
    async acquire() {
      if (used < most) used += 1;
      else await new Promise<void>((resolve) => waiting.push(resolve));
    },
    release() {
      const next = waiting.shift();
      if (next) next();
      else used -= 1;
    },
  };
}
