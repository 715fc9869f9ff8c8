import { setMaxListeners } from 'node:events';
import { createGates } from './rate-limiting/limiters.js';
import { createAnswers } from './cached-requests.js';
import type { Line } from './send-request.js';
import { createCellTime } from './cell-timeout.js';
import { systemClock, type Clock } from '../core/clock.js';
import { converse, hasAnswer } from './conversation.js';
import { askInTurn } from './fallback.js';
import type { AnswerStore, ChatTransport, Model, Models } from './types.js';
import { createRunUsage, type UsageEntry } from './usage/usage.js';
import type { RunConfig } from '../core/config.js';
import type { EventSink } from '../core/events.js';

/** What the models of a run are made of. */
export interface ModelsOptions {
  /** By alias. */
  readonly models: ReadonlyMap<string, Model>;
  readonly transportFor: (model: Model) => ChatTransport;
  readonly store: AnswerStore;
  readonly runConfig: RunConfig;
  readonly emit: EventSink;
  /** Once aborted, no new request goes out; those in flight finish and are stored. */
  readonly stop: AbortSignal;
  /** Once aborted, requests in flight are cut off too. Abort `stop` first, or with it. */
  readonly abort: AbortSignal;
  /** Use stored answers. Default true; otherwise everything is asked, and stored in place of them. */
  readonly reuse?: boolean;
  /** Ask afresh where every stored answer turned out useless. Default false. */
  readonly retryFailed?: boolean;
  readonly clock?: Clock;
}

export interface RunModels extends Models {
  /** What was asked and paid so far, by column and alias. */
  usage(): readonly UsageEntry[];
}

/**
 * The one path from a column's question to a checked value: store, gate, wire, retry, check, correction.
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
  } = options;
  // One listener a call in flight or backing off; all are taken off again.
  setMaxListeners(0, stop, abort);

  const usage = createRunUsage();
  const effort = retryFailed ? 'afresh' : 'missing';
  const gateOf = createGates(models.values(), clock, stop);
  const transports = new Map([...models.values()].map((model) => [model, options.transportFor(model)]));
  const answers = createAnswers(({ model }, column): Line => {
    const transport = transports.get(model);
    if (!transport) throw new Error(`no transport for ${model.alias}`);
    return { transport, gate: gateOf(model), store, usage: usage.of(column), emit, clock, stop, abort };
  }, reuse);

  const modelOf = (alias: string): Model => {
    const model = models.get(alias);
    if (!model) throw new Error(`unknown model alias ${alias}`);
    return model;
  };
  return {
    ask: async (question) => {
      const { alias, fallbacks = [], column } = question;
      const time = createCellTime(runConfig.cell_timeout, clock);
      const outcome = await askInTurn(question, [modelOf(alias), ...fallbacks.map(modelOf)], {
        converse: (asked, model) =>
          converse(asked, { model, answers, usage: usage.of(column), runConfig, effort, time }),
        hasAnswer: (asked, model) => hasAnswer(asked, model, answers),
        store,
        emit,
      });
      if (time.hasAsked) emit({ kind: 'asked', column, failure: outcome.ok ? undefined : outcome.error });
      return outcome;
    },
    usage: usage.entries,
  };
}
