import { dirname } from 'node:path';
import { isObject, type Json, type JsonSchema } from '../core/json.js';
import { cycleProblems } from '../recipe/checks/cycles.js';
import { resolveModels, type ProviderTools } from '../recipe/checks/models.js';
import { checkComparisons } from '../recipe/checks/comparisons.js';
import { checkPrompts } from '../recipe/checks/prompts.js';
import { checkReferences } from '../recipe/checks/references.js';
import { checkSchemas } from '../recipe/checks/schemas.js';
import { checkSkipValues } from '../recipe/checks/skip-values.js';
import { checkUnusedColumns } from '../recipe/checks/unused-columns.js';
import { checkWhere } from '../recipe/checks/where.js';
import { columnSchemas, typeLookup } from '../recipe/column-schemas.js';
import type { Problem } from '../core/problem.js';
import { draftColumns, type DraftColumn, type Drafts, type DraftTools } from '../recipe/draft.js';
import { checkNames, makes, nameScope, type NameScope } from '../recipe/scope.js';
import type { LoadedRecipe } from '../recipe/types.js';
import type { SeedType } from '../seeds/types.js';
import { allNeeds, findCycles, sortByNeeds, type Needs } from './graph.js';
import type { OutputColumn, Plan, PlannedColumn, SeedColumn } from './types.js';
import type { SeedConfig } from '../core/config.js';

/** What a plan is made with: the kinds there are, and how to reach models and templates. */
export interface PlanTools extends DraftTools, ProviderTools {}

export interface PlanResult {
  /** There when no problem is an error. */
  readonly plan: Plan | undefined;
  /** All that is wrong with the recipe: what loading found, and what only its parts together show. */
  readonly problems: readonly Problem[];
}

/**
 * Checks a recipe as a whole and works out what runs after what. Calls nothing, and reads no file but one that
 * says which columns the seed has.
 */
export function planRecipe(loaded: LoadedRecipe, tools: PlanTools): PlanResult {
  const { recipe, source } = loaded;
  if (!recipe) return { plan: undefined, problems: loaded.problems };

  const seed = seedOf(recipe, dirname(loaded.file), tools);
  const drafts = draftColumns(recipe, loaded.problems, tools);
  const columns = firstOfEachName(drafts.columns);
  const scope = nameScope(columns, seed.columns);
  const needs = needsOf(columns, scope);
  const order = sortByNeeds(needs);
  const types = columnSchemas(order.sorted, columns, needs, seed.columns ?? []);
  const where = checkWhere(seed.config, loaded.problems, scope);
  const { models, problems: modelProblems } = resolveModels(recipe, drafts.columns, tools);

  const problems = [
    ...loaded.problems,
    ...drafts.problems,
    ...checkNames(drafts.columns, drafts.listedSeedColumns, scope, source),
    ...checkReferences(drafts.columns, scope, types),
    ...checkComparisons(drafts.columns, types),
    ...checkColumns(drafts.columns, types),
    ...checkSchemas(drafts.columns, [...loaded.problems, ...drafts.problems]),
    ...checkSkipValues(drafts.columns, types),
    ...where.problems,
    ...cycleProblems(findCycles(needs), columns, scope),
    ...modelProblems,
    ...checkPrompts(drafts.columns, drafts.problems),
    ...checkUnusedColumns(columns, scope),
  ];
  if (problems.some(({ severity }) => severity !== 'warning')) return { plan: undefined, problems };

  const plan: Plan = {
    recipe,
    file: loaded.file,
    params: loaded.params,
    seed: seed.config && seed.type && { config: seed.config, type: seed.type, where: where.condition },
    columns: plannedColumns(order.sorted, columns, needs, scope),
    models,
    output: outputColumns(seed.columns ?? [], drafts, types),
  };
  return { plan, problems };
}

interface DraftSeed {
  readonly config: SeedConfig | undefined;
  readonly type: SeedType | undefined;
  /** Empty without a seed; `undefined` when there is one but not known what it brings. */
  readonly columns: readonly SeedColumn[] | undefined;
}

function seedOf(
  { seed_config: config }: { readonly seed_config?: SeedConfig },
  baseDir: string,
  { registries }: PlanTools,
): DraftSeed {
  if (config === undefined) return { config, type: undefined, columns: [] };
  const source: unknown = isObject(config) ? config.source : undefined;
  const type = isObject(source) ? registries.seedTypes.get(String(source['seed_type'])) : undefined;
  return { config, type, columns: type && isObject(source) ? columnsOf(type, source, baseDir) : undefined };
}

function columnsOf(
  type: SeedType,
  source: Parameters<SeedType['columns']>[0],
  baseDir: string,
): readonly SeedColumn[] | undefined {
  try {
    return type.columns(source, baseDir);
  } catch {
    // A source with mistakes in it, which were told, or a file that is not there: what it would bring is unknown.
    return undefined;
  }
}

function firstOfEachName(columns: readonly DraftColumn[]): readonly DraftColumn[] {
  return columns.filter((column, index) => columns.findIndex(({ name }) => name === column.name) === index);
}

/** What kinds of columns know of their own beside the types of others. */
function checkColumns(
  columns: readonly DraftColumn[],
  types: ReadonlyMap<string, JsonSchema>,
): readonly Problem[] {
  const lookup = typeLookup(types);
  return columns.flatMap(({ at, prepared }) =>
    (prepared?.check?.(lookup) ?? []).map((problem) => ({ ...problem, at: [...at, ...problem.at] })),
  );
}

/** Which columns of the recipe each needs, in the recipe's order. */
function needsOf(columns: readonly DraftColumn[], { makers }: NameScope): Needs {
  return new Map(
    columns.map(({ name, references }) => {
      const needed = new Set(references.map(({ path: [root = ''] }) => makers.get(root)));
      return [
        name,
        columns.map((column) => column.name).filter((other) => other !== name && needed.has(other)),
      ];
    }),
  );
}

function plannedColumns(
  order: readonly string[],
  columns: readonly DraftColumn[],
  needs: Needs,
  scope: NameScope,
): readonly PlannedColumn[] {
  return order.flatMap((name) => {
    const draft = columns.find((column) => column.name === name);
    if (!draft?.prepared) return [];
    const { config, prepared, skipWhen } = draft;
    const ancestry = new Set([name, ...allNeeds(needs, name)]);
    const value: Json = config.skip?.value ?? null;
    return [
      {
        column: prepared,
        columnType: config.column_type,
        dependsOn: needs.get(name) ?? [],
        seedColumns: seedColumnsRead(
          columns.filter((column) => ancestry.has(column.name)),
          scope,
        ),
        skip: skipWhen && { when: skipWhen, value },
        propagateSkip: config.propagate_skip ?? true,
      },
    ];
  });
}

function seedColumnsRead(columns: readonly DraftColumn[], { makers, seed }: NameScope): readonly string[] {
  const roots = columns.flatMap(({ references }) => references.map(({ path: [root = ''] }) => root));
  return [...new Set(roots)].filter((root) => !makers.has(root) && seed?.has(root)).sort();
}

function outputColumns(
  seedColumns: readonly SeedColumn[],
  { columns, listedSeedColumns }: Drafts,
  types: ReadonlyMap<string, JsonSchema>,
): readonly OutputColumn[] {
  const dropped = new Set(listedSeedColumns.filter(({ drop }) => drop).map(({ name }) => name));
  const fromSeed = seedColumns.filter(({ name }) => !dropped.has(name));
  const made = columns.filter(({ config }) => config.drop !== true).flatMap(makes);
  return [
    ...fromSeed.map(({ name, schema }): OutputColumn => ({ name, schema, from: 'seed' })),
    ...made.map((name): OutputColumn => ({ name, schema: types.get(name) ?? {}, from: 'column' })),
  ];
}
