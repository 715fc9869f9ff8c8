import type { ExampleField } from '../../core/config.js';
import type { JsonObject } from '../../core/json.js';
import type { OutputColumn } from '../../engine/types.js';
import type { Trainers } from './trainers.js';

/** Where the parts of an example are: a JSONata expression over the row for each. */
export type FieldMap = Readonly<Partial<Record<ExampleField, string>>>;

/** What an exporter may look at beside the rows. */
export interface ExportContext {
  /** The columns of the dataset, in order, each with the JSON Schema of its values. */
  readonly columns: readonly OutputColumn[];
  /** Where the parts of a training example are, as the person said with `--map`. */
  readonly fields: FieldMap;
  /** The end of the file's name, without a dot: `extension` of the exporter, or one of `otherExtensions`. */
  readonly extension: string;
  /** Which columns have pictures of the dataset: `one` in every row, or any number. Reads all rows, once. */
  pictures(): Promise<ReadonlyMap<string, 'one' | 'many'>>;
  /** Counts a row that the file has no place for, with the reason. */
  leftOut(reason: string): void;
  /** Counts a row that is written otherwise than it is in the dataset: what was changed, in words. */
  changed(what: string): void;
}

/** The lines of a file that a row becomes, or why the format has no place for the row. */
export type Lines = readonly JsonObject[] | string;

/** The columns of a dataset that is not made yet. */
export interface RecipeColumns {
  /** The schema of a column is `{}` when nothing is known of its values. */
  readonly columns: readonly OutputColumn[];
  /** Where the parts of a training example are, as the recipe says with `map`. */
  readonly fields: FieldMap;
  /** False when nothing in the recipe makes pictures, and no column of the seed can name one. */
  readonly mayHavePictures: boolean;
}

/** Why no row fits a format: a sentence, and what to do instead. */
export interface Lack {
  readonly message: string;
  readonly hint: string;
}

/** Thrown by an exporter when the dataset has not what its format needs: a sentence, and what to type. */
export class ExportError extends Error {
  constructor(
    message: string,
    readonly hint?: string,
  ) {
    super(message);
  }
}

/**
 * A file format that `dd export` writes. An exporter only encodes: dd reads the rows, writes the file and puts it
 * in its place in one step. A new one is a file that exports one of these, and a line in
 * `src/plugins/builtins.ts`, or an entry of a plugin.
 */
export interface Exporter {
  /** The value of `--format`. */
  readonly name: string;
  /** One line for people: what the file holds, and who reads it. */
  readonly summary: string;
  /** `examples`: for training; by default only rows that the recipe recommends. Default: `rows`. */
  readonly takes?: 'rows' | 'examples';
  /** The end of the file's name, without a dot: `jsonl`. */
  readonly extension: string;
  /**
   * For a format that is a folder: the name of its file of rows. Each split has a folder of its own. The pictures that
   * rows name are beside the file, as with every format.
   */
  readonly folderFile?: string;
  /** How trainers load the file; for the settings that dd writes beside it. */
  readonly trainers?: Trainers;
  /** Other ends of the name of `--output` that choose another encoding: `parquet`. */
  readonly otherExtensions?: readonly string[];
  /** What a recipe lacks, so that no row of its dataset fits the format: for `dd validate`, before there are rows. */
  lacks?(recipe: RecipeColumns): Lack | undefined;
  /**
   * For a format whose lines have another shape than the rows. dd calls the function that it returns for each row,
   * so that rows can be chosen by what is written of them, and gives the lines to `encode`.
   */
  shape?(context: ExportContext): (row: JsonObject) => Lines;
  /**
   * The file's content, piece by piece; texts are written as UTF-8. Rows, or the lines that `shape` made of them,
   * come in the order of the dataset.
   */
  encode(rows: AsyncIterable<JsonObject>, context: ExportContext): AsyncIterable<string | Uint8Array>;
}
