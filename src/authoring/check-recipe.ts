import { checkKeyVariables } from '../recipe/checks/key-variables.js';
import type { Diagnostic, Problem } from '../core/problem.js';
import type { SchemaReader } from '../recipe/refs/schema-files.js';
import { toDiagnostics } from '../recipe/to-diagnostics.js';
import { checkSeed } from '../run/check-seed.js';
import { openRecipe } from '../run/open-recipe.js';

export interface CheckOptions {
  /** Warnings count as errors. */
  readonly strict: boolean;
  /** Read the seed as well. */
  readonly seed: boolean;
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly readSchema?: SchemaReader;
}

/** All that can be known of a recipe without asking a model. */
export interface CheckedRecipe {
  /** Absolute path. */
  readonly file: string;
  readonly valid: boolean;
  readonly diagnostics: readonly Diagnostic[];
  /** With secrets blotted out; `undefined` when it could not be read. */
  readonly text: string | undefined;
  /** Rows of the seed, where it was read. */
  readonly rows: number | undefined;
}

/** Opens a recipe, and looks at what lies outside it: keys in the environment and, if asked to, the seed. */
export async function checkRecipe(
  file: string,
  { strict, seed, ...opening }: CheckOptions,
): Promise<CheckedRecipe> {
  const { env } = opening;
  const { loaded, plan, diagnostics } = await openRecipe(file, opening);
  const read = plan && seed ? await checkSeed(plan, env) : undefined;
  const outside: readonly Problem[] = [
    ...(plan ? checkKeyVariables(plan.recipe, plan.models, env) : []),
    ...(read?.problems ?? []),
  ];
  const all = [...diagnostics, ...toDiagnostics(outside, loaded.source)]
    .toSorted((a, b) => (a.span?.offset ?? -1) - (b.span?.offset ?? -1))
    .map((diagnostic): Diagnostic => (strict ? { ...diagnostic, severity: 'error' } : diagnostic));
  return {
    file: loaded.file,
    valid: !all.some(({ severity }) => severity === 'error'),
    diagnostics: all,
    text: loaded.source.text === '' ? undefined : loaded.source.text,
    rows: read?.rows,
  };
}
