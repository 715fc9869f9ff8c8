import type { Json, JsonObject } from './json.js';
import type { Random } from './random.js';

/**
 * A function of a plugin that recipes name, for `custom` columns and validators. It gets a row and returns an object with
 * the values it makes, or a promise of one. An exception fails the row with its message.
 */
export interface PluginFunction {
  (row: JsonObject, context: FunctionContext): JsonObject | Promise<JsonObject>;
  /** The columns of the row that it reads, where the recipe does not say. */
  readonly required_columns?: readonly string[];
  /** The columns that it makes besides its own, where the recipe does not say. */
  readonly side_effect_columns?: readonly string[];
}

export interface FunctionContext {
  /** `params` of the recipe. */
  readonly params: Json;
  /** Position of the row in the run, from 0. */
  readonly index: number;
  /** Random numbers that depend on the seed of the run, the column and the row alone. Not for validators. */
  random?(): Random;
}

export type PluginFunctions = ReadonlyMap<string, PluginFunction>;
