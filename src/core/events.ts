import type { Failure } from './failure.js';

/**
 * What was noticed while reading an entry. `filtered` means that the entry, or a part of it, gave no row;
 * `skipped` that the row is there but something in the file could not be used; `redacted` that secrets were
 * replaced, with their kind as the reason.
 */
export interface SeedNote {
  readonly kind: 'filtered' | 'skipped' | 'redacted';
  /** The file, as the user would name it. */
  readonly source: string;
  /** Why, in words: `empty file`, `2 lines are not valid JSON (first at line 80)`. */
  readonly reason: string;
  /** How many lines, records or traces this note stands for. */
  readonly count: number;
}
/** How a row ended. */
export type RowState = 'done' | 'failed' | 'skipped' | 'filtered';

/** A cell that failed, with its row. One line of `failures.jsonl`. */
export interface CellFailure {
  readonly row: number;
  readonly column: string;
  /** Identity of the row for this column (`ModelRequest.rowId`); `undefined` where no column made the cell. */
  readonly sample?: string;
  readonly failure: Failure;
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
