import { setMaxListeners } from 'node:events';
import { systemClock, type Clock } from '../core/clock.js';
import type { RunConfig } from '../core/config.js';
import type { EventSink } from '../core/events.js';
import { createCachedRequests, type CacheOptions } from './cached-requests.js';
import { createCellTimer } from './cell-timeout.js';
import { converse, hasAnswer } from './conversation.js';
import { askWithFallbacks } from './fallback.js';
import type { Failure } from '../core/failure.js';
import { err, ok, type Result } from '../core/result.js';
import { createRandom, type Random } from '../core/random.js';
import { modelOfCell } from './drawn-parameters.js';
import { createLimiters } from './rate-limiting/limiters.js';
import type { Limiter } from './rate-limiting/limiter.js';
import type { RequestContext } from './send-request.js';
import { createServiceCalls, type ServiceTransport } from './services.js';
import { createToolCalls } from './tool-calls.js';
import type {
  AnswerStore,
  CachePolicy,
  CallError,
  ChatRequest,
  ChatTransport,
  Model,
  ModelRequest,
  Models,
  Toolbox,
} from './types.js';
import { createRunUsage, type UsageEntry } from './usage/usage.js';

export interface ModelsOptions {
  /** By alias. */
  readonly models: ReadonlyMap<string, Model>;
  readonly transportFor: (model: Model) => ChatTransport;
  /** Left out, no service is called: only stored replies are there. */
  readonly callService?: ServiceTransport;
  /** Left out, no tool is called: a column with a `tool_alias` fails. */
  readonly toolbox?: Toolbox;
  readonly store: AnswerStore;
  readonly runConfig: RunConfig;
  readonly emit: EventSink;
  /** Once aborted, no new request is sent; those in flight finish and are stored. */
  readonly stop: AbortSignal;
  /** Once aborted, requests in flight are cancelled too. Abort `stop` first, or with it. */
  readonly abort: AbortSignal;
  /** Use stored answers. Default true; otherwise every request is sent, and its answer replaces the stored one. */
  readonly reuse?: boolean;
  /** Send new requests for cells whose stored answers are all unusable. Default false. */
  readonly retryFailed?: boolean;
  readonly defer?: CacheOptions['defer'];
  readonly fresh?: CacheOptions['fresh'];
  readonly clock?: Clock;
  /** Given, other instances share these limiters. */
  readonly limiterOf?: (model: Model) => Limiter;
}

export interface RunModels extends Required<Models> {
  /** Requests and tokens so far, by column and alias. */
  usage(): readonly UsageEntry[];
}

/**
 * The one path from a column's request to a checked value: fallbacks, conversation, cache, limiter, transport.
 * Rejects only for bugs and when the store cannot write.
 */
export function createModels(options: ModelsOptions): RunModels {
  const {
    models,
    store,
    runConfig,
    emit,
    stop,
    abort,
    clock = systemClock,
    reuse = true,
    retryFailed = false,
    defer,
    fresh,
  } = options;
  // One listener per call in flight or in back-off; each is removed when the call ends.
  setMaxListeners(0, stop, abort);

  const usage = createRunUsage();
  const cachePolicy = retryFailed ? 'refresh' : 'cache-first';
  const limiterOf = options.limiterOf ?? createLimiters(models.values(), clock, stop);
  const transports = new Map([...models].map(([alias, model]) => [alias, options.transportFor(model)]));
  const contexts = new Map<string, Map<string, RequestContext>>();
  const cachedRequests = createCachedRequests(store, contextOf, { reuse, defer, fresh });
  const toolCalls = createToolCalls(store, reuse, stop);

  const modelOf = (alias: string): Model => {
    const model = models.get(alias);
    if (!model) throw new Error(`unknown model alias ${alias}`);
    return model;
  };
  return {
    ask: async (asked) => {
      const equipped = await withTools(asked, options.toolbox);
      if (!equipped.ok) return equipped;
      const request = equipped.value;
      const { alias, fallbacks = [], column, rowId } = request;
      const random = request.random ?? ((): Random => createRandom(column, rowId));
      const modelFor = (name: string): Model => modelOfCell(modelOf(name), random);
      const timer = createCellTimer(runConfig.cell_timeout, clock);
      const outcome = await askWithFallbacks(request, [modelFor(alias), ...fallbacks.map(modelFor)], {
        converse: (model) =>
          converse(request, {
            model,
            store,
            cachedRequests,
            usage: usage.of(column),
            runConfig,
            cachePolicy,
            timer,
            toolCalls,
            abort,
          }),
        hasAnswer: (model) => hasAnswer(request, { model, store, cachedRequests }),
        store,
        emit,
      });
      if (timer.hasRequested)
        emit({ kind: 'asked', column, failure: outcome.ok ? undefined : outcome.error });
      return outcome;
    },
    call: createServiceCalls({
      send: options.callService ?? (async () => err(noService)),
      store,
      reuse,
      emit,
      clock,
      cellTimeout: runConfig.cell_timeout,
      stop,
      abort,
    }),
    usage: usage.entries,
  };

  /** Made once for a model and a column, not for each call. */
  function contextOf({ model }: ChatRequest, column: string): RequestContext {
    const ofModel = contexts.get(model.alias) ?? new Map<string, RequestContext>();
    const known = ofModel.get(column);
    if (known) return known;
    const transport = transports.get(model.alias);
    if (!transport) throw new Error(`no transport for ${model.alias}`);
    const limiter = limiterOf(model);
    const context = { transport, limiter, store, usage: usage.of(column), emit, clock, stop, abort };
    contexts.set(model.alias, ofModel.set(column, context));
    return context;
  }
}

/** The request with the tools of its alias. */
async function withTools(
  request: ModelRequest,
  toolbox: Toolbox | undefined,
): Promise<Result<ModelRequest, Failure>> {
  if (request.toolAlias === undefined || request.tools) return ok(request);
  const kit = await (toolbox?.kitOf(request.toolAlias) ?? err(noTools));
  if (kit.ok) return ok({ ...request, tools: kit.value });
  const { class: kind, message, hint } = kit.error;
  return err({ class: kind, message, ...(hint !== undefined && { hint }), attempts: [] });
}

const noTools: CallError = { class: 'stopped', message: 'no tool is called here' };

const noService: CallError = { class: 'stopped', message: 'no service is called here' };

/** The same models and services, with a cache policy for each request. */
export function withCachePolicy(models: Models, cachePolicy: CachePolicy): Models {
  const { call } = models;
  return {
    ask: (request) => models.ask({ ...request, cachePolicy }),
    ...(call && { call: (request) => call({ ...request, cachePolicy }) }),
  };
}
