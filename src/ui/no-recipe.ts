import type { EmptyHanded } from '../app/find-recipes.js';
import { count } from './text.js';

/** Why nothing was found where recipes were looked for, and what to type. */
export function noRecipe({ given, kind, folder, files }: EmptyHanded): {
  readonly message: string;
  readonly hint: string;
} {
  const message = `there is no recipe in ${given}`;
  if (files === 0)
    return kind === 'folder'
      ? { message: `${message}: ${folder} has no YAML file`, hint: 'dd init writes a recipe to begin with' }
      : {
          message: `${message}: no file matches this pattern, seen from ${folder}`,
          hint: 'in a pattern, `*` stays in one folder and `**/` goes through all: recipes/**/*.yaml',
        };
  const looked =
    kind === 'folder'
      ? `${count(files, 'YAML file')} in ${folder}`
      : `${count(files, 'file')} that ${files === 1 ? 'matches' : 'match'} this pattern, seen from ${folder}`;
  return {
    message: `${message}: of ${looked}, none is one`,
    hint: 'a recipe has `columns:`, `seed_config:` or `model_configs:` at the left margin of a line; a file that is named is checked in any case',
  };
}
