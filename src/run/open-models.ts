import { openAnswerStore } from '../answer-store/answer-store.js';
import type { Plan } from '../engine/types.js';
import { createFabricator } from '../models/fabricate.js';
import { createMemoryStore } from '../models/cached-requests.js';
import { createModels, type RunModels } from '../models/models.js';
import { createTransports } from '../models/wire/transports.js';
import type { AnswerStore, Models } from '../models/types.js';
import type { UsageEntry } from '../models/usage/usage.js';
import type { AliasUsage, CostReport } from '../dataset/metadata.js';
import { stopAtLimit, type SpendingLimits } from './spending-limits.js';
import type { StopSwitch } from './stop.js';
import { usageReport } from './usage-report.js';
import type { EventSink } from '../core/events.js';

export interface RunModelsOptions {
  readonly plan: Plan;
  readonly cells: string;
  /** Make the answers up. */
  readonly dryRun: boolean;
  /** Ask everything, whatever is stored; the new answers are stored in its place. */
  readonly noCache: boolean;
  /** Ask afresh for cells whose stored answers were never usable. */
  readonly retryFailed: boolean;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly emit: EventSink;
  readonly stopSwitch: StopSwitch;
  readonly limits: SpendingLimits;
  /** Stays open when the run is over. Left out: the one in `cells`, opened and closed with the run. */
  readonly store?: AnswerStore;
  /** What counts towards the limits beside this run's own calls. */
  readonly spent?: readonly UsageEntry[];
}

export interface OpenedModels {
  readonly models: RunModels;
  /** What is stored, to be looked at: asks for nothing, keeps nothing, counts nothing. */
  readonly stored: () => Models;
  usage(): { readonly usage: readonly AliasUsage[]; readonly cost: CostReport };
  close(): Promise<void>;
}

/** The models of a run with their store: the one on disk, or none that lasts. */
export async function openModels(options: RunModelsOptions): Promise<OpenedModels> {
  const { plan, dryRun, env, emit, stopSwitch } = options;
  const disk = dryRun || options.store ? undefined : await openAnswerStore(options.cells);
  const store: AnswerStore = options.store ?? disk ?? createMemoryStore();
  const models: RunModels = createModels({
    models: plan.models,
    transportFor: dryRun ? () => createFabricator() : createTransports(env),
    store,
    runConfig: plan.recipe.run_config ?? {},
    reuse: !options.noCache,
    retryFailed: options.retryFailed,
    emit: stopAtLimit(emit, stopSwitch, options.limits, plan, () => [
      ...(options.spent ?? []),
      ...models.usage(),
    ]),
    stop: stopSwitch.stop,
    abort: stopSwitch.abort,
  });
  return {
    models,
    stored: () => storedAnswers(options, store),
    usage: () => usageReport(plan, models.usage()),
    close: async () => disk?.close(),
  };
}

function storedAnswers({ plan, stopSwitch }: RunModelsOptions, store: AnswerStore): Models {
  const models = createModels({
    models: plan.models,
    transportFor: () => ({ send: () => Promise.reject(new Error('nothing is to be asked')) }),
    store: { ...store, remember: async () => undefined },
    runConfig: plan.recipe.run_config ?? {},
    emit: () => undefined,
    stop: stopSwitch.stop,
    abort: stopSwitch.abort,
  });
  return { ask: (request) => models.ask({ ...request, cachePolicy: 'cache-only' }) };
}
