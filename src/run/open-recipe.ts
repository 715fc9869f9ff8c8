import { columnTypes } from '../columns/registry.js';
import { planRecipe } from '../engine/make-plan.js';
import type { Plan } from '../engine/types.js';
import { builtInProviders, resolveEndpoint } from '../models/providers/providers.js';
import type { Diagnostic } from '../core/problem.js';
import { toDiagnostics } from '../recipe/to-diagnostics.js';
import { loadRecipe } from '../recipe/load.js';
import type { SchemaReader } from '../recipe/refs/schema-files.js';
import type { LoadedRecipe } from '../recipe/types.js';
import { readyValidators } from '../core/ready-validators.js';
import { seedTypes } from '../seeds/registry.js';
import { parseTemplate } from '../template/jinja.js';

export interface OpenRecipeOptions {
  /** Read in the file's place. */
  readonly text?: string;
  /** Values of the recipe's params, as typed on the command line. */
  readonly params?: Readonly<Record<string, string>>;
  /** `PATH=VALUE` overrides. */
  readonly set?: readonly string[];
  /** `ALIAS=PROVIDER/MODEL` overrides. */
  readonly models?: readonly string[];
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Shared by recipes that are read at one time, so that each schema file is read once. */
  readonly readSchema?: SchemaReader;
}

export interface OpenedRecipe {
  readonly loaded: LoadedRecipe;
  /** `undefined` when there are errors. */
  readonly plan: Plan | undefined;
  /** Errors and warnings, by their place in the file. */
  readonly diagnostics: readonly Diagnostic[];
}

/** Flags of `dd run` that a recipe's params must not be named after. */
export const RESERVED_FLAGS: readonly string[] = [
  'artifact-path', 'cache', 'dataset-name', 'dry-run', 'fresh', 'help', 'json', 'max-cost', 'max-tokens', 'model', 'no-cache',
  'num-partitions', 'partition-from', 'num-records', 'partition-index', 'preview', 'quiet', 'retry-failed', 'seed', 'set', 'shuffle', 'version', 'watch',
]; // prettier-ignore

/** Reads a recipe and works out its plan; every mistake is found at once, and nothing is called. */
export async function openRecipe(file: string, options: OpenRecipeOptions = {}): Promise<OpenedRecipe> {
  const registries = { columnTypes, seedTypes, validate: readyValidators.recipe };
  const env = options.env ?? process.env;
  const loaded = await loadRecipe(
    file,
    {
      ...(options.text !== undefined && { text: options.text }),
      params: options.params ?? {},
      set: options.set ?? [],
      models: options.models ?? [],
      cwd: options.cwd ?? process.cwd(),
      ...(options.readSchema && { readSchema: options.readSchema }),
      reservedFlags: RESERVED_FLAGS.map((name) => `--${name}`),
    },
    registries,
  );
  const { plan, problems } = planRecipe(loaded, {
    registries,
    parseTemplate,
    providerNames: [...builtInProviders.keys()],
    resolveEndpoint: (name, config) => resolveEndpoint(name, config, env),
  });
  return { loaded, plan, diagnostics: toDiagnostics(problems, loaded.source) };
}
