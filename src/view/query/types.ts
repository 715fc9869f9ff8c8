/** What the page of `dd view` asks for and gets: shared by the server, the page and published folders. */
import type { Json, JsonObject } from '../../core/json.js';
import type { Decisions } from '../../dataset/decisions.js';

/** Comparisons of a filter. Texts are compared as texts, numbers as numbers; of a list one item is enough. */
export const OPERATORS = [
  'is',
  'is-not',
  'contains',
  'lacks',
  'matches',
  'less',
  'at-most',
  'more',
  'at-least',
  'empty',
  'filled',
] as const;

export type Operator = (typeof OPERATORS)[number];

/** A condition on one column or dotted path: `sft_record.difficulty` `is` `hard`. */
export interface Filter {
  readonly path: string;
  readonly operator: Operator;
  /** What was typed; empty for `empty` and `filled`. */
  readonly value: string;
}

export interface Sort {
  readonly path: string;
  readonly descending: boolean;
}

/** Which rows, in which order. All filters hold, and the text is somewhere in the row. */
export interface Query {
  readonly filters: readonly Filter[];
  /** A text in any letter case, or `/a regular expression/`. */
  readonly search: string;
  /** The order of the dataset when left out. */
  readonly sort?: Sort;
}

/** Where a column is shown. `scores` are judges' scores and verdicts, and made columns of a few values. */
export type Group = 'seed' | 'made' | 'scores';

export interface ViewColumn {
  /** A column, or a path into one for a judge's score. */
  readonly path: string;
  readonly label: string;
  readonly group: Group;
  readonly description?: string;
  /** For a judge's score: the path of its reasons. */
  readonly reasons?: string;
  /** For a judge's score: the values that it may have, from the highest on. */
  readonly options?: readonly (string | number)[];
}

/** One dataset of the page. */
export interface DatasetInfo {
  readonly name: string;
  readonly recipe: string;
  /** How its run ended; `running` while it is made for the first time, `killed` if that run has ended without a word. */
  readonly status: string;
  /** True while a run writes it, or the version that will replace it. */
  readonly isBeingMade: boolean;
  readonly fabricated: boolean;
  readonly columns: readonly ViewColumn[];
  /** Columns that the table shows at first. */
  readonly shown: readonly string[];
  readonly rows: number;
  /** Rows whose columns can be filtered and sorted by; the others are being read. */
  readonly indexed: number;
  /** Failed cells in `failures.jsonl`. */
  readonly failures: number;
  /** Changes when another version of the dataset took its place. */
  readonly version: number;
}

export interface ViewInfo {
  readonly datasets: readonly DatasetInfo[];
  /** True where reviews cannot be saved: a published folder. */
  readonly readOnly: boolean;
}

/**
 * What a table shows of a value: short values as they are, long texts cut, lists and objects in words, and of pictures
 * that are files of the dataset the first ones, by their paths.
 */
export type Preview = null | boolean | number | string | InWords | Pictures;

interface InWords {
  readonly about: string;
}

interface Pictures {
  readonly pictures: readonly string[];
}

/** A review as the page shows it. */
export interface ShownReview extends Decisions {
  readonly at: string;
  /** True if the answers have changed since. */
  readonly outdated: boolean;
}

export interface ListedRow {
  /** Position in the dataset, from 0. */
  readonly row: number;
  readonly cells: Readonly<Record<string, Preview>>;
  readonly review?: ShownReview;
}

export interface RowsPage {
  /** Rows that the query finds. */
  readonly found: number;
  /** Rows of the dataset. */
  readonly of: number;
  readonly offset: number;
  readonly rows: readonly ListedRow[];
  /** Why the query cannot be answered: a regular expression that is wrong or too slow. */
  readonly problem?: string;
}

/** Where a row is among those that a query finds. */
export interface Place {
  /** Its position, or the position where it would be. */
  readonly index: number;
  readonly isFound: boolean;
  readonly previous?: number;
  readonly next?: number;
  readonly found: number;
}

export interface RecordView {
  readonly row: number;
  readonly key: string;
  readonly value: JsonObject;
  /** Set where the line is no JSON object: its text. */
  readonly damaged?: string;
  readonly review?: ShownReview;
  /** Pictures that it names by paths in the folder of the recipe, by column: where to ask for each. */
  readonly context?: Readonly<Record<string, readonly string[]>> | undefined;
}

/** The row of another dataset that belongs to a row. */
export interface PairView {
  /** How rows are paired: by their trace, or by their number in the seed. */
  readonly by: 'trace_id' | 'number';
  /** Missing where the other dataset has no such row. */
  readonly record?: RecordView;
  /** False while the other dataset is being read: the row may still be found. */
  readonly isRead: boolean;
}

/** How often each value of a column occurs. */
export interface Facet {
  readonly path: string;
  readonly bars: readonly Bar[];
}

export interface Bar {
  readonly label: string;
  /** The filters that a click on the bar sets. */
  readonly filters: readonly Filter[];
  readonly all: number;
  /** Of the rows that the query finds. */
  readonly found: number;
}

/** How far a person's scores and a judge's agree. */
export interface Agreement {
  readonly path: string;
  readonly count: number;
  /** Equal scores. */
  readonly equal: number;
  /** Cohen's kappa with quadratic weights; `null` where it has no value, as when all scores are equal. */
  readonly kappa: number | null;
}

/** The request of a column that asks a model, or why there is none. */
export interface ShownPrompt {
  readonly column: string;
  readonly model?: string;
  readonly messages?: readonly JsonObject[];
  readonly problem?: string;
}

export interface FailedCell {
  readonly row: number;
  readonly column: string;
  readonly class: string;
  readonly message: string;
  readonly hint?: string;
  readonly attempts: readonly {
    readonly class: string;
    readonly message: string;
    readonly alias?: string;
    readonly answer?: string;
  }[];
  readonly seed: JsonObject;
}

/** What a published folder has beside the rows of a dataset, in `dataset.json`. */
export interface PublishedDataset {
  /** Number of files with rows. */
  readonly chunks: number;
  readonly failures: readonly FailedCell[];
  readonly agreement: readonly Agreement[];
  /** Numbers in the seed of all rows that failed. */
  readonly failedRows: readonly number[];
}

/** The value at a column or dotted path; `undefined` where there is none. */
export function valueAt(row: JsonObject, path: string): Json | undefined {
  if (Object.hasOwn(row, path)) return row[path];
  let value: Json | undefined = row;
  for (const key of path.split('.')) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
    value = (value as JsonObject)[key];
  }
  return value;
}
