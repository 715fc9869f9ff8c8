import type { JsonPath } from '../core/json.js';
import type { Span } from '../core/problem.js';

/** The recipe's text with a map from data back to places in it. */
export interface RecipeSource {
  readonly file: string;
  readonly text: string;
  /**
   * Where a value stands; the nearest enclosing one when there is nothing at `path` itself.
   * `within` narrows it to a part of a string, also inside block scalars.
   */
  locate(path: JsonPath, options?: { readonly onKey?: boolean; readonly within?: Span }): Span;
  /** The flag a value came from (`--set name`) when it does not stand in the file. */
  flagAt(path: JsonPath): string | undefined;
}
