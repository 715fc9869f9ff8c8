import type { JsonPath } from '../core/json.js';
import type { Problem } from '../core/problem.js';
import { flagOf } from '../recipe/params/specs.js';
import type { RecipeSource } from '../recipe/recipe-source.js';

/** Why a recipe without mistakes cannot be run: something that it, or the command line, asks for is missing. */
export interface RunProblem {
  readonly message: string;
  readonly hint?: string;
  /** The key of the recipe that asked for it. */
  readonly at?: JsonPath;
}

/** A worker starts no program and calls no server that a run names which it takes from a queue. */
export const notOnQueue = (what: string, at: JsonPath): RunProblem => ({
  message: `workers of a queue ${what}`,
  hint: 'run this recipe without --queue, and with DD_QUEUE unset',
  at,
});

/** Adds to a problem the flag that changes its value: the flag of the param it comes from, or `--set`. */
export function withFlag(problem: Problem, source: RecipeSource): Problem {
  const { at, hint } = problem;
  const { offset, length } = source.locate(at, {});
  const written = source.text.slice(offset, offset + length);
  const param = /^\W*\$\{\{\s*params\.(\w+)\s*\}\}\W*$/.exec(written)?.[1];
  if (param === undefined)
    return {
      ...problem,
      hint: hint ?? `correct it, or give another with --set ${(source.written?.(at) ?? at).join('.')}=…`,
    };
  const flag = flagOf(param);
  if (at.at(-1) !== 'path') return { ...problem, hint: hint ?? `give another with ${flag} …` };
  return {
    ...problem,
    hint:
      hint === undefined
        ? `give another with ${flag} PATH`
        : `${hint}: ${flag} FOLDER, or ${flag} examples for those that come with dd`,
  };
}
