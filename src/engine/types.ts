import type { PreparedColumn } from '../columns/types.js';
import type { Json, JsonObject } from '../core/json.js';
import type { Model } from '../models/types.js';
import type { SeedColumn, SeedType } from '../seeds/types.js';
import type { RowCondition } from '../seeds/where.js';
import type { TextTemplate } from '../template/types.js';
import type { Failure } from '../core/failure.js';
import type { OnError, Recipe, SeedConfig } from '../core/config.js';
import type { CellFailure, RejectedRow } from '../core/events.js';
import type { DatasetColumn, PreparedProcessor } from '../processors/types.js';

/** A column with its place in the graph. */
export interface PlannedColumn {
  readonly column: PreparedColumn;
  readonly columnType: string;
  /** The recipe's columns that must be made first. */
  readonly dependsOn: readonly string[];
  /** Seed columns it reads, directly or through others. They identify a row for it. */
  readonly seedColumns: readonly string[];
  readonly skip: { readonly when: TextTemplate; readonly value: Json } | undefined;
  readonly propagateSkip: boolean;
  readonly onError: OnError;
}

/** A column of the dataset. */
export type OutputColumn = DatasetColumn;

/** Where rows come from, and the condition on them. */
export interface PlannedSeed {
  readonly config: SeedConfig;
  readonly type: SeedType;
  readonly where: RowCondition | undefined;
  /** Folders of the datasets that its rows are of, for their images. */
  readonly datasets?: readonly string[];
}

/** The condition for rows of the dataset; see `attempts.ts`. */
export interface PlannedAccept {
  readonly condition: RowCondition;
  /** How often a row is made until it passes. */
  readonly maxAttempts: number;
  readonly giveUpAfter: number;
}

/** A checked recipe, ready to run: every name in it is resolved. */
export interface Plan {
  readonly recipe: Recipe;
  /** Absolute path of the recipe file. */
  readonly file: string;
  /** The stage of a larger recipe that this is. */
  readonly stage?: { readonly name: string; readonly needs: readonly string[] };
  /** Of a stage: without seed rows, its dataset is empty. Left out, that is an error. */
  readonly mayBeEmpty?: boolean;
  readonly params: Readonly<Record<string, Json>>;
  readonly seed: PlannedSeed | undefined;
  /** Left out, every row that is made is wanted. */
  readonly accept?: PlannedAccept | undefined;
  /** Every random choice of the run follows from it. */
  readonly randomSeed: number;
  /** Every column after those it depends on; otherwise in the recipe's order. */
  readonly columns: readonly PlannedColumn[];
  /** The models that columns ask, by alias. */
  readonly models: ReadonlyMap<string, Model>;
  /** What is done with the rows after they are made, in order. */
  readonly processors: readonly PreparedProcessor[];
  /**
   * Columns of the rows before the processors: seed columns, then the recipe's, without dropped ones that no processor
   * reads.
   */
  readonly made: readonly OutputColumn[];
  /** Columns that no row of the dataset has, though a processor may read them. */
  readonly dropped: ReadonlySet<string>;
  /** Columns of the dataset in order: those that are made, as the processors leave them, without dropped ones. */
  readonly output: readonly OutputColumn[];
}

/** The cells to retry in a run that leaves all others as they are. */
export interface RetryScope {
  /** `retry`, or the failure to keep, for a cell that failed before; `undefined` when it did not fail. */
  fate(column: string, sample: string): 'retry' | Failure | undefined;
  /** True when other cells may send requests as well, for rows that are needed in place of others. */
  readonly mayAsk?: boolean;
}

/** A row whose cells are all made, failed or skipped. */
export interface FinishedRow {
  /** Position among the rows of this run, from 0. */
  readonly index: number;
  /** How often the row was made before, because it was not accepted. */
  readonly attempt: number;
  readonly seed: JsonObject;
  /** The cells, by column. */
  readonly cells: JsonObject;
  /** Failed cells that the row is lost with. */
  readonly failures: readonly CellFailure[];
  /** Failed cells that are null, by their `on_error`. */
  readonly nulled: readonly CellFailure[];
  /** Columns that were skipped in this row. */
  readonly skipped: readonly string[];
  /** The row as it is written, where it was made before it was judged. */
  readonly record?: JsonObject | undefined;
  /** Why `accept` does not take it. */
  readonly rejection?: Rejection | undefined;
  /** Attempts before this one, which were not accepted. */
  readonly earlier?: readonly FinishedRow[];
}

/** What a condition that did not hold has read. */
export type Rejection = Pick<RejectedRow, 'reason' | 'read'>;

export type { SeedColumn };
