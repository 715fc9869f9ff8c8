import type { Registries } from './registries.js';
import type { Json } from '../core/json.js';
import type { Problem } from '../core/problem.js';
import type { Recipe } from '../core/config.js';
import type { RecipeSource } from './recipe-source.js';

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
