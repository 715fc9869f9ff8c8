/** A run as its coordinator describes it to workers: the recipe with its schemas, and what must be the same there. */
import { hash } from 'node:crypto';
import { basename } from 'node:path';
import { canonicalJson, isObject, jsonIn, type Json } from '../../core/json.js';
import { version } from '../../core/package-folder.js';
import type { OutputColumn, Plan } from '../../engine/types.js';
import type { PluginDigest } from '../../plugins/plugin-digest.js';

export interface RunRecord {
  /** The version of dd. */
  readonly dd: string;
  readonly name: string;
  /** The name of the recipe's file. */
  readonly file: string;
  /** The recipe with params, overrides and schemas filled in, as JSON. */
  readonly recipe: string;
  readonly sha256: string;
  /** Data Designer exported it. */
  readonly isExported: boolean;
  readonly randomSeed: number;
  /** The columns of its rows, with those of the seed, which workers do not open. */
  readonly made: readonly OutputColumn[];
  /** Addresses and names of its models, by alias. Answers are stored under them. */
  readonly models: Readonly<Record<string, string>>;
  /** The folder with the files of its rows, as the coordinator sees it. Left out, they are in Redis. */
  readonly rows?: string | undefined;
  /** What its plugins are made of: workers have their own copies. */
  readonly plugins: readonly PluginDigest[];
  readonly retryFailed: boolean;
  /** Set when no more requests are wanted. */
  readonly isStopping?: boolean;
}

export type RecordOptions = Pick<RunRecord, 'isExported' | 'rows' | 'plugins' | 'retryFailed'>;

export function recordOf(plan: Plan, options: RecordOptions): RunRecord {
  const recipe = filledIn(plan);
  return {
    dd: version(),
    name: plan.recipe.name,
    file: basename(plan.file),
    recipe: JSON.stringify(recipe),
    sha256: recipeDigest(plan),
    randomSeed: plan.randomSeed,
    made: plan.made,
    models: modelsOf(plan),
    ...options,
  };
}

/** A run as Redis has it; `undefined` for what is none. Another version of dd may have written it: see `dd`. */
export function recordIn(text: string | null): RunRecord | undefined {
  const value = text === null ? undefined : jsonIn(text);
  const isRecord = isObject(value) && typeof value['name'] === 'string' && typeof value['dd'] === 'string';
  return isRecord ? (value as unknown as RunRecord) : undefined;
}

/** The recipe of a plan without params: their values are filled in. */
function filledIn({ recipe: { params: _values, ...recipe } }: Plan): Json {
  return recipe as unknown as Json;
}

export const recipeDigest = (plan: Plan): string => hash('sha256', canonicalJson(filledIn(plan)));

export function modelsOf({ models }: Plan): RunRecord['models'] {
  return Object.fromEntries(
    [...models].map(([alias, { endpoint, model }]) => [alias, `${endpoint.url} ${model}`]),
  );
}
