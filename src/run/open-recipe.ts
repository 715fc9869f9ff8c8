import { homedir } from 'node:os';
import { dirname, resolve } from 'node:path';
import { planLoaded } from '../engine/plan-stages.js';
import type { Plan } from '../engine/types.js';
import { resolveEndpoint } from '../models/providers/providers.js';
import { isError, type Diagnostic, type Problem } from '../core/problem.js';
import { toDiagnostics } from '../recipe/to-diagnostics.js';
import { loadRecipe } from '../recipe/load.js';
import { hasStages } from '../recipe/stages.js';
import type { SchemaReader } from '../recipe/refs/schema-files.js';
import type { LoadedRecipe } from '../recipe/types.js';
import { loadPlugins } from '../plugins/load-plugins.js';
import type { PluginDigest } from '../plugins/plugin-digest.js';
import { builtInRegistries, type Registries } from '../plugins/registries.js';
import { parseTemplate } from '../template/jinja.js';
import { allNeeds } from '../core/graph.js';
import { getList, startsWith } from '../core/paths.js';
import { isObject, type JsonObject, type JsonPath } from '../core/json.js';
import { allowHosts } from './allow-hosts.js';
import { bindStage } from './stages/bind.js';
import { readStageOutputs } from './stages/outputs.js';
import { didYouMeanOneOf } from '../core/suggest.js';

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
  /** Its plugins as another machine has them. One that is not like that here is not loaded. */
  readonly plugins?: readonly PluginDigest[] | undefined;
  /** Send well-known keys to hosts that they are not made for. Default: to those that the person's settings have. */
  readonly allowHosts?: boolean;
  /** Its rows will be read: download what its seed reads from elsewhere. Default false. */
  readonly download?: boolean;
  /** What the program brings itself (`createDd`). The built-in types when left out. */
  readonly registries?: Registries;
  /** Share it between recipes to read each schema file once. */
  readonly readSchema?: SchemaReader;
  /** Of a recipe with `stages`, the one to plan. Without it, the recipe has no plan, but each of its stages has. */
  readonly stage?: string | undefined;
  /** Files that are read in place of stages, by name; relative to `cwd`. */
  readonly stageOutputs?: Readonly<Record<string, string>>;
  /** Where the datasets of stages are: their folder, and the name that they begin with. Default: the recipe's. */
  readonly datasets?: {
    readonly artifactPath: string;
    readonly name?: string | undefined;
    readonly dryRun?: boolean;
  };
}

/** A stage of a recipe, as the ordinary recipe that it is expanded into. */
export interface OpenedStage {
  readonly name: string;
  readonly needs: readonly string[];
  /** The file that is read in its place: it is not made. */
  readonly file: string | undefined;
  readonly opened: OpenedRecipe;
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
  /** The stages of a recipe that has them, each after those it needs. */
  readonly stages?: readonly OpenedStage[];
  /** Of one stage, those that it needs, each after those it needs itself. */
  readonly earlier?: readonly OpenedStage[];
}

/** Flags of `dd run`: a recipe's params must have other names. */
export const RESERVED_FLAGS: readonly string[] = [
  'allow-commands', 'allow-hosts', 'allow-plugins', 'allow-tools', 'artifact-path', 'batch', 'batch-corrections', 'batch-grace', 'cache', 'dataset-name', 'dry-run', 'fresh', 'help', 'json', 'max-cost', 'max-tokens', 'metrics', 'model', 'no-cache', 'no-wait',
  'num-partitions', 'partition-from', 'num-records', 'partition-index', 'preview', 'queue', 'queue-rows', 'quiet', 'retry-failed', 'seed', 'set', 'shuffle', 'stage', 'stage-output', 'version', 'wait', 'watch',
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
        loadPlugins(listed, {
          from,
          allow: options.allowPlugins === true,
          env,
          builtIn,
          mustBe: options.plugins,
        }),
      reservedFlags: RESERVED_FLAGS.map((name) => `--${name}`),
    },
    builtIn,
  );
  const loaded = options.download === true ? await withSeed(read, env, options.allowHosts === true) : read;
  const { providers } = loaded.registries;
  const outputs = await readStageOutputs(loaded, options);
  const planned = planLoaded(
    loaded,
    {
      parseTemplate,
      providers,
      resolveEndpoint: (name, config) => resolveEndpoint(name, config, env, providers),
    },
    outputs.files,
  );
  const { plan, seedPlan, stages } = planned;
  const problems = [...planned.problems, ...outputs.problems, ...unknownStage(options.stage, loaded, stages)];
  const diagnostics = toDiagnostics(problems, loaded.source);
  if (!stages) return { openedWith: options, loaded, plan, seedPlan, diagnostics };

  const isSound = diagnostics.every(({ severity }) => severity !== 'error');
  const { artifactPath = '', name: given, dryRun = false } = options.datasets ?? {};
  const name = given ?? `${loaded.recipe?.name ?? ''}${dryRun ? '-dry-run' : ''}`;
  const opened = stages.map((stage): OpenedStage => {
    const bound = (made: Plan | undefined): Plan | undefined =>
      made && options.datasets ? bindStage(made, resolve(options.cwd, artifactPath), name) : made;
    return {
      name: stage.name,
      needs: stage.needs,
      file: stage.file?.file?.path,
      opened: {
        openedWith: { ...options, stage: stage.name },
        loaded: stage.loaded,
        plan: isSound ? bound(stage.plan) : undefined,
        seedPlan: bound(stage.seedPlan),
        diagnostics,
      },
    };
  });
  const wanted = opened.findIndex((stage) => stage.name === options.stage);
  const one = opened[wanted]?.opened;
  const needed = allNeeds(new Map(stages.map(({ name, needs }) => [name, needs])), options.stage ?? '');
  if (one) return { ...one, earlier: opened.slice(0, wanted).filter((stage) => needed.has(stage.name)) };
  return { openedWith: options, loaded, plan, seedPlan, diagnostics, stages: opened };
}

function unknownStage(
  name: string | undefined,
  { recipe }: LoadedRecipe,
  stages: readonly { readonly name: string }[] = [],
): readonly Problem[] {
  if (name === undefined || !recipe || stages.some((stage) => stage.name === name)) return [];
  const hint = didYouMeanOneOf(
    name,
    stages.map((stage) => stage.name),
  );
  return [
    {
      code: 'unknown-stage',
      message: hasStages(recipe) ? `there is no stage \`${name}\`` : 'the recipe has no stages',
      ...(hint !== undefined && { hint }),
      at: [],
      place: { file: '--stage' },
    },
  ];
}

/** The recipe with its seed downloaded, where its seed type does that, or with the reason why it could not be. */
async function withSeed(
  loaded: LoadedRecipe,
  env: Readonly<Record<string, string | undefined>>,
  allow: boolean,
): Promise<LoadedRecipe> {
  const { recipe, registries, problems, file } = loaded;
  const found: Problem[] = [];
  for (const { source, at } of sourcesIn(recipe ?? {})) {
    const type = registries.seedTypes.get(String(source['seed_type']));
    const isWrong = problems.some((problem) => startsWith(problem.at, at) && isError(problem));
    if (!type?.fetch || isWrong) continue;
    const refused = await allowHosts(type.sends?.(source, { env }) ?? [], { env, allow });
    if (refused) {
      found.push({ code: 'key-to-other-host', ...refused, at: [...at, 'source', ...(refused.at ?? [])] });
      continue;
    }
    const fetched = await type.fetch(source, { baseDir: dirname(file), env, homeDir: homedir() });
    if (fetched.ok) continue;
    const { key, ...problem } = fetched.error;
    found.push({ code: 'seed-unreadable', at: [...at, 'source', key], ...problem });
  }
  return found.length === 0 ? loaded : { ...loaded, problems: [...problems, ...found] };
}

/** The sources of a recipe and of its stages, with the paths of their `seed_config`. */
function sourcesIn(
  recipe: object,
): readonly { readonly source: { readonly seed_type: string } & JsonObject; readonly at: JsonPath }[] {
  const parts = [{ part: recipe, at: [] as JsonPath }];
  for (const [index, stage] of getList(recipe, 'stages').entries())
    if (isObject(stage)) parts.push({ part: stage, at: ['stages', index] });
  return parts.flatMap(({ part, at }) => {
    const config: unknown = 'seed_config' in part ? part.seed_config : undefined;
    const source = isObject(config) ? config['source'] : undefined;
    if (!isObject(source) || typeof source['seed_type'] !== 'string') return [];
    return [{ source: { ...source, seed_type: source['seed_type'] }, at: [...at, 'seed_config'] }];
  });
}
