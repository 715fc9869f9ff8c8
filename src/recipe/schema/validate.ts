import { Ajv2020, type Options, type ValidateFunction } from 'ajv/dist/2020.js';

import type { Json, JsonSchema } from '../../core/json.js';
import { memoize } from '../../core/memoize.js';
import type { Problem } from '../../core/problem.js';
import type { Registries } from '../registries.js';
import { pathKey } from '../../core/paths.js';
import { recipeSchema } from './schema.js';
import { isMisspelling, settleUnions } from './errors.js';
import { onePerKind } from '../unsupported.js';
import { toProblem } from './problems.js';

/** Checks a recipe against its schema: one problem for every mistake. */
export function validateRecipe(recipe: Json, registries: Registries): readonly Problem[] {
  const validate = registries.validate ?? validatorOf(registries);
  if (validate(recipe)) return [];
  const errors = settleUnions(validate.errors ?? []);
  const problems = errors.flatMap((error) => {
    const problem = toProblem(error, recipe);
    if (!problem) return [];
    return isMisspelling(error, errors) ? [{ ...problem, isCascading: true }] : [problem];
  });
  return onePerKind(onePerPlace(problems));
}

/** Compiled once per set of types, because compiling takes longer than the rest of loading. */
const validators = new WeakMap<
  Registries['columnTypes'],
  WeakMap<Registries['seedTypes'], ValidateFunction>
>();

function validatorOf(registries: Registries): ValidateFunction {
  const bySeeds =
    validators.get(registries.columnTypes) ?? new WeakMap<Registries['seedTypes'], ValidateFunction>();
  validators.set(registries.columnTypes, bySeeds);
  const validate = bySeeds.get(registries.seedTypes) ?? compile(recipeSchema(registries));
  bySeeds.set(registries.seedTypes, validate);
  return validate;
}

/** Ajv's options for the recipe's schema, here and in the build (`scripts/write-validators.mjs`). */
export const validatorOptions = {
  allErrors: true,
  verbose: true,
  strictTypes: false,
  strictRequired: false,
  allowUnionTypes: true,
  validateFormats: false,
  // Annotations for editors.
  keywords: ['enumDescriptions', 'patternErrorMessage', 'markdownDescription', 'defaultSnippets'],
} satisfies Options;

/** Registries of another `createDd` may have the same types. */
const compile = memoize(
  (schema: JsonSchema) => new Ajv2020(validatorOptions).compile(schema),
  (schema) => JSON.stringify(schema),
);

/** Keeps the first problem of each value, and every missing key. */
function onePerPlace(problems: readonly Problem[]): readonly Problem[] {
  const seen = new Set<string>();
  return problems.filter((problem) => {
    const place = pathKey(problem.at) + (problem.code === 'missing-key' ? problem.message : '');
    return !seen.has(place) && seen.add(place);
  });
}
