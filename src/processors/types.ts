/**
 * Processors change the rows of a dataset after they are made: the list `processors` of a recipe. Each takes the rows of
 * the one before it as a stream, in seed order, and gives its own; one that needs all rows at once keeps them in
 * temporary files. So a run never holds all rows in memory, and the result does not depend on how often it was stopped.
 */
import type { ColumnReference, TypeLookup } from '../columns/types.js';
import type { ProcessorConfig } from '../core/config.js';
import type { Json, JsonObject, JsonPath, JsonSchema } from '../core/json.js';
import type { Problem } from '../core/problem.js';

/** A column of a dataset. */
export interface DatasetColumn {
  readonly name: string;
  readonly schema: JsonSchema;
  readonly from: 'seed' | 'column';
}

/** A row on its way through the processors. */
export interface PassingRow {
  readonly row: JsonObject;
  /** The number of its row in the run, from 0, as in `failures.jsonl`. Rows of one row that was split share it. */
  readonly number: number;
}

/** What a processor is given in a run. */
export interface ProcessorContext {
  /** Every random choice follows from it. */
  readonly randomSeed: number;
  /** The path of a temporary file that is not there yet. */
  temporaryFile(): Promise<string>;
  /** Records a row that the processor does not pass on, in `processors-files/NAME/left-out.jsonl`. */
  leaveOut(row: PassingRow, reason: string, details?: JsonObject): Promise<void>;
  /** Adds a row to the dataset that it makes beside the main one. */
  write(row: JsonObject): Promise<void>;
  /** Says once in the summary what there is to know. */
  note(text: string): void;
}

/** A processor that was read without mistakes. */
export interface PreparedProcessor {
  readonly name: string;
  readonly type: string;
  /** What its templates and expressions read. */
  readonly references: readonly ColumnReference[];
  /** The columns that it names as they are. */
  readonly named: readonly NamedColumn[];
  /** The columns of the rows that it passes on. */
  readonly columns: readonly DatasetColumn[];
  /** The columns of the dataset that it makes beside the main one. */
  readonly beside?: readonly DatasetColumn[];
  /** Of one that passes rows on as they are: how many, of so many. Left out where that depends on what is in them. */
  readonly countOf?: (rows: number) => number;
  /** The rows that it passes on. Called once in a run. */
  pass(rows: AsyncIterable<PassingRow>, context: ProcessorContext): AsyncIterable<PassingRow>;
}

export interface NamedColumn {
  readonly name: string;
  /** Path from the processor's own object. */
  readonly at: JsonPath;
}

/** What is known of the rows when a processor is read. */
export interface ProcessorInput {
  /** The columns of the rows that it gets, those with `drop: true` included: they are left out at the end. */
  readonly columns: readonly DatasetColumn[];
  /** The columns with `drop: true`. */
  readonly dropped: ReadonlySet<string>;
  /** False when some columns are not known, because of mistakes elsewhere. */
  readonly isComplete: boolean;
  readonly typeOf: TypeLookup;
}

/** A processor type. To add one, write a file that exports it and add a line to `src/plugins/builtins.ts`. */
export interface ProcessorType<Config extends ProcessorConfig = ProcessorConfig> {
  /** The value of `processor_type`. */
  readonly type: string;
  /** One line that describes it, for `dd schema` and editors. */
  readonly summary: string;
  /** JSON Schema of its keys, besides `processor_type` and `name`. */
  readonly schema: {
    readonly properties: JsonObject;
    readonly required: readonly string[];
    /** Further keywords, such as `oneOf` for keys that exclude each other. */
    readonly rules?: JsonObject;
  };
  /** Reads one processor. Mistakes go to `report`, with paths relative to its own object. */
  prepare(config: Config, input: ProcessorInput, report: (problem: Problem) => void): PreparedProcessor;
}

/** The names under a key that takes one column or several. */
export function namedColumns(key: string, names: string | readonly string[] = []): readonly NamedColumn[] {
  return typeof names === 'string'
    ? [{ name: names, at: [key] }]
    : names.map((name, index) => ({ name, at: [key, index] }));
}

/** JSON Schema of a key that takes one column or several. */
export const columnsSchema = (description: string): JsonSchema => ({
  description,
  anyOf: [
    { type: 'string', minLength: 1 },
    { type: 'array', minItems: 1, items: { type: 'string', minLength: 1 } },
  ],
});

/** A value of a row; `null` where there is none. */
export const valueOf = ({ row }: PassingRow, column: string): Json =>
  (Object.hasOwn(row, column) ? row[column] : undefined) ?? null;
