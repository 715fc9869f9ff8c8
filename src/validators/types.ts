import type { Failure } from '../core/failure.js';
import type { Json, JsonObject, JsonPath, JsonSchema } from '../core/json.js';
import type { PluginFunctions } from '../core/plugin-function.js';
import type { Problem } from '../core/problem.js';
import type { Result } from '../core/result.js';
import type { Models } from '../models/types.js';
import type { Reference } from '../template/types.js';
import type { Sending } from '../core/sending.js';
import type { NamedProgram } from './own-code.js';

/**
 * A validator: what `validator_type` of a `validation` column names. A new one is a file that exports one of these, and
 * a line in `registry.ts`. `Params` is a `type`, not an `interface`.
 */
export interface ValidatorType<Params = JsonObject> {
  /** The value of `validator_type`. */
  readonly type: string;
  /** One line, for `dd schema` and editors. */
  readonly summary: string;
  /** JSON Schema of the keys of `validator_params`. Any other key is a mistake. */
  readonly schema: {
    readonly properties: JsonObject;
    readonly required: readonly string[];
    readonly rules?: JsonObject;
  };
  /** Reads the params once. Mistakes go to `report`, with paths relative to `validator_params`. */
  prepare(params: Params, report: (problem: Problem) => void, column: ValidatedColumn): PreparedValidator;
}

/** The column that a validator belongs to. */
export interface ValidatedColumn {
  readonly name: string;
  readonly targets: readonly string[];
  readonly batchSize: number;
  /** Functions of plugins. */
  readonly functions?: PluginFunctions;
}

/** One that checks each target column by itself, or one that checks the target columns of a row together. */
export type PreparedValidator = ColumnValidator | RowValidator;

export interface ColumnValidator {
  readonly checks: 'column';
  /** JSON Schema of a result: an object with `is_valid`. */
  readonly result: JsonSchema;
  /** @param value what is in the target column; never `null`, which is neither valid nor invalid */
  validate(value: Json): Promise<Result<JsonObject, Failure>>;
}

export interface RowValidator {
  readonly checks: 'row';
  readonly result: JsonSchema;
  /** What it starts, which needs permission. */
  readonly program?: NamedProgram;
  /** Values of the environment that it sends to hosts, with their places in `validator_params`. */
  readonly sends?: readonly Sending[];
  /** The columns that it reads besides the target columns, with the place of each in `validator_params`. */
  readonly references?: readonly (Reference & { readonly at: JsonPath })[];
  /** @param values the target columns, by name */
  validate(values: JsonObject, context: RowContext): Promise<Result<JsonObject, Failure>>;
}

export interface RowContext {
  /** All columns of the row. */
  readonly row: JsonObject;
  readonly models: Models;
  /** Position of the row in the run, from 0. */
  readonly index: number;
}

/** The value of `is_valid`: `null` where it is not known. */
export const VALIDITY: JsonSchema = { type: ['boolean', 'null'] };
