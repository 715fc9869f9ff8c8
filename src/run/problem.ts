import type { JsonPath } from '../core/json.js';

/** Why a sound recipe could not be run: something that it, or the command line, asked for is not there. */
export interface RunProblem {
  readonly message: string;
  readonly hint?: string;
  /** The key of the recipe that asked for it. */
  readonly at?: JsonPath;
}
