import { openAnswerStore, type DiskAnswerStore } from '../answer-store/answer-store.js';
import type { Plan } from '../engine/types.js';
import { createFabricator, fabricateReply } from '../models/fabricate.js';
import { createMemoryStore, type CacheOptions } from '../models/cached-requests.js';
import { createModels, withCachePolicy, type ModelsOptions, type RunModels } from '../models/models.js';
import type { ServiceTransport } from '../models/services.js';
import { createServiceTransport } from '../models/wire/service-transport.js';
import { createTransports } from '../models/wire/transports.js';
import type { UsageEntry } from '../models/usage/usage.js';
import type { AnswerStore, Models, Toolbox } from '../models/types.js';
import type { Programs } from '../tools/programs.js';
import { rememberTools } from './remembered-tools.js';
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
  readonly toolbox: Toolbox;
  /** The programs that columns may start, if there are any. */
  readonly programs?: Programs | undefined;
  readonly emit: EventSink;
  readonly stopper: RunStopper;
  /** With batches: what is written down instead of being sent, and what has come meanwhile. */
  readonly batching?: Pick<CacheOptions, 'defer' | 'fresh'> | undefined;
}

export interface OpenedModels {
  readonly models: RunModels;
  /** Models that return the answers of a store; they send no request, store nothing and count nothing. */
  readonly stored: (store?: AnswerStore) => Models;
  /** The same models once more, with counts of their own. */
  readonly again: (isPaidNow: (key: string) => boolean) => RunModels;
  readonly store: AnswerStore;
  /** The same store, unless it is the one in memory of a dry run. */
  readonly disk: DiskAnswerStore | undefined;
  /** Is told what happens; stops the run at its limits. */
  readonly emit: EventSink;
  /** Other requests than those of `models` count for the limits, too. */
  countsAll(usage: () => readonly UsageEntry[]): void;
  close(): Promise<void>;
}

/** The models of a run, with the store on disk or, in a dry run, one in memory. */
export async function openModels(options: RunModelsOptions): Promise<OpenedModels> {
  const { plan, answers, limits, env, emit, stopper } = options;
  const { dryRun = false, refresh = false, retryFailed = false } = answers;
  const disk = dryRun ? undefined : await openAnswerStore(options.answerStore);
  const store = disk ?? createMemoryStore();
  const toolbox = rememberTools(options.toolbox, plan.recipe, store);
  const told: EventSink = dryRun ? emit : stopAtLimit(emit, stopper, limits, plan, () => spent());
  const settings: ModelsOptions = {
    models: plan.models,
    transportFor: dryRun ? () => createFabricator() : createTransports(env),
    callService: dryRun ? fabricateReply : services(env, options.programs),
    toolbox,
    store,
    runConfig: plan.recipe.run_config ?? {},
    reuse: !refresh,
    retryFailed,
    ...options.batching,
    emit: told,
    stop: stopper.stopped,
    abort: stopper.aborted,
  };
  const models: RunModels = createModels(settings);
  let spent = models.usage;
  return {
    models,
    stored: (of = store) => storedAnswers(options, of),
    again: (isPaidNow) => createModels({ ...settings, fresh: { add: () => undefined, take: isPaidNow } }),
    store,
    disk,
    emit: told,
    countsAll(usage) {
      spent = usage;
    },
    close: async () => disk?.close(),
  };
}

function services(env: RunModelsOptions['env'], programs: Programs | undefined): ServiceTransport {
  const post = createServiceTransport(env);
  return (request, signal) => (request.program && programs ? programs.send : post)(request, signal);
}

function storedAnswers({ plan, stopper, toolbox }: RunModelsOptions, store: AnswerStore): Models {
  const models = createModels({
    models: plan.models,
    transportFor: () => ({ send: () => Promise.reject(new Error('no request may be sent')) }),
    toolbox,
    store: { ...store, remember: async () => undefined },
    runConfig: plan.recipe.run_config ?? {},
    emit: () => undefined,
    stop: stopper.stopped,
    abort: stopper.aborted,
  });
  return withCachePolicy(models, 'cache-only');
}
