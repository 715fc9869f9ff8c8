import type { Json, JsonObject } from './json.js';
import type { Random } from './random.js';

/**
 * A function of a plugin that recipes name, for `custom` columns and validators.
 *
 * @param row the columns in `required_columns`, or the targets of a validator; a copy, which it may change
 * @returns an object, or a promise of one: the column under its own name and each of `side_effect_columns`; for a
 * validator, `is_valid` (true, false or null) and what else is worth knowing
 * @throws anything: the row fails with its message
 * @example
 * const rate: PluginFunction = (row, { params }) => ({ rating: String(row['text']).length > Number(params) ? 5 : 1 });
 */
export interface PluginFunction {
  (row: JsonObject, context: FunctionContext): JsonObject | Promise<JsonObject>;
  /** The columns of the row that it reads, where the recipe does not say. */
  readonly required_columns?: readonly string[];
  /** The columns that it makes besides its own, where the recipe does not say. */
  readonly side_effect_columns?: readonly string[];
}

/** What a `PluginFunction` gets beside the row. */
export interface FunctionContext {
  /** `params` of the recipe, `null` without. */
  readonly params: Json;
  /** Position of the row in the run, from 0. */
  readonly index: number;
  /** Random numbers that depend on the seed of the run, the column and the row alone. Not for validators. */
  random?(): Random;
}

export type PluginFunctions = ReadonlyMap<string, PluginFunction>;
