import type { JsonPath } from '../core/json.js';
import type { Span } from '../core/problem.js';

/** The text of a recipe, and the lookup from paths in its data to places in the text. */
export interface RecipeSource {
  readonly file: string;
  readonly text: string;
  /**
   * The place of a value, or of the nearest enclosing one when there is none at `path`. `within` narrows it to a
   * part of a string, also inside block scalars.
   */
  locate(path: JsonPath, options?: { readonly onKey?: boolean; readonly within?: Span }): Span;
  /** The flag that set a value (`--set name`); `undefined` for a value of the file. */
  flagAt(path: JsonPath): string | undefined;
  /** The path as it is in the file, where the recipe is one stage of it. */
  written?(path: JsonPath): JsonPath;
}
