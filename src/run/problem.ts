import type { JsonPath } from '../core/json.js';

/** Why a recipe without mistakes cannot be run: something that it, or the command line, asks for is missing. */
export interface RunProblem {
  readonly message: string;
  readonly hint?: string;
  /** The key of the recipe that asked for it. */
  readonly at?: JsonPath;
}
