import { openAnswerStore } from '../answer-store/answer-store.js';
import type { Plan } from '../engine/types.js';
import { createFabricator, fabricateReply } from '../models/fabricate.js';
import { createMemoryStore } from '../models/cached-requests.js';
import { createModels, withCachePolicy, type RunModels } from '../models/models.js';
import { createServiceTransport } from '../models/wire/service-transport.js';
import { createTransports } from '../models/wire/transports.js';
import type { AnswerStore, Models } from '../models/types.js';
import { stopAtLimit, type SpendingLimits } from './spending-limits.js';
import type { RunStopper } from './stop.js';
import type { EventSink } from '../core/events.js';

/** Where answers come from. Default: the store, then the models. */
export interface AnswerPolicy {
  /** Fabricate the answers, without models and without the store. */
  readonly dryRun?: boolean;
  /** Ask for everything; new answers replace the stored ones. */
  readonly refresh?: boolean;
  /** Ask again for cells whose stored answers were never valid. */
  readonly retryFailed?: boolean;
}

export interface RunModelsOptions {
  readonly plan: Plan;
  /** Folder of the answer store. */
  readonly answerStore: string;
  readonly answers: AnswerPolicy;
  readonly limits: SpendingLimits;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly emit: EventSink;
  readonly stopper: RunStopper;
}

export interface OpenedModels {
  readonly models: RunModels;
  /** Models that return stored answers; they send no request, store nothing and count nothing. */
  readonly stored: () => Models;
  close(): Promise<void>;
}

/** The models of a run, with the store on disk or, in a dry run, one in memory. */
export async function openModels(options: RunModelsOptions): Promise<OpenedModels> {
  const { plan, answers, limits, env, emit, stopper } = options;
  const { dryRun = false, refresh = false, retryFailed = false } = answers;
  const disk = dryRun ? undefined : await openAnswerStore(options.answerStore);
  const store = disk ?? createMemoryStore();
  const models: RunModels = createModels({
    models: plan.models,
    transportFor: dryRun ? () => createFabricator() : createTransports(env),
    callService: dryRun ? fabricateReply : createServiceTransport(env),
    store,
    runConfig: plan.recipe.run_config ?? {},
    reuse: !refresh,
    retryFailed,
    emit: dryRun ? emit : stopAtLimit(emit, stopper, limits, plan, () => models.usage()),
    stop: stopper.stopped,
    abort: stopper.aborted,
  });
  return {
    models,
    stored: () => storedAnswers(options, store),
    close: async () => disk?.close(),
  };
}

function storedAnswers({ plan, stopper }: RunModelsOptions, store: AnswerStore): Models {
  const models = createModels({
    models: plan.models,
    transportFor: () => ({ send: () => Promise.reject(new Error('no request may be sent')) }),
    store: { ...store, remember: async () => undefined },
    runConfig: plan.recipe.run_config ?? {},
    emit: () => undefined,
    stop: stopper.stopped,
    abort: stopper.aborted,
  });
  return withCachePolicy(models, 'cache-only');
}
