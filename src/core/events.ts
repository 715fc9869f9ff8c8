import type { OnError } from './config.js';
import type { Failure } from './failure.js';
import type { JsonObject } from './json.js';

/**
 * A remark about one seed entry. `filtered`: the entry, or a part of it, gave no row. `skipped`: it gave a row, but a
 * part of the file could not be used. `redacted`: secrets were replaced; the reason is their kind.
 */
export interface SeedNote {
  /** `note`: something to know that cost nothing. */
  readonly kind: 'filtered' | 'skipped' | 'redacted' | 'note';
  /** The file, as the user would name it. */
  readonly source: string;
  /** Why, in words: `empty file`, `2 lines are not valid JSON (first at line 80)`. */
  readonly reason: string;
  /** The number of lines, records or traces that this note counts. */
  readonly count: number;
}

/** How a row ended. */
export type RowState = 'done' | 'failed' | 'skipped' | 'filtered' | 'rejected';

/** A cell that failed, with its row. One line of `failures.jsonl`. */
export interface CellFailure {
  readonly row: number;
  readonly column: string;
  /** Identity of the row for this column (`ModelRequest.rowId`); `undefined` where no column made the cell. */
  readonly sample?: string;
  readonly failure: Failure;
  /** The attempt to make an accepted row, from 0; left out for the first. */
  readonly attempt?: number;
  /**
   * What came in its place: by `on_error` the cell is null and its row goes on, or the row was made once more.
   * `undefined` when the row failed with it.
   */
  readonly instead?: Exclude<OnError, 'fail'> | 'next_attempt';
}

/** A row that `accept` did not take. One line of `rejected.jsonl`. */
export interface RejectedRow {
  readonly row: number;
  readonly attempt: number;
  readonly reason: string;
  /** What the condition read, by path. */
  readonly read: JsonObject;
  /** The row as it would be in the dataset. */
  readonly record: JsonObject;
  /** Left out when the row was lost with it. */
  readonly instead?: 'next_attempt';
}

export type StopReason =
  | { readonly kind: 'interrupted' }
  /** A failure that no retry can fix: a wrong key, no credit. */
  | { readonly kind: 'fatal'; readonly failure: Failure; readonly column: string }
  /** A limit that the user or the provider set, or the error rate. */
  | {
      readonly kind: 'limit';
      readonly limit: 'cost' | 'tokens' | 'error-rate' | 'provider' | 'accept';
      readonly message: string;
      readonly hint: string;
    };

export interface StartedColumn {
  readonly name: string;
  /** The models that it calls, in order of fallback; empty for columns without a model. */
  readonly modelAliases: readonly string[];
}

/** The events of a run. Progress, logs and reports only read these. */
export type RunEvent =
  /** Before the first row is read. `rows` is an estimate until the rows are counted. */
  | {
      readonly kind: 'start';
      readonly columns: readonly StartedColumn[];
      readonly rows: number;
      /** How many rows must be accepted, with `accept`; `null` for as many as the seed gives. */
      readonly wanted?: number | null;
    }
  /** A better estimate, from the rows read so far. */
  | { readonly kind: 'rows-guessed'; readonly rows: number }
  /** The last row has started, so the number of rows is known. */
  | { readonly kind: 'rows-counted'; readonly rows: number }
  /** The answer store was repaired or replaced before the run. */
  | { readonly kind: 'store-note'; readonly text: string }
  /** A worker of the queue has something to say, such as why it does not work on this run. */
  | { readonly kind: 'worker-note'; readonly text: string }
  /** A remark about cells of a column, when the run ends: `rows` is how many it is about. */
  | { readonly kind: 'cell-note'; readonly column: string; readonly text: string; readonly rows: number }
  /** A remark about a seed entry. */
  /** Of a recipe with stages: the next one begins, number `index`, from 0, of `count`. */
  | { readonly kind: 'stage'; readonly stage: string; readonly index: number; readonly count: number }
  | { readonly kind: 'seed-note'; readonly note: SeedNote }
  /** The run is going to replace a finished dataset of `before` rows by one of at most `rows`. */
  | { readonly kind: 'smaller-dataset'; readonly before: number; readonly rows: number }
  | { readonly kind: 'row-admitted'; readonly row: number }
  | { readonly kind: 'cell-done'; readonly row: number; readonly column: string }
  | { readonly kind: 'cell-skipped'; readonly row: number; readonly column: string }
  | ({ readonly kind: 'cell-failed' } & CellFailure)
  /** A request was sent to a server (not answered from the store). */
  | {
      readonly kind: 'call-start';
      readonly alias: string;
      /** Milliseconds after which it is given up. */
      readonly timeoutMs?: number;
      /** How many requests the model may have in flight: now, and at most. */
      readonly concurrency?: { readonly limit: number; readonly ceiling: number };
    }
  | {
      readonly kind: 'call-end';
      readonly alias: string;
      readonly ok: boolean;
      readonly input: number;
      readonly output: number;
      /** US dollars; absent if the price or the tokens are not known. */
      readonly usd?: number;
    }
  /** A model failed after all retries, and the next one of the column is called. */
  | { readonly kind: 'fallback'; readonly alias: string; readonly next: string; readonly failure: Failure }
  /** A call will be retried after a pause. */
  | { readonly kind: 'call-retry'; readonly alias: string; readonly reason: string; readonly waitMs: number }
  /** Calls of a model wait for `ms` milliseconds from now. */
  | {
      readonly kind: 'waiting';
      readonly alias: string;
      readonly reason: string;
      /** What to check, where the server cannot be reached. */
      readonly hint?: string;
      readonly ms: number;
    }
  /** All calls for one cell have ended, with a valid answer or with a failure. */
  | { readonly kind: 'asked'; readonly column: string; readonly failure: Failure | undefined }
  /** An attempt to make a row ended, and `accept` does not take it. */
  | { readonly kind: 'row-rejected'; readonly row: number; readonly attempt: number; readonly reason: string }
  | { readonly kind: 'row-end'; readonly row: number; readonly state: RowState }
  | ({ readonly kind: 'batch' } & BatchEvent)
  | { readonly kind: 'stopping'; readonly reason: StopReason };

/** What happens to batches. `id` is ours, `batch` the provider's. */
export type BatchEvent =
  /** The requests that could be written down now, in so many new batches. */
  | { readonly step: 'planned'; readonly wave: number; readonly requests: number; readonly batches: number }
  /** `isAdopted`: an earlier, interrupted command had handed it in. */
  | (BatchName & { readonly step: 'submitted'; readonly requests: number; readonly isAdopted: boolean })
  /** Told when something has changed, and before a longer wait. */
  | (BatchName & {
      readonly step: 'status';
      readonly says: string;
      readonly answered?: number;
      readonly failed?: number;
      readonly requests: number;
      readonly ageMs: number;
      readonly nextMs: number;
    })
  | (BatchName & {
      readonly step: 'fetched';
      readonly says: string;
      readonly answered: number;
      readonly failed: number;
      /** Asked again with the next batch. */
      readonly unanswered: number;
      readonly usd?: number;
    })
  | { readonly step: 'note'; readonly text: string };

interface BatchName {
  readonly id: string;
  readonly batch: string;
  readonly alias: string;
  readonly provider: string;
}

export type EventSink = (event: RunEvent) => void;
