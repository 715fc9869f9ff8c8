import type { PreparedColumn } from '../columns/types.js';
import type { Json, JsonObject, JsonSchema } from '../core/json.js';
import type { Failure, Model } from '../models/types.js';
import type { Recipe, SeedConfig } from '../recipe/types.js';
import type { SeedColumn, SeedNote, SeedType } from '../seeds/types.js';
import type { RowCondition } from '../seeds/where.js';
import type { TextTemplate } from '../template/types.js';

/** A column with its place in the graph. */
export interface PlannedColumn {
  readonly column: PreparedColumn;
  readonly columnType: string;
  /** Names of the recipe's columns that must be there first. */
  readonly dependsOn: readonly string[];
  /** Seed columns it reads, directly or through others: what makes two rows different to it. */
  readonly seedColumns: readonly string[];
  readonly skip: { readonly when: TextTemplate; readonly value: Json } | undefined;
  readonly propagateSkip: boolean;
}

/** A column of the dataset. */
export interface OutputColumn {
  readonly name: string;
  readonly schema: JsonSchema;
  readonly from: 'seed' | 'column';
}

/** Where rows come from, and which of them are wanted. */
export interface PlannedSeed {
  readonly config: SeedConfig;
  readonly type: SeedType;
  readonly where: RowCondition | undefined;
}

/** A recipe that was found sound, ready to be run: nothing in it can be unknown any more. */
export interface Plan {
  readonly recipe: Recipe;
  /** Absolute path of the recipe file. */
  readonly file: string;
  readonly params: Readonly<Record<string, Json>>;
  readonly seed: PlannedSeed | undefined;
  /** Every column after those it depends on; otherwise in the recipe's order. */
  readonly columns: readonly PlannedColumn[];
  /** The models that columns ask, by alias. */
  readonly models: ReadonlyMap<string, Model>;
  /** Columns of the dataset in order: seed columns, then the recipe's, without dropped ones. */
  readonly output: readonly OutputColumn[];
}

/** How a row ended. */
export type RowState = 'done' | 'failed' | 'skipped' | 'filtered';

/** A cell that failed, with its row. One line of `failures.jsonl`. */
export interface CellFailure {
  readonly row: number;
  readonly column: string;
  /** Identity of the row for this column (`Question.sample`); `undefined` where no column made the cell. */
  readonly sample?: string;
  readonly failure: Failure;
}

/** Which cells a run tries again, when it is to leave all others as they are. */
export interface RetryScope {
  /** What is to become of a cell that failed before; `undefined` when it did not. */
  fate(column: string, sample: string): 'retry' | Failure | undefined;
}

/** A row that came to its end. */
export interface FinishedRow {
  /** Position among the rows of this run, from 0. */
  readonly index: number;
  readonly seed: JsonObject;
  /** Every cell that was made, by column. */
  readonly cells: JsonObject;
  readonly failures: readonly CellFailure[];
  /** Columns that were skipped in this row. */
  readonly skipped: readonly string[];
}

export type StopReason =
  | { readonly kind: 'interrupted' }
  /** A failure that no retry heals: a wrong key, no credit. */
  | { readonly kind: 'fatal'; readonly failure: Failure; readonly column: string }
  /** A limit that the person set, or that the run's own failures reached. */
  | {
      readonly kind: 'limit';
      readonly limit: 'cost' | 'tokens' | 'error-rate';
      readonly message: string;
      readonly hint: string;
    };

export interface StartedColumn {
  readonly name: string;
  /** The models it asks, in turn; empty for columns that ask none. */
  readonly modelAliases: readonly string[];
}

/** What happens in a run. Progress, logs and reports only read these. */
export type RunEvent =
  /** The first row is about to be read. `rows` is the best guess where nobody has counted them yet. */
  | { readonly kind: 'start'; readonly columns: readonly StartedColumn[]; readonly rows: number }
  /** A better guess, from what has been read since. */
  | { readonly kind: 'rows-guessed'; readonly rows: number }
  /** The last row was begun; now their number is known. */
  | { readonly kind: 'rows-counted'; readonly rows: number }
  /** Something was done to the store before the run could use it. */
  | { readonly kind: 'store-note'; readonly text: string }
  /** Something in the seed gave no row, or not all of it could be used. */
  | { readonly kind: 'seed-note'; readonly note: SeedNote }
  | { readonly kind: 'row-admitted'; readonly row: number }
  | { readonly kind: 'cell-done'; readonly row: number; readonly column: string }
  | { readonly kind: 'cell-skipped'; readonly row: number; readonly column: string }
  | ({ readonly kind: 'cell-failed' } & CellFailure)
  /** A request went out to a server (not one answered by the store). */
  | { readonly kind: 'call-start'; readonly alias: string }
  | {
      readonly kind: 'call-end';
      readonly alias: string;
      readonly ok: boolean;
      readonly input: number;
      readonly output: number;
    }
  /** A model failed for good, and the next of the column is asked in its place. */
  | { readonly kind: 'fallback'; readonly alias: string; readonly next: string; readonly failure: Failure }
  /** A call will be tried again after a pause. */
  | { readonly kind: 'call-retry'; readonly alias: string; readonly reason: string; readonly waitMs: number }
  /** All that was asked for one cell in this run has come to its end: with a valid answer, or none. */
  | { readonly kind: 'asked'; readonly column: string; readonly failure: Failure | undefined }
  | { readonly kind: 'row-end'; readonly row: number; readonly state: RowState }
  | { readonly kind: 'stopping'; readonly reason: StopReason };

export type EventSink = (event: RunEvent) => void;

export type { SeedColumn };
