import type { ValidityReport } from './report/validity.js';
import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { parse, stringify } from 'yaml';
import type { OutputColumn, Plan } from '../engine/types.js';
import { canonicalJson, isObject, type Json, type JsonObject } from '../core/json.js';
import type { PartitionBlock, Prices } from '../core/config.js';
import type { SeedNote } from '../core/events.js';

/** How a run ended. `stopped`: key or credit refused; `limited`: by a limit of cost, tokens or failures. */
export type RunStatus = 'finished' | 'interrupted' | 'stopped' | 'limited';

/** Every seed row is done, failed, skipped or unfinished; what was filtered gave none. */
export interface RowCounts {
  readonly done: number;
  readonly failed: number;
  /** Rows in which every column was skipped; they are in the dataset. */
  readonly skipped: number;
  /** Parts of the seed that gave no row, with their reasons in `seed_notes`. */
  readonly filtered: number;
  /** Rows that had started or were due when the run was stopped. */
  readonly unfinished: number;
  /** Rows that `accept` did not take, in no attempt; absent without it. */
  readonly rejected?: number;
}

/** How often rows were made for `accept`, by how the attempt ended. */
export interface AcceptCounts {
  /** `null` for as many as the seed gives. */
  readonly wanted: number | null;
  readonly accepted: number;
  /** The lines of `rejected.jsonl`. */
  readonly rejected: number;
  readonly failed: number;
}

/** Sums over answers. Answers whose server did not count tokens are not included, but counted separately. */
export interface TokenSums {
  readonly input: number;
  readonly output: number;
  readonly cached: number;
  readonly reasoning: number;
  readonly answers_uncounted: number;
}

/** Calls, tokens and cost of one alias, or of one of its columns. */
export interface UsageCounts {
  readonly calls: number;
  readonly failed_calls: number;
  /** Answers taken from the store instead of being asked again. */
  readonly stored_answers: number;
  /** Cells whose value came from it. */
  readonly cells: number;
  /** Answers that came in batches, at their lower price; absent when there are none. */
  readonly batch_answers?: number;
  /** Answers whose JSON had to be repaired; absent when there are none. */
  readonly repaired_answers?: number;
  /** Doubts about answers that were taken, with the number of answers; absent when there are none. */
  readonly notes?: Readonly<Record<string, number>>;
  /** Calls of tools by name; absent when there are none. */
  readonly tool_calls?: Readonly<Record<string, number>>;
  /** Those whose results were taken from the store. */
  readonly stored_tool_calls?: Readonly<Record<string, number>>;
  readonly tokens: TokenSums;
  /** The tokens of the stored answers, spent by earlier runs. */
  readonly stored_tokens: TokenSums;
  /** US dollars, at current prices; `null` when they are not known. */
  readonly cost_usd: number | null;
  readonly stored_cost_usd: number | null;
}

export interface ColumnUsage extends UsageCounts {
  readonly column: string;
}

export interface AliasUsage extends UsageCounts {
  readonly alias: string;
  readonly provider: string;
  readonly model: string;
  /** US dollars per million tokens, and the source; `null` when they are not known. */
  readonly prices: (Prices & { readonly from: 'recipe' | 'table' }) | null;
  readonly columns: readonly ColumnUsage[];
}

/** The spending on all models together. */
export interface Spent {
  readonly tokens: TokenSums;
  readonly usd: number | null;
  /** True when some of the cost is not known; it is `usd` or more. */
  readonly usd_is_minimum: boolean;
}

export interface CostReport {
  readonly this_run: Spent;
  /** The spending on all answers of the dataset, in this run and earlier ones. */
  readonly dataset: Spent;
  /** The day of the built-in table of prices. */
  readonly prices_as_of: string;
}

/** The data needed to make the same rows again: how the recipe was opened, and which rows were chosen. */
export interface RunOrigin {
  /** The recipe's path, and the folder that relative paths on the command line meant, both from the dataset's folder. */
  readonly recipe: string;
  readonly cwd: string;
  readonly params: Readonly<Record<string, string>>;
  readonly set: readonly string[];
  readonly models: readonly string[];
  readonly num_records: number | null;
  readonly shuffle: boolean;
  /** Files that were read in place of stages, as they were typed; absent when there are none. */
  readonly stage_outputs?: Readonly<Record<string, string>>;
}

/** What a processor did with the rows. */
export interface ProcessorCounts {
  readonly name: string;
  readonly type: string;
  readonly rows_in: number;
  readonly rows_out: number;
  /** Rows that it did not pass on, by reason. They are in `processors-files/NAME/left-out.jsonl`. */
  readonly left_out: Readonly<Record<string, number>>;
  /** The dataset in `processors-files/NAME`, for a processor that makes one. */
  readonly dataset?: {
    readonly rows: number;
    readonly parts: number;
    readonly columns: readonly OutputColumn[];
  };
  readonly notes?: readonly string[];
}

/** `metadata.json`: the description of a dataset and of the run that made it. */
export interface Metadata {
  readonly dataset: string;
  readonly status: RunStatus;
  /** True when no model was asked: `--dry-run` generated the answers. */
  readonly fabricated: boolean;
  readonly recipe: { readonly name: string; readonly file: string; readonly sha256: string };
  /** The stage that this dataset is, of a recipe with `stages`, and the stages whose rows it was made from. */
  readonly stage?: { readonly name: string; readonly needs: readonly string[] };
  readonly params: JsonObject;
  readonly origin: RunOrigin;
  readonly seed: number;
  /** The block of seed rows in this dataset; `null` for all rows. */
  readonly partition: PartitionBlock | null;
  /** False when the run was stopped before all seed rows were seen: the number of remaining rows is then unknown. */
  readonly seed_read_to_end: boolean;
  readonly rows: RowCounts;
  /** Given when `--num-records` asked for more rows than the seed has, and `cycle` is off. */
  readonly shortfall?: { readonly asked: number; readonly found: number };
  /** Absent without `accept`. */
  readonly accept?: AcceptCounts;
  readonly failures: Readonly<Record<string, number>>;
  /** Cells that failed and are null by `on_error`, by column; absent when there are none. */
  readonly null_cells?: Readonly<Record<string, number>>;
  /**
   * How many cells of each `validation` column are valid, of the rows that were made, before processors; with several
   * target columns under `column.target`. `unknown` could not be checked. Absent without such a column.
   */
  readonly validity?: Readonly<Record<string, Omit<ValidityReport, 'name'>>>;
  readonly seed_notes: readonly SeedNote[];
  readonly columns: readonly OutputColumn[];
  /** What each processor did, in order; absent where the recipe has none. */
  readonly processors?: readonly ProcessorCounts[];
  /**
   * In a partition of a recipe with processors: its rows are as they were made, and `dd merge` runs the processors and
   * then leaves out the columns of `dropped`.
   */
  readonly processors_due?: { readonly dropped: readonly string[] };
  readonly parts: number;
  readonly usage: readonly AliasUsage[];
  readonly cost: CostReport;
  readonly started_at: string;
  readonly finished_at: string;
  readonly seconds: number;
  readonly dd_version: string;
  readonly node_version: string;
}

/** The rows that are in a dataset: those that were made, unless processors changed their number. */
export function writtenRows({ processors, rows }: Pick<Metadata, 'processors' | 'rows'>): number {
  return processors?.at(-1)?.rows_out ?? rows.done + rows.skipped;
}

/** The part of the metadata that follows from the plan alone. */
export function describePlan(plan: Plan): Pick<Metadata, 'recipe' | 'stage' | 'params' | 'columns'> {
  return {
    recipe: { name: plan.recipe.name, file: basename(plan.file), sha256: recipeHash(plan) },
    ...(plan.stage && { stage: plan.stage }),
    params: { ...plan.params },
    columns: plan.output,
  };
}

/** Writes `metadata.json` and `recipe.yaml`, the recipe as it was run: params and overrides filled in. */
export async function writeMetadata(folder: string, metadata: Metadata, plan: Plan): Promise<void> {
  await writeFile(join(folder, 'metadata.json'), metadataText(metadata));
  // The values of the params are already filled in; the params themselves would have no effect.
  const { params: _filledIn, ...recipe } = plan.recipe;
  await writeFile(join(folder, 'recipe.yaml'), stringify(recipe, { lineWidth: 100 }));
}

export function metadataText(metadata: Metadata): string {
  return `${JSON.stringify(metadata, null, 2)}\n`;
}

/** The metadata of a dataset; `undefined` when there is none or it cannot be read. */
export async function readMetadata(folder: string): Promise<Metadata | undefined> {
  try {
    return JSON.parse(await readFile(join(folder, 'metadata.json'), 'utf8')) as Metadata;
  } catch {
    return undefined;
  }
}

/** The recipe as it was run, from its copy in the dataset; empty when there is none. */
export async function readRecipe(folder: string): Promise<JsonObject> {
  const recipe = parse(await readFile(join(folder, 'recipe.yaml'), 'utf8').catch(() => '')) as Json;
  return isObject(recipe) ? recipe : {};
}

/** SHA-256 of a recipe as it is run. What is exported later changes no row. */
export function recipeHash(plan: Plan): string {
  const { exports: _exports, ...recipe } = plan.recipe;
  return createHash('sha256')
    .update(canonicalJson(recipe as unknown as Json))
    .digest('hex');
}
