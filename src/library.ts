/** What `dd run`, `dd validate` and readers of datasets do, for programs. Nothing here is process-wide. */
import { join, resolve } from 'node:path';
import type { PartitionBlock } from './core/config.js';
import type { RunEvent } from './core/events.js';
import type { JsonObject } from './core/json.js';
import { err, ok, type Result } from './core/result.js';
import type { Metadata } from './dataset/metadata.js';
import { readLines, readRows } from './dataset/read-rows.js';
import { REJECTED } from './dataset/writer.js';
import { findDataset } from './run/find-dataset.js';
import { makeDataset } from './run/make-dataset.js';
import { makeStages } from './run/stages/make-stages.js';
import { openRecipe as open, type OpenedRecipe, type OpenRecipeOptions } from './run/open-recipe.js';
import type { RunProblem } from './run/problem.js';
import type { RunOutcome } from './run/request.js';

/** How a recipe is opened. Relative paths start at `cwd`, which is the program's folder when left out. */
export type RecipeOptions = Partial<Omit<OpenRecipeOptions, 'readSchema' | 'registries'>>;

/**
 * Reads a recipe and makes its plan. Finds every mistake at once, and calls no model.
 *
 * @param file the recipe; relative to `cwd`
 * @example
 * const recipe = await openRecipe('recipes/agent-rollout.yaml', { params: { trace_dir: 'traces' } });
 * for (const { severity, message, file, start } of recipe.diagnostics) console.error(severity, file, start, message);
 */
export function openRecipe(file: string, options: RecipeOptions = {}): Promise<OpenedRecipe> {
  return open(file, { download: true, ...options, cwd: options.cwd ?? process.cwd() });
}

/** The flags of `dd run`, with the same defaults. */
export interface RunOptions {
  /** Folder of datasets. Answers are kept in `.dd` beside it. Default: `artifacts`. */
  readonly artifactPath?: string;
  /** Name of the dataset's folder. Default: the recipe's name. */
  readonly datasetName?: string;
  /** Make a new folder with a timestamp instead of bringing the dataset of this name up to date. */
  readonly fresh?: boolean;
  /** At most this many rows. Default: all rows of the seed; 10 in a preview. */
  readonly numRecords?: number;
  /** Shuffle the seed first. Default: the recipe's `sampling_strategy`. */
  readonly shuffle?: boolean;
  /** Seed of every random choice. Default: the recipe's, or 0. */
  readonly seed?: number;
  /** Of a recipe with stages: make this one, and those it needs. Default: all. */
  readonly stage?: string;
  /** Make one block of the rows. */
  readonly partition?: PartitionBlock;
  /** Make rows and write no dataset. */
  readonly preview?: boolean;
  /** Call no model: fake answers that match the schemas. */
  readonly dryRun?: boolean;
  /** Ask for everything again; the new answers replace the stored ones. */
  readonly refresh?: boolean;
  /** Ask again for cells whose answer never became valid. */
  readonly retryFailed?: boolean;
  /** US dollars that the requests of this run may cost. */
  readonly maxCost?: number;
  /** Tokens that the requests of this run may use. */
  readonly maxTokens?: number;
  /** Ask in batches, at a lower price, where the provider has them. Models with `batch: true` are asked so without it. */
  readonly batch?: boolean;
  /** How invalid answers are corrected: with the next batch (default), or at once. */
  readonly batchCorrections?: 'batch' | 'online';
  /** Where keys come from. Default: the variables of the process. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Ends the run: no new request, and those in flight are cut off. Answers that are stored stay stored. */
  readonly signal?: AbortSignal;
  /** Ends the run gently: no new request, and those in flight are waited for and kept. */
  readonly stopSignal?: AbortSignal;
  /** What happens, as it happens. */
  readonly onEvent?: (event: RunEvent) => void;
  /** Each finished row, in order. */
  readonly onRow?: (row: JsonObject) => void;
}

/**
 * Makes the dataset of a recipe, or brings it up to date. Failed rows and refused keys are part of the outcome; a
 * run that cannot begin is an error. Rejects only for faults of the machine, such as a full disk.
 *
 * @example
 * const made = await run(recipe, { numRecords: 20, onEvent: (event) => console.error(event.kind) });
 * if (!made.ok) throw new Error(made.error.message);
 * console.log(made.value.metadata.rows.done, made.value.dataset);
 */
export async function run(
  recipe: OpenedRecipe,
  options: RunOptions = {},
): Promise<Result<RunOutcome, RunProblem>> {
  const { plan, stages, openedWith, diagnostics } = recipe;
  const mistake = diagnostics.find(({ severity }) => severity === 'error');
  if (mistake || !(plan ?? stages))
    return err({ message: `the recipe has mistakes: ${mistake?.message ?? 'see its diagnostics'}` });
  const { artifactPath = 'artifacts', datasetName, fresh, numRecords, shuffle, seed, partition } = options;
  const { preview, dryRun, refresh, retryFailed, maxCost, maxTokens, onEvent, onRow } = options;
  const { batch: inBatches, batchCorrections: corrections } = options;
  const never = new AbortController().signal;
  const { signal = never, stopSignal = never } = options;
  const request = {
    target: { artifactPath: resolve(openedWith.cwd, artifactPath), name: datasetName, ...given({ fresh }) },
    rows: { limit: numRecords, partition, ...given({ shuffle, seed }) },
    answers: given({ dryRun, refresh, retryFailed }),
    limits: given({ maxCost, maxTokens }),
    ...given({ preview, onEvent, onRow }),
    batch: given({ all: inBatches, corrections }),
    env: options.env ?? process.env,
    allowHosts: openedWith.allowHosts ?? false,
    interrupt: () => ({ stop: AbortSignal.any([signal, stopSignal]), abort: signal }),
  };
  if (plan) return makeDataset({ ...request, plan, openedWith });
  if (preview === true)
    return err({ message: 'a preview shows one stage', hint: 'name it when you open the recipe: { stage }' });
  const made = await makeStages({ ...request, recipe, stage: options.stage });
  if (!made.ok) return made;
  const { stages: all, exitCode } = made.value;
  const last = all.at(-1);
  if (!last) return err({ message: 'no stage was made' });
  return ok({ ...last.outcome, exitCode, stages: all });
}

/** A dataset on disk. Rows are read one at a time, as often as they are asked for. */
export interface Dataset {
  /** Its folder. */
  readonly folder: string;
  readonly metadata: Metadata;
  /** The rows, in seed order. Throws at a line that is damaged. */
  rows(): AsyncIterable<JsonObject>;
  /** The cells that failed, with every attempt. */
  failures(): AsyncIterable<JsonObject>;
  /** The rows that `accept` did not take, with what the condition read. */
  rejected(): AsyncIterable<JsonObject>;
}

/**
 * Opens a dataset by its folder, or by its name in the folder of datasets.
 *
 * @example
 * const dataset = await readDataset('agent-rollout');
 * if (dataset.ok) for await (const row of dataset.value.rows()) console.log(row.trace_id);
 */
export async function readDataset(
  name: string,
  {
    artifactPath = 'artifacts',
    cwd = process.cwd(),
  }: { readonly artifactPath?: string; readonly cwd?: string } = {},
): Promise<Result<Dataset, RunProblem>> {
  const found = await findDataset(name, artifactPath, cwd);
  if (!found.ok) return found;
  const { folder, metadata } = found.value;
  return ok({
    folder,
    metadata,
    rows: () => readRows(folder, metadata.parts),
    failures: () => readLines(join(folder, 'failures.jsonl')),
    rejected: () => (metadata.accept ? readLines(join(folder, REJECTED)) : noLines()),
  });
}

async function* noLines(): AsyncGenerator<never> {}

/** Only the values that were given: an option that is `undefined` is one that was left out. */
function given<Values extends object>(
  values: Values,
): { [Key in keyof Values]?: Exclude<Values[Key], undefined> } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as {
    [Key in keyof Values]?: Exclude<Values[Key], undefined>;
  };
}
