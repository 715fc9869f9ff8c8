import type { Registries } from './registries.js';
import type { Json, JsonPath } from '../core/json.js';
import type { Problem, Span } from '../core/problem.js';
import type { Recipe } from '../core/config.js';

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

/** A recipe that was read. It may have problems; then only `dd validate` has a use for it. */
export interface LoadedRecipe {
  /** Absolute path. */
  readonly file: string;
  readonly source: RecipeSource;
  /** `undefined` when the text is not YAML at all. */
  readonly recipe: Recipe | undefined;
  /** Values of the params in force: flags over defaults. */
  readonly params: Readonly<Record<string, Json>>;
  /** The types that it can name: the built-in ones and those of its plugins. */
  readonly registries: Registries;
  /** Absolute paths of the files that its `$ref`s lead to, whether they are there or not. */
  readonly schemaFiles: readonly string[];
  readonly problems: readonly Problem[];
}
