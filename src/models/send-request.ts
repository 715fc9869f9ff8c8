import type { Clock } from '../core/clock.js';
import { DEFAULTS } from '../core/defaults.js';
import type { EventSink } from '../core/events.js';
import { err, ok, type Result } from '../core/result.js';
import { withCause, type CellTimer } from './cell-timeout.js';
import {
  adapt,
  adaptTo,
  recallAdaptation,
  rememberAdaptation,
  type Adaptation,
} from './providers/adaptation.js';
import { blameRequest } from './rate-limiting/key-refusals.js';
import {
  notSent,
  type FailureAction,
  type Limiter,
  type Permit,
  type WaitCause,
} from './rate-limiting/limiter.js';
import { createRetries } from './rate-limiting/retry.js';
import type { Answer, AnswerStore, CallError, ChatRequest, ChatTransport, Model } from './types.js';
import { costOfAnswer } from './usage/cost.js';
import { promptLength } from './usage/estimate.js';
import type { UsageLog } from './usage/usage.js';

/** Everything that sending a request needs besides the request. */
export interface RequestContext {
  readonly transport: ChatTransport;
  readonly limiter: Limiter;
  readonly store: AnswerStore;
  readonly usage: UsageLog;
  readonly emit: EventSink;
  readonly clock: Clock;
  /** Once aborted, no new request is sent. */
  readonly stop: AbortSignal;
  /** Once aborted, requests in flight are cancelled too. */
  readonly abort: AbortSignal;
}

export interface QueuedRequest {
  readonly request: ChatRequest;
  /** The lowest goes first. */
  readonly priority: number;
  /**
   * Resolves when the answer is stored, to the one that is to be used if it is another. The request keeps its permit
   * until then.
   */
  save(answer: Answer): Promise<Answer | void>;
}

/** Every error of a request that failed for good; `last` is the one that ended it. */
export interface RequestFailed {
  readonly last: CallError;
  readonly earlier: readonly CallError[];
}

/**
 * Sends a request until it is answered or has failed for good. Each try acquires a permit and releases it before
 * the back-off, so a request that waits does not block another. The cell's timeout runs from its first permit on.
 */
export async function sendRequest(
  queued: QueuedRequest,
  timer: CellTimer,
  context: RequestContext,
): Promise<Result<Answer, RequestFailed>> {
  timer.noteRequest();
  if (timer.expired) return err({ last: timer.expired, earlier: [] });
  const waiter = {
    priority: queued.priority,
    promptLength: promptLength(queued.request.messages),
    callId: Symbol(),
    onWait: (cause: WaitCause, ms: number) => tellWait(cause, ms, queued.request.model, context.emit),
  };
  const first = await context.limiter.acquire(waiter);
  if (!first.ok) return err({ last: first.error, earlier: [] });
  return timer.run(context.abort, async (signal) => {
    const { limiter, clock, stop } = context;
    const errors: CallError[] = [];
    const retries = createRetries(clock.random);
    for (let permit = first.value; ;) {
      const outcome = await tryOnce(queued, permit, errors, signal, context);
      if (outcome.kind === 'answered') return ok(outcome.answer);
      const waitMs = retries.waitAfter(outcome.error, outcome.action);
      if (timer.expired)
        return err({ last: withCause(timer.expired, [...errors, outcome.error]), earlier: errors });
      if (waitMs === undefined) return err({ last: outcome.error, earlier: errors });
      noteRetry(outcome.error, waitMs, queued.request, errors, context);
      await clock.sleep(Math.min(waitMs, timer.remainingMs()), stop);
      const next = await limiter.acquire({ ...waiter, signal });
      if (!next.ok) {
        const last = timer.expired ? withCause(timer.expired, [...errors, outcome.error]) : next.error;
        return err({ last, earlier: errors });
      }
      permit = next.value;
    }
  });
}

type Outcome =
  | { readonly kind: 'answered'; readonly answer: Answer }
  | { readonly kind: 'failed'; readonly error: CallError; readonly action: FailureAction };

/**
 * One try under one permit. When the server rejects the technique or a parameter, the request is adapted and sent
 * again at once, under the same permit.
 */
async function tryOnce(
  { request, save }: QueuedRequest,
  permit: Permit,
  errors: CallError[],
  signal: AbortSignal,
  context: RequestContext,
): Promise<Outcome> {
  const { store, clock, stop } = context;
  const failed = (error: CallError, wasSent: boolean): Outcome => {
    const action = permit.failed(wasSent ? error : undefined);
    return { kind: 'failed', error: action.kind === 'request-refused' ? blameRequest(error) : error, action };
  };
  try {
    for (let adaptation = recallAdaptation(request, store); ;) {
      if (stop.aborted) return failed(notSent, false);
      const response = await send(request, adaptation, signal, context);
      if (response.ok) {
        // Saved before the permit is released, so a kill loses no more answers than may be in flight.
        const arrivedAt = clock.now();
        const answer = (await save(response.value)) ?? response.value;
        await rememberAdaptation(request, adaptation, store);
        permit.answered(response.value.usage, arrivedAt);
        return { kind: 'answered', answer };
      }
      const next = adaptTo(response.error, request, adaptation);
      if (!next) return failed(response.error, true);
      noteRetry(response.error, 0, request, errors, context);
      adaptation = next;
    }
  } catch (bug) {
    permit.failed(undefined);
    throw bug;
  }
}

async function send(
  request: ChatRequest,
  adaptation: Adaptation,
  signal: AbortSignal,
  { transport, limiter: { concurrency }, usage, emit }: RequestContext,
): Promise<Result<Answer, CallError>> {
  const { alias, parameters } = request.model;
  const timeoutMs = (parameters.timeout ?? DEFAULTS.timeout) * 1000;
  // The timeout of a stream begins again with each event.
  emit({ kind: 'call-start', alias, ...(parameters.stream ? {} : { timeoutMs }), concurrency });
  const response = await transport.send(adapt(request, adaptation), adaptation.technique, signal);
  const answer = response.ok ? response.value : undefined;
  usage.called(alias, answer);
  const { input = 0, output = 0 } = answer?.usage ?? {};
  const usd = answer && costOfAnswer(answer, request.model.prices);
  emit({ kind: 'call-end', alias, ok: response.ok, input, output, ...(usd !== undefined && { usd }) });
  return response;
}

function noteRetry(
  error: CallError,
  waitMs: number,
  request: ChatRequest,
  errors: CallError[],
  { emit }: RequestContext,
): void {
  errors.push(error);
  emit({ kind: 'call-retry', alias: request.model.alias, reason: error.message, waitMs });
  if (waitMs > 0) tellWait({ kind: 'error', error }, waitMs, request.model, emit);
}

function tellWait(cause: WaitCause, ms: number, { alias, endpoint }: Model, emit: EventSink): void {
  emit({ kind: 'waiting', alias, ms, ...reasonOf(cause) });

  function reasonOf(why: WaitCause): { readonly reason: string; readonly hint?: string } {
    if (why.kind === 'quota') return { reason: `requests_per_minute or tokens_per_minute of ${alias}` };
    if (why.kind === 'rate') return { reason: `${endpoint.provider} answered 429 to more requests a second` };
    const { class: failureClass, message, hint, waitHeader } = why.error;
    return {
      // First, for a line of a terminal may cut the server's words.
      reason: waitHeader === undefined ? message : `header ${waitHeader}; ${message}`,
      ...(failureClass === 'network' && hint !== undefined && { hint }),
    };
  }
}
