import type { ValidateFunction } from 'ajv/dist/2020.js';

/**
 * Validators as code, compiled before the program is started: that takes longer than all else `dd validate`
 * does. `npm run build` writes them over this module's output (`scripts/write-validators.mjs`). Without them,
 * as in tests of the sources, the same schemas are compiled when they are first needed.
 */
export interface ReadyValidators {
  /** The recipe's schema, with the built-in kinds of columns and seeds. */
  readonly recipe?: ValidateFunction;
  /** JSON Schema 2020-12 itself: what every author's schema must conform to. */
  readonly metaschema?: ValidateFunction;
}

export const readyValidators: ReadyValidators = {};
