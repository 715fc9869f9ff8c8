import { homedir } from 'node:os';
import { dirname } from 'node:path';
import { planRecipe } from '../engine/make-plan.js';
import type { Plan } from '../engine/types.js';
import { resolveEndpoint } from '../models/providers/providers.js';
import { isError, type Diagnostic, type Problem } from '../core/problem.js';
import { toDiagnostics } from '../recipe/to-diagnostics.js';
import { loadRecipe } from '../recipe/load.js';
import type { SchemaReader } from '../recipe/refs/schema-files.js';
import type { LoadedRecipe } from '../recipe/types.js';
import { loadPlugins } from '../plugins/load-plugins.js';
import { builtInRegistries, type Registries } from '../plugins/registries.js';
import { parseTemplate } from '../template/jinja.js';

export interface OpenRecipeOptions {
  /** The recipe's text, when it is not the file's. */
  readonly text?: string;
  /** Values of the recipe's params, as typed on the command line. */
  readonly params?: Readonly<Record<string, string>>;
  /** `PATH=VALUE` overrides. */
  readonly set?: readonly string[];
  /** `ALIAS=PROVIDER/MODEL` overrides. */
  readonly models?: readonly string[];
  /** Relative paths in params and overrides start here. */
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Load the plugins that the recipe names, whether or not the person's settings trust them. Default false. */
  readonly allowPlugins?: boolean;
  /** Its rows will be read: download what its seed reads from elsewhere. Default false. */
  readonly download?: boolean;
  /** What the program brings itself (`createDd`). The built-in types when left out. */
  readonly registries?: Registries;
  /** Share it between recipes to read each schema file once. */
  readonly readSchema?: SchemaReader;
}

export interface OpenedRecipe {
  /** How it was opened. A run keeps it with its dataset, so that `dd retry` can open the recipe the same way. */
  readonly openedWith: OpenRecipeOptions;
  readonly loaded: LoadedRecipe;
  /** `undefined` when there are errors. */
  readonly plan: Plan | undefined;
  /** A plan of the seed alone, which mistakes elsewhere do not matter to. */
  readonly seedPlan: Plan | undefined;
  /** Errors and warnings, by their place in the file. */
  readonly diagnostics: readonly Diagnostic[];
}

/** Flags of `dd run`: a recipe's params must have other names. */
export const RESERVED_FLAGS: readonly string[] = [
  'allow-plugins', 'artifact-path', 'batch', 'batch-corrections', 'cache', 'dataset-name', 'dry-run', 'fresh', 'help', 'json', 'max-cost', 'max-tokens', 'model', 'no-cache',
  'num-partitions', 'partition-from', 'num-records', 'partition-index', 'preview', 'queue', 'quiet', 'retry-failed', 'seed', 'set', 'shuffle', 'version', 'watch',
]; // prettier-ignore

/** Reads a recipe and makes its plan. Finds all mistakes at once, and asks no model. */
export async function openRecipe(file: string, options: OpenRecipeOptions): Promise<OpenedRecipe> {
  const builtIn = options.registries ?? builtInRegistries;
  const env = options.env ?? process.env;
  const read = await loadRecipe(
    file,
    {
      ...(options.text !== undefined && { text: options.text }),
      params: options.params ?? {},
      set: options.set ?? [],
      models: options.models ?? [],
      cwd: options.cwd,
      ...(options.readSchema && { readSchema: options.readSchema }),
      loadPlugins: (listed, from) =>
        loadPlugins(listed, { from, allow: options.allowPlugins === true, env, builtIn }),
      reservedFlags: RESERVED_FLAGS.map((name) => `--${name}`),
    },
    builtIn,
  );
  const loaded = options.download === true ? await withSeed(read, env) : read;
  const { providers } = loaded.registries;
  const { plan, seedPlan, problems } = planRecipe(loaded, {
    parseTemplate,
    providers,
    resolveEndpoint: (name, config) => resolveEndpoint(name, config, env, providers),
  });
  return { openedWith: options, loaded, plan, seedPlan, diagnostics: toDiagnostics(problems, loaded.source) };
}

/** The recipe with its seed downloaded, where its seed type does that, or with the reason why it could not be. */
async function withSeed(
  loaded: LoadedRecipe,
  env: Readonly<Record<string, string | undefined>>,
): Promise<LoadedRecipe> {
  const { recipe, registries, problems, file } = loaded;
  const source = recipe?.seed_config?.source;
  const type = registries.seedTypes.get(String(source?.seed_type));
  const isWrong = problems.some((problem) => problem.at[0] === 'seed_config' && isError(problem));
  if (!source || !type?.fetch || isWrong) return loaded;
  const fetched = await type.fetch(source, { baseDir: dirname(file), env, homeDir: homedir() });
  if (fetched.ok) return loaded;
  const { key, ...problem } = fetched.error;
  const found: Problem = { code: 'seed-unreadable', at: ['seed_config', 'source', key], ...problem };
  return { ...loaded, problems: [...problems, found] };
}
