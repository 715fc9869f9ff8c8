import type { ValidateFunction } from 'ajv/dist/2020.js';
import type { ColumnType } from '../columns/types.js';
import type { ProcessorType } from '../processors/types.js';
import type { ProviderDefinition } from '../models/types.js';
import type { SeedType } from '../seeds/types.js';
import type { Check } from './checks/check.js';

/** The types that a recipe can name, and the checks that it must pass. */
export interface Registries {
  readonly columnTypes: ReadonlyMap<string, ColumnType>;
  readonly seedTypes: ReadonlyMap<string, SeedType>;
  readonly processorTypes: ReadonlyMap<string, ProcessorType>;
  /** By the value of `provider_type`. */
  readonly providers: ReadonlyMap<string, ProviderDefinition>;
  readonly checks: readonly Check[];
  /** The formats that `exports` can name. */
  readonly exporters: ReadonlyMap<string, { readonly summary: string }>;
  /** The validator of the recipe's schema for these types, if it was compiled at build time. */
  readonly validate?: ValidateFunction | undefined;
}
