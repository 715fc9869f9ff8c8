import type { Json, JsonObject, JsonPath, JsonSchema } from '../core/json.js';
import type { Modality } from '../core/media-type.js';
import type { Models, Task } from '../models/types.js';
import type { Problem } from '../core/problem.js';
import type { Result } from '../core/result.js';
import type { Reference } from '../template/types.js';
import type { Failure } from '../core/failure.js';
import type { ColumnConfig } from '../core/config.js';
import type { Random } from '../core/random.js';
import type { Sending } from '../core/sending.js';
import type { NamedProgram } from '../validators/own-code.js';

/** A reference, with its place in the column's configuration. */
export interface ColumnReference extends Reference {
  /** Path from the column's own object to the template: `['prompt']`. */
  readonly at: JsonPath;
  /** The template is the key at the end of `at`, not its value. */
  readonly onKey?: true;
  /** `at` begins at the root of the recipe. */
  readonly isFromRoot?: true;
}

/** Looks up the JSON Schema of another column's values, or of a field in them; `undefined` when it is not known. */
export type TypeLookup = (path: readonly string[]) => JsonSchema | undefined;

/** Files of images, sounds and films, as a cell may use them. */
export interface MediaFiles {
  /** The bytes of a file that a value names, or why it is not read. */
  read(path: string): Promise<Result<Buffer, string>>;
  /**
   * Keeps an image as a file of the dataset. The path from the folder of the dataset: it follows from the bytes.
   *
   * @param extension the end of its name: `png`
   */
  keep(column: string, bytes: Buffer, extension: string): Promise<string>;
}

/** The tools of a cell generator, besides the row. */
export interface CellContext {
  readonly models: Models;
  /** Absent where there are no files, as in tests of plugins. */
  readonly media?: MediaFiles | undefined;
  /** Identity of the row for this column; see `ModelRequest.rowId`. */
  readonly rowId: string;
  /** Position of the row in the run, from 0. */
  readonly row: number;
  /**
   * A generator of random numbers that depends on the seed of the run, the column and `rowId` alone: each call starts it
   * at the beginning. A column that uses it says so with `isRandom`.
   */
  random(): Random;
  /** A remark about the cell that cost nothing. Equal ones of a column are counted, and told when the run ends. */
  note?(text: string): void;
}

export type CellOutcome =
  | { readonly state: 'done'; readonly cells: JsonObject }
  /** The cell of a column that makes no other: faster, and enough for most. */
  | { readonly state: 'value'; readonly value: Json }
  | { readonly state: 'failed'; readonly failure: Failure };

/** A column that was read without mistakes: what it reads, what it makes, and how. */
export interface PreparedColumn {
  readonly name: string;
  readonly references: readonly ColumnReference[];
  /** The models that it calls, in order of fallback; empty for columns without a model. */
  readonly modelAliases: readonly string[];
  /** The programs that it starts, which need permission, with their places in the column. */
  readonly programs?: readonly NamedProgram[];
  /** Values of the environment that it sends to hosts other than those of its models, with their places in the column. */
  readonly sends?: readonly Sending[];
  /** What its models make; left out, words. */
  readonly task?: Task;
  /** What its prompts have besides words. */
  readonly modalities?: readonly Modality[];
  /** It draws random numbers: the values of all seed columns then identify its row, not only of those that it reads. */
  readonly isRandom?: boolean;
  /** Names of all columns it makes: its own first, then side columns such as `{name}__trace`. */
  readonly makes: readonly string[];
  /** The JSON Schemas of these columns, in the order of `makes`. */
  types(lookup: TypeLookup): readonly JsonSchema[];
  /** Reports mistakes that depend on the types of other columns. */
  check?(lookup: TypeLookup): readonly Problem[];
  /** A cell that is made at once is returned without a promise: that is faster. */
  generate(row: JsonObject, context: CellContext): CellOutcome | Promise<CellOutcome>;
}

/** A column type. To add one, write a file that exports it and add a line to `src/plugins/builtins.ts`. */
export interface ColumnType<Config extends ColumnConfig = ColumnConfig> {
  /** The value of `column_type`. */
  readonly type: string;
  /** One line that describes the column, for `dd schema` and editors. */
  readonly summary: string;
  /** JSON Schema of the keys of this type, besides those of every column. */
  readonly schema: {
    readonly properties: JsonObject;
    readonly required: readonly string[];
    /** Further keywords, such as `oneOf` for keys that exclude each other. */
    readonly rules?: JsonObject;
    /** Schemas that these refer to as `#/$defs/NAME`. */
    readonly definitions?: JsonObject;
  };
  /**
   * Reads one column. Mistakes go to `report`, with paths relative to the column's own object; a recipe with
   * mistakes is not run.
   *
   * @param recipe the whole recipe, for a type that depends on other parts of it; it may have mistakes
   */
  prepare(config: Config, report: (problem: Problem) => void, recipe: object): PreparedColumn;
}

/** A name that a template can read without brackets. */
export const COLUMN_NAME = String.raw`^[\p{L}_][\p{L}\p{M}\p{N}_]*$`;

export const COLUMN_NAME_RULE =
  'letters, digits and underscores, not beginning with a digit, so that a template can read it';

/** Data Designer lists the columns of the seed among the others; here they come from the seed itself. */
export const SEED_COLUMN = 'seed-dataset';
