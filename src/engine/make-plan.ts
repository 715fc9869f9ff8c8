import { dirname } from 'node:path';
import { DEFAULTS } from '../core/defaults.js';
import { isObject, type Json, type JsonSchema } from '../core/json.js';
import { resolveModels, type ProviderTools } from '../recipe/checks/models.js';
import { checkExports } from '../recipe/checks/exports.js';
import { checkAccept } from '../recipe/checks/accept.js';
import { checkGrouping } from '../recipe/checks/grouping.js';
import { checkWhere } from '../recipe/checks/where.js';
import { columnSchemas } from '../recipe/column-schemas.js';
import { isError, type Problem } from '../core/problem.js';
import { draftColumns, type DraftColumn, type Drafts, type DraftTools } from '../recipe/draft.js';
import { excuse } from '../recipe/excused.js';
import { makes, nameScope, type NameScope } from '../recipe/scope.js';
import { planProcessors } from '../recipe/processors.js';
import type { LoadedRecipe } from '../recipe/types.js';
import type { Registries } from '../recipe/registries.js';
import type { SeedType } from '../seeds/types.js';
import { allNeeds, sortByNeeds, type Needs } from '../core/graph.js';
import type { OutputColumn, Plan, PlannedColumn, PlannedSeed, SeedColumn } from './types.js';
import type { Recipe, SeedConfig } from '../core/config.js';

/** The template parser and the providers that a plan is made with. */
export interface PlanTools extends Pick<DraftTools, 'parseTemplate'>, ProviderTools {}

export interface PlanResult {
  /** `undefined` when a problem is an error. */
  readonly plan: Plan | undefined;
  /**
   * A plan without columns, to look at the seed while there are mistakes elsewhere; `undefined` when the mistakes
   * are in the seed. A `where` with mistakes is left out.
   */
  readonly seedPlan: Plan | undefined;
  /** The columns of the dataset, also where there are mistakes; `undefined` when some are not known. */
  readonly output: readonly OutputColumn[] | undefined;
  /** All problems of the recipe, those of loading included. */
  readonly problems: readonly Problem[];
}

/**
 * Checks a recipe as a whole and sorts its columns by their dependencies. Calls no model, and reads only the file
 * that has the columns of the seed.
 */
export function planRecipe(loaded: LoadedRecipe, tools: PlanTools): PlanResult {
  const { recipe, source } = loaded;
  if (!recipe) return { plan: undefined, seedPlan: undefined, output: undefined, problems: loaded.problems };

  const ungrouped = seedOf(recipe, dirname(loaded.file), loaded.registries);
  const grouping = checkGrouping(ungrouped.config, loaded.problems, ungrouped.columns);
  const seed = { ...ungrouped, columns: grouping.columns };
  const drafts = draftColumns(recipe, loaded.problems, {
    columnTypes: loaded.registries.columnTypes,
    parseTemplate: tools.parseTemplate,
  });
  const columns = firstOfEachName(drafts.columns);
  const scope = nameScope(columns, seed.columns);
  const needs = needsOf(columns, scope);
  const order = sortByNeeds(needs);
  const types = columnSchemas(order.sorted, columns, needs, seed.columns ?? []);
  const where = checkWhere(seed.config, loaded.problems, nameScope([], ungrouped.columns));
  const accept = checkAccept(recipe, loaded.problems, scope, types);
  const { models, unasked, problems: modelProblems } = resolveModels(recipe, drafts.columns, tools);

  const earlier = [...loaded.problems, ...drafts.problems];
  const kept = outputColumns(seed.columns ?? [], drafts, types);
  const all = outputColumns(seed.columns ?? [], withoutDrops(drafts), types);
  const isComplete = seed.columns !== undefined && scope.unclear.length === 0;
  const {
    problems: processorProblems,
    read,
    ...processed
  } = planProcessors(recipe, {
    types: loaded.registries.processorTypes,
    columns: all,
    dropped: droppedOf(all, kept),
    isComplete,
    found: earlier,
  });
  const known = isComplete ? processed.output : undefined;
  const context = {
    source,
    recipe,
    drafts,
    columns,
    scope,
    types,
    needs,
    readByProcessors: read,
    readByAccept: accept.reads,
    earlier,
  };
  const found = [
    ...earlier,
    ...loaded.registries.checks.flatMap((check) => check.run(context)),
    ...where.problems,
    ...accept.problems,
    ...grouping.problems,
    ...processorProblems,
    ...checkExports(recipe, loaded.problems, {
      output: known,
      columns,
      formats: loaded.registries.exporters,
    }),
    ...modelProblems,
  ];
  const problems = excuse(found, { isExported: loaded.isExported, unasked });
  const seedPlan = seedPlanOf(loaded, recipe, { ...seed, where: where.condition }, problems);
  if (problems.some(isError)) return { plan: undefined, seedPlan, output: known, problems };

  const plan: Plan = {
    recipe,
    file: loaded.file,
    params: loaded.params,
    seed: seed.config && seed.type && { config: seed.config, type: seed.type, where: where.condition },
    accept: accept.accept,
    randomSeed: recipe.seed ?? DEFAULTS.seed,
    columns: plannedColumns(order.sorted, columns, needs, scope),
    models,
    ...processed,
  };
  return { plan, seedPlan, output: known, problems };
}

function seedPlanOf(
  { file, params }: LoadedRecipe,
  recipe: Recipe,
  { config, type, columns, where }: DraftSeed & Pick<PlannedSeed, 'where'>,
  problems: readonly Problem[],
): Plan | undefined {
  if (!config || !type) return undefined;
  const errors = problems.filter(isError);
  const inSeed = errors.filter(({ at: [key] }) => key === 'params' || key === 'seed_config');
  if (inSeed.some(({ at }) => at[1] !== 'where')) return undefined;
  const output = (columns ?? []).map((column) => ({ ...column, from: 'seed' as const }));
  const seed = { config, type, where: inSeed.length > 0 ? undefined : where };
  const randomSeed = recipe.seed ?? DEFAULTS.seed;
  return {
    recipe,
    file,
    params,
    seed,
    randomSeed,
    columns: [],
    models: new Map(),
    processors: [],
    made: output,
    dropped: new Set(),
    output,
  };
}

interface DraftSeed {
  readonly config: SeedConfig | undefined;
  readonly type: SeedType | undefined;
  /** Empty without a seed; `undefined` when the columns of the seed are not known. */
  readonly columns: readonly SeedColumn[] | undefined;
}

function seedOf(
  { seed_config: config }: { readonly seed_config?: SeedConfig },
  baseDir: string,
  { seedTypes }: Registries,
): DraftSeed {
  if (config === undefined) return { config, type: undefined, columns: [] };
  const source: unknown = isObject(config) ? config.source : undefined;
  const type = isObject(source) ? seedTypes.get(String(source['seed_type'])) : undefined;
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
    // The source has mistakes, which are already reported, or its file is missing: the columns are not known.
    return undefined;
  }
}

function firstOfEachName(columns: readonly DraftColumn[]): readonly DraftColumn[] {
  return columns.filter((column, index) => columns.findIndex(({ name }) => name === column.name) === index);
}

/** The columns that each column reads, in the recipe's order. */
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
        onError: config.on_error ?? 'fail',
      },
    ];
  });
}

function seedColumnsRead(columns: readonly DraftColumn[], { makers, seed }: NameScope): readonly string[] {
  const isRandom = ({ prepared, skipWhen }: DraftColumn): boolean =>
    prepared?.isRandom === true || skipWhen?.usesRandom === true;
  if (columns.some(isRandom)) return [...(seed?.keys() ?? [])].sort();
  const roots = columns.flatMap(({ references }) => references.map(({ path: [root = ''] }) => root));
  return [...new Set(roots)].filter((root) => !makers.has(root) && seed?.has(root)).sort();
}

/** The same drafts, with nothing dropped. */
const withoutDrops = ({ columns, listedSeedColumns, problems }: Drafts): Drafts => ({
  columns: columns.map((column) => {
    const config = { ...column.config, drop: false } as DraftColumn['config'];
    return { ...column, config };
  }),
  listedSeedColumns: listedSeedColumns.map((column) => ({ ...column, drop: false })),
  problems,
});

function droppedOf(all: readonly OutputColumn[], kept: readonly OutputColumn[]): ReadonlySet<string> {
  const names = new Set(kept.map(({ name }) => name));
  return new Set(all.map(({ name }) => name).filter((name) => !names.has(name)));
}

function outputColumns(
  seedColumns: readonly SeedColumn[],
  { columns, listedSeedColumns }: Drafts,
  types: ReadonlyMap<string, JsonSchema>,
): readonly OutputColumn[] {
  const dropped = new Set(listedSeedColumns.filter(({ drop }) => drop).map(({ name }) => name));
  const fromSeed = seedColumns.filter(({ name }) => !dropped.has(name));
  // As in Data Designer, `drop` leaves out the column itself, and not what it makes beside.
  const made = columns.flatMap((column) =>
    makes(column).filter((name) => column.config.drop !== true || name !== column.name),
  );
  return [
    ...fromSeed.map(({ name, schema }): OutputColumn => ({ name, schema, from: 'seed' })),
    ...made.map((name): OutputColumn => ({ name, schema: types.get(name) ?? {}, from: 'column' })),
  ];
}
