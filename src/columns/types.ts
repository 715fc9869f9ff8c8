import type { JsonObject, JsonPath, JsonSchema } from '../core/json.js';
import type { Models } from '../models/types.js';
import type { Problem } from '../core/problem.js';
import type { Reference } from '../template/types.js';
import type { Failure } from '../core/failure.js';
import type { ColumnConfig } from '../core/config.js';

/** A reference together with where in the column's configuration it stands. */
export interface ColumnReference extends Reference {
  /** Path from the column's own object to the template: `['prompt']`. */
  readonly at: JsonPath;
}

/** Looks up the JSON Schema of another column's value, or of a field in it; `undefined` when not known. */
export type TypeLookup = (path: readonly string[]) => JsonSchema | undefined;

/** What the generator of one cell may use beside the row. */
export interface CellContext {
  readonly models: Models;
  /** Identity of the row for this column; see `ModelRequest.rowId`. */
  readonly sample: string;
  /** Position of the row in the run, from 0. */
  readonly row: number;
}

export type CellOutcome =
  | { readonly state: 'done'; readonly cells: JsonObject }
  | { readonly state: 'failed'; readonly failure: Failure };

/** A column that was read and found sound: what it needs, what it makes, and how. */
export interface PreparedColumn {
  readonly name: string;
  readonly references: readonly ColumnReference[];
  /** The models it asks, each when those before it have failed; empty for columns that ask none. */
  readonly modelAliases: readonly string[];
  /** Names of all columns it makes: its own first, then `{name}__trace` and the like. */
  readonly makes: readonly string[];
  /** JSON Schemas of what it makes, in the order of `makes`. */
  types(lookup: TypeLookup): readonly JsonSchema[];
  /** What is wrong that only shows beside the types of other columns. */
  check?(lookup: TypeLookup): readonly Problem[];
  generate(row: JsonObject, context: CellContext): Promise<CellOutcome>;
}

/** A kind of column. A new one is a file that exports one of these, and a line in `registry.ts`. */
export interface ColumnType<Config extends ColumnConfig = ColumnConfig> {
  /** The value of `column_type`. */
  readonly type: string;
  /** One line for people: what the column makes. */
  readonly summary: string;
  /** JSON Schema of the keys this kind has beside those of every column. */
  readonly schema: {
    readonly properties: JsonObject;
    readonly required: readonly string[];
    /** Further keywords, such as `oneOf` for keys that exclude each other. */
    readonly rules?: JsonObject;
  };
  /**
   * Reads one column. Mistakes go to `report`, with paths relative to the column's own object;
   * a column with mistakes is never run.
   */
  prepare(config: Config, report: (problem: Problem) => void): PreparedColumn;
}
/** Data Designer lists the seed's columns among the others; here the seed brings them by itself. */
export const SEED_COLUMN = 'seed-dataset';
