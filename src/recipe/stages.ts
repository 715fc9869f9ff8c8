/**
 * `stages`: several datasets in one recipe, each made from the rows of earlier ones (workflow chaining).
 *
 * - A stage has the keys of a recipe that concern one dataset; everything else is shared and stands at the top.
 * - It is expanded into an ordinary recipe named RECIPE.STAGE, with `needs` as a seed of the type `stage`. Plan, checks,
 *   engine and commands see that recipe, and know nothing of stages.
 * - So a stage is a dataset of its own, which a run brings up to date as any other: unchanged cells come from the store.
 * - The columns of its seed are the output columns of what it needs, so references are checked before anything is made.
 * - Rows of several stages are joined by keys. Stages form a graph without cycles; they are made in its order.
 * - Problems of an expanded recipe keep their places: paths are translated in both directions.
 */
import { findCycles, sortByNeeds, type Needs } from '../core/graph.js';
import { isObject, type Json, type JsonObject, type JsonPath } from '../core/json.js';
import { entryName, getList, isList } from '../core/paths.js';
import type { Recipe, StageConfig } from '../core/config.js';
import type { Problem } from '../core/problem.js';
import { correction } from '../core/suggest.js';
import type { StageNeed } from '../seeds/stage/index.js';
import type { RecipeSource } from './recipe-source.js';
import type { LoadedRecipe } from './types.js';

/** A stage of a recipe, whether or not it has mistakes. */
export interface ListedStage {
  readonly name: string;
  /** Its position in `stages`. */
  readonly index: number;
  readonly config: JsonObject & StageConfig;
  /** The stages that it needs, in the order in which they are written. */
  readonly needs: readonly string[];
}

export interface CheckedStages {
  /** Each after those it needs; those in a cycle are left out. */
  readonly stages: readonly ListedStage[];
  /** With paths of the whole recipe. */
  readonly problems: readonly Problem[];
}

/** Keys that belong to a stage: at the top of a recipe with stages they would be of no dataset. */
const OF_A_STAGE = [
  'columns',
  'seed_config',
  'constraints',
  'processors',
  'num_records',
  'accept',
  'exports',
];

export const hasStages = (recipe: object | undefined): boolean =>
  recipe !== undefined && Object.hasOwn(recipe, 'stages');

/** The stages in order, and the mistakes of how they hang together. */
export function checkStages(recipe: object): CheckedStages {
  const listed = getList(recipe, 'stages').flatMap((config, index): readonly ListedStage[] => {
    const name = entryName(config);
    if (!isObject(config) || name === undefined) return [];
    return [{ name, index, config: config as ListedStage['config'], needs: namesIn(config['needs']) }];
  });
  const byName = new Map(listed.toReversed().map((stage) => [stage.name, stage]));
  const needs: Needs = new Map([...byName].toReversed().map(([name, stage]) => [name, stage.needs]));
  const stages = sortByNeeds(needs).sorted.flatMap((name) => byName.get(name) ?? []);
  return {
    stages,
    problems: [
      ...misplacedKeys(recipe),
      ...listed.flatMap((stage) => [
        ...sameName(stage, listed),
        ...unknownNeeds(stage, byName),
        ...missingJoin(stage),
      ]),
      ...cyclesOf(needs, byName),
    ],
  };
}

const namesIn = (value: Json | undefined): readonly string[] =>
  (isList(value) ? value : [value]).filter((name) => typeof name === 'string');

function misplacedKeys(recipe: object): readonly Problem[] {
  const keys = OF_A_STAGE.filter((key) => Object.hasOwn(recipe, key));
  const [first] = keys;
  if (first === undefined) return [];
  const named = keys.map((key) => `\`${key}\``);
  const list = [named.slice(0, -1).join(', '), ...named.slice(-1)].filter(Boolean).join(' and ');
  return [
    {
      code: 'exclusive-keys',
      message: `${list} cannot stand beside \`stages\`: each stage has its own`,
      hint: keys.length === 1 ? 'move it into a stage' : 'move them into a stage',
      at: [first],
      onKey: true,
    },
  ];
}

/** Names that differ in case alone would share a folder on some systems. */
function sameName({ name, index }: ListedStage, all: readonly ListedStage[]): readonly Problem[] {
  const first = all.find((other) => other.name.toLowerCase() === name.toLowerCase());
  if (first === undefined || first.index === index) return [];
  return [
    {
      code: 'duplicate-stage',
      message:
        first.name === name
          ? `there is a stage \`${name}\` already`
          : `the stages \`${first.name}\` and \`${name}\` differ in case alone: their datasets would share a folder`,
      hint: 'give one of them another name',
      at: ['stages', index, 'name'],
    },
  ];
}

function unknownNeeds(
  { name, index, config, needs }: ListedStage,
  byName: ReadonlyMap<string, ListedStage>,
): readonly Problem[] {
  const others = [...byName.keys()].filter((other) => other !== name);
  return needs.flatMap((needed, at): readonly Problem[] => {
    const place = ['stages', index, 'needs', ...(isList(config.needs) ? [at] : [])];
    if (needed === name) {
      const message = `stage \`${name}\` needs itself`;
      return [{ code: 'cycle', message, hint: 'name an earlier stage', at: place }];
    }
    if (byName.has(needed)) return [];
    return [
      {
        code: 'unknown-stage',
        message: `there is no stage \`${needed}\``,
        ...correction(needed, others),
        at: place,
      },
    ];
  });
}

function missingJoin({ index, config, needs }: ListedStage): readonly Problem[] {
  const at = ['stages', index];
  if (needs.length > 1 && !Object.hasOwn(config, 'join'))
    return [
      {
        code: 'missing-key',
        message: `missing key \`join\`: it says which rows of ${needs.map((name) => `\`${name}\``).join(' and ')} belong together`,
        hint: 'for example `join: { on: COLUMN }`',
        at: [...at, 'needs'],
      },
    ];
  if (needs.length < 2 && Object.hasOwn(config, 'join'))
    return [
      {
        code: 'invalid-value',
        message: '`join` puts the rows of several stages together, and `needs` does not name several',
        hint: 'remove it, or name another stage in `needs`',
        at: [...at, 'join'],
        onKey: true,
      },
    ];
  const { seed_config: seed } = config;
  if (needs.length > 0 && isObject(seed) && Object.hasOwn(seed, 'source'))
    return [
      {
        code: 'exclusive-keys',
        message: '`needs` and `seed_config.source` exclude each other: both say where rows come from',
        hint: 'keep one of them; the other keys of `seed_config` choose rows of either',
        at: [...at, 'seed_config', 'source'],
        onKey: true,
      },
    ];
  return [];
}

function cyclesOf(needs: Needs, byName: ReadonlyMap<string, ListedStage>): readonly Problem[] {
  return findCycles(needs)
    .filter((cycle) => cycle.length > 1)
    .map((cycle) => ({
      code: 'cycle',
      message: `these stages need each other in a cycle: \`${[...cycle, cycle[0]].join(' -> ')}\``,
      hint: 'one of them must not need the next',
      at: ['stages', byName.get(cycle[0] ?? '')?.index ?? 0, 'needs'],
    }));
}

/** The columns of the stages that are joined: the keys are in all of them, every other name in one. */
export function checkJoin(
  { index, config: { join } }: ListedStage,
  needs: readonly StageNeed[],
): readonly Problem[] {
  if (needs.length < 2 || join?.on === undefined) return [];
  const at = ['stages', index];
  const keys = [join.on].flat();
  const problems: Problem[] = [];
  for (const [place, key] of keys.entries())
    for (const { stage, columns = [] } of needs.filter((need) => need.columns !== undefined)) {
      const names = columns.map(({ name }) => name);
      if (names.includes(key)) continue;
      problems.push({
        code: 'unknown-column',
        message: `stage \`${stage}\` has no column \`${key}\``,
        ...correction(key, names),
        at: [...at, 'join', 'on', ...(isList(join.on) ? [place] : [])],
      });
    }
  const owners = new Map<string, string>();
  for (const { stage, columns = [] } of needs)
    for (const { name } of columns) {
      const owner = owners.get(name);
      owners.set(name, owner ?? stage);
      if (owner === undefined || keys.includes(name)) continue;
      problems.push({
        code: 'duplicate-column',
        message: `the stages \`${owner}\` and \`${stage}\` both have a column \`${name}\``,
        hint: `join on it as well, or give it another name in one of them, or leave it out there with drop_columns`,
        at: [...at, 'needs'],
      });
    }
  return problems;
}

/** The ordinary recipe of a stage, with the problems of the whole recipe that concern it. */
export function expandStage(
  loaded: LoadedRecipe,
  stage: ListedStage,
  needs: readonly StageNeed[],
  found: readonly Problem[],
): LoadedRecipe {
  const whole = (loaded.recipe ?? {}) as Recipe & JsonObject;
  const { name, stages: _stages, run_config: shared, ...top } = without(whole, OF_A_STAGE);
  const {
    name: own,
    needs: _needs,
    allow_empty: _allowEmpty,
    join,
    seed_config: seed,
    run_config: ofStage,
    ...rest
  } = stage.config;
  const source = { seed_type: 'stage', needs, ...(join && { join }) };
  const config = needs.length > 0 ? { ...(isObject(seed) && seed), source } : seed;
  const runConfig = { ...(isObject(shared) && shared), ...(isObject(ofStage) && ofStage) };
  const recipe = {
    name: `${String(name)}.${own}`,
    ...top,
    ...rest,
    columns: rest.columns ?? [],
    ...(config !== undefined && { seed_config: config }),
    ...(Object.keys(runConfig).length > 0 && { run_config: runConfig }),
  };
  const paths = stagePaths(stage);
  return {
    ...loaded,
    recipe: recipe as unknown as Recipe,
    source: stageSource(loaded.source, paths),
    problems: found.flatMap((problem) => {
      const at = paths.inward(problem.at);
      return at ? [{ ...problem, at }] : [];
    }),
  };
}

const without = (object: JsonObject, keys: readonly string[]): JsonObject =>
  Object.fromEntries(Object.entries(object).filter(([key]) => !keys.includes(key)));

/** Translates paths between a recipe with stages and the recipe of one stage. */
export interface StagePaths {
  /** From the whole recipe; `undefined` for a path of another stage. */
  inward(path: JsonPath): JsonPath | undefined;
  outward(path: JsonPath): JsonPath;
}

export function stagePaths({ index, config }: Pick<ListedStage, 'index' | 'config'>): StagePaths {
  const here = ['stages', index];
  const seedSource = ['seed_config', 'source'];
  const isNeeding = Object.hasOwn(config, 'needs');
  const isOwn = ([section, key]: JsonPath): boolean => {
    if (section === 'run_config')
      return isObject(config['run_config']) && Object.hasOwn(config['run_config'], String(key));
    return section === undefined || OF_A_STAGE.includes(String(section)) || Object.hasOwn(config, section);
  };
  return {
    inward(path) {
      const [section, at, key = '', ...rest] = path;
      // In the recipe of a stage, the path would mean something else.
      if (section !== 'stages') return isOwn(path) ? undefined : path;
      if (at !== index) return undefined;
      return isNeeding && (key === 'needs' || key === 'join')
        ? [...seedSource, key, ...rest]
        : path.slice(here.length);
    },
    outward(path) {
      const [section, key, part, ...rest] = path;
      if (isNeeding && section === 'seed_config' && (key === undefined || key === 'source'))
        return [...here, part === 'join' ? 'join' : 'needs', ...(key === 'source' ? rest : [])];
      return isOwn(path) ? [...here, ...path] : path;
    },
  };
}

function stageSource(source: RecipeSource, { outward }: StagePaths): RecipeSource {
  return {
    ...source,
    locate: (path, options) => source.locate(outward(path), options),
    flagAt: (path) => source.flagAt(outward(path)),
    written: outward,
  };
}
