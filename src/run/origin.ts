import { relative, resolve } from 'node:path';
import type { Folders } from '../dataset/folders.js';
import type { RunOrigin } from '../dataset/metadata.js';
import type { Plan } from '../engine/types.js';
import type { OpenRecipeOptions } from './open-recipe.js';
import type { RowSelection } from './seed-rows.js';

/** How a run was started, for `metadata.json`. Paths are relative, so that a project can be moved as a whole. */
export function originOf(
  plan: Plan,
  { params = {}, set = [], models = [], cwd, stageOutputs = {} }: OpenRecipeOptions,
  { limit, shuffle = false }: RowSelection,
  { dataset }: Pick<Folders, 'dataset'>,
): RunOrigin {
  return {
    recipe: relative(dataset, plan.file),
    cwd: relative(dataset, cwd),
    params,
    set,
    models,
    num_records: limit ?? null,
    shuffle,
    ...(Object.keys(stageOutputs).length > 0 && { stage_outputs: stageOutputs }),
  };
}

/** The recipe file of a dataset, and the options it was opened with. */
export function reopen(
  { recipe, cwd, params, set, models, stage_outputs: stageOutputs = {} }: RunOrigin,
  dataset: string,
): { readonly file: string; readonly options: OpenRecipeOptions } {
  return {
    file: resolve(dataset, recipe),
    options: { params, set, models, stageOutputs, cwd: resolve(dataset, cwd) },
  };
}

/** The same origin, with paths relative to a dataset in another folder. */
export function movedOrigin(origin: RunOrigin, from: string, to: string): RunOrigin {
  const moved = (path: string): string => relative(to, resolve(from, path));
  return { ...origin, recipe: moved(origin.recipe), cwd: moved(origin.cwd) };
}
