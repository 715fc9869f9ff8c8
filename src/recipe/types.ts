import type { Registries } from './registries.js';
import type { Json } from '../core/json.js';
import type { Problem } from '../core/problem.js';
import type { Recipe } from '../core/config.js';
import type { RecipeSource } from './recipe-source.js';

/** A recipe that was read. If it has errors, it can only be reported on, not run. */
export interface LoadedRecipe {
  /** Absolute path. */
  readonly file: string;
  readonly source: RecipeSource;
  /** `undefined` when the text could not be parsed as a map. */
  readonly recipe: Recipe | undefined;
  /** Data Designer wrote it: it has its wrapper, or the version of its library. */
  readonly isExported: boolean;
  /** Values of the params: flags override defaults. */
  readonly params: Readonly<Record<string, Json>>;
  /** The built-in types and those of its plugins. */
  readonly registries: Registries;
  /** Absolute paths of the files that its `$ref`s point at, also of missing ones. */
  readonly schemaFiles: readonly string[];
  readonly problems: readonly Problem[];
}
