import { relative, resolve } from 'node:path';
import type { Folders } from '../dataset/folders.js';
import type { RunOrigin } from '../dataset/metadata.js';
import type { OpenRecipeOptions } from './open-recipe.js';
import type { RunRequest } from './request.js';

/** How a run came about, for `metadata.json`. Paths are relative, so that a project can be moved as a whole. */
export function originOf(request: RunRequest, { dataset }: Folders): RunOrigin {
  const { plan, openedWith = {}, numRecords, shuffle } = request;
  return {
    recipe: relative(dataset, plan.file),
    cwd: relative(dataset, openedWith.cwd ?? process.cwd()),
    params: openedWith.params ?? {},
    set: openedWith.set ?? [],
    models: openedWith.models ?? [],
    num_records: numRecords ?? null,
    shuffle,
  };
}

/** The recipe of a dataset, and how it was opened. */
export function reopen(
  { recipe, cwd, params, set, models }: RunOrigin,
  dataset: string,
): { readonly file: string; readonly options: OpenRecipeOptions } {
  return { file: resolve(dataset, recipe), options: { params, set, models, cwd: resolve(dataset, cwd) } };
}

/** The same origin, as a dataset in another folder tells it. */
export function movedOrigin(origin: RunOrigin, from: string, to: string): RunOrigin {
  const moved = (path: string): string => relative(to, resolve(from, path));
  return { ...origin, recipe: moved(origin.recipe), cwd: moved(origin.cwd) };
}
