import type { ValidateFunction } from 'ajv/dist/2020.js';
import type { ColumnType } from '../columns/types.js';
import type { ExampleField } from '../core/config.js';
import type { DatasetColumn, ProcessorType } from '../processors/types.js';
import type { ProviderDefinition } from '../models/types.js';
import type { SeedType } from '../seeds/types.js';
import type { Check } from './checks/check.js';

/** What a recipe needs to know of an exporter. */
export interface ExportFormat {
  readonly summary: string;
  /** Present for training examples. */
  readonly shape?: unknown;
  lacks?(recipe: {
    readonly columns: readonly DatasetColumn[];
    readonly fields: Readonly<Partial<Record<ExampleField, string>>>;
    readonly mayHavePictures: boolean;
  }): { readonly message: string; readonly hint: string } | undefined;
}

/** The types that a recipe can name, and the checks that it must pass. */
export interface Registries {
  readonly columnTypes: ReadonlyMap<string, ColumnType>;
  readonly seedTypes: ReadonlyMap<string, SeedType>;
  readonly processorTypes: ReadonlyMap<string, ProcessorType>;
  /** By the value of `provider_type`. */
  readonly providers: ReadonlyMap<string, ProviderDefinition>;
  readonly checks: readonly Check[];
  /** The formats that `exports` can name. */
  readonly exporters: ReadonlyMap<string, ExportFormat>;
  /** The validator of the recipe's schema for these types, if it was compiled at build time. */
  readonly validate?: ValidateFunction | undefined;
}
