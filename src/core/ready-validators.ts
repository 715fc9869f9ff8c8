import type { ValidateFunction } from 'ajv/dist/2020.js';

/**
 * Validators compiled at build time, because compiling them takes longer than the rest of `dd validate`.
 * `npm run build` overwrites the output of this module with them (`scripts/write-validators.mjs`). Without a build,
 * as in tests of the sources, the same schemas are compiled on first use.
 */
export interface ReadyValidators {
  /** The recipe's schema with the built-in types. */
  readonly recipe?: ValidateFunction;
  /** The metaschema of JSON Schema 2020-12, which every schema in a recipe must match. */
  readonly metaschema?: ValidateFunction;
}

export const readyValidators: ReadyValidators = {};
