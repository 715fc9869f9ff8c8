import type { Plugin } from './plugins/plugin.js';
import { builtInRegistries, type Registries } from './plugins/registries.js';
import type { RecipeOptions } from './library.js';
import { openRecipe, type OpenedRecipe } from './run/open-recipe.js';

/** dd with the types that a program brings itself. */
export interface Dd {
  /** Every column type, seed type, check and exporter there is, by name. */
  readonly registries: Registries;
  /** Reads a recipe and makes its plan. Finds every mistake at once, and calls no model. */
  openRecipe(file: string, options?: RecipeOptions): Promise<OpenedRecipe>;
}

/**
 * Makes a dd that knows further column types, seed types, checks and exporters. Nothing is global: two of them in
 * one process do not see each other's.
 *
 * @throws TypeError when two things of one kind have the same name
 * @example
 * const dd = createDd({ columns: [shout] });
 * const recipe = await dd.openRecipe('recipe.yaml');
 */
export function createDd(extensions: Omit<Plugin, 'name'> = {}): Dd {
  const registries = builtInRegistries.with([{ name: 'this program', ...extensions }]);
  if (!registries.ok) throw new TypeError(registries.error);
  return {
    registries: registries.value,
    openRecipe: (file, options = {}) =>
      openRecipe(file, {
        download: true,
        ...options,
        cwd: options.cwd ?? process.cwd(),
        registries: registries.value,
      }),
  };
}
