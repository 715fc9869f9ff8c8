import type { ValidateFunction } from 'ajv/dist/2020.js';
import type { ColumnType } from '../columns/types.js';
import type { SeedType } from '../seeds/types.js';

/** The kinds of columns and seeds there are: what a recipe may name. */
export interface Registries {
  readonly columnTypes: ReadonlyMap<string, ColumnType>;
  readonly seedTypes: ReadonlyMap<string, SeedType>;
  /** The validator of the recipe's schema for these kinds, where it was compiled in advance. */
  readonly validate?: ValidateFunction | undefined;
}
