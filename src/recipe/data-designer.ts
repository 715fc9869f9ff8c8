import { isObject, type Json, type JsonObject, type JsonPath } from '../core/json.js';
import { getList, valueAt } from '../core/paths.js';
import type { Problem } from '../core/problem.js';
import { SAMPLER } from '../columns/sampler.js';
import { SAMPLER_TYPES } from '../samplers/registry.js';
import type { Registries } from './registries.js';

/**
 * Compatibility with Data Designer: a config that it exported runs here unchanged. Handles its wrapper and its
 * `null`s. Features that are not supported yet are in `unsupported.ts`.
 */

const WRAPPER = 'data_designer';

/** Keys that are allowed beside the wrapper. */
const BESIDE_WRAPPER = new Set([WRAPPER, 'library_version', '$schema']);

/** The recipe inside Data Designer's wrapper, with its path in the file. */
export interface Unwrapped {
  readonly data: Json;
  readonly prefix: JsonPath;
  /** Data Designer wrote it. */
  readonly isExported: boolean;
  readonly problems: readonly Problem[];
}

/** Removes the wrapper `data_designer:` if there is one. `library_version` is ignored. */
export function unwrap(data: Json): Unwrapped {
  if (!isObject(data)) return { data, prefix: [], isExported: false, problems: [] };
  if (!Object.hasOwn(data, WRAPPER)) {
    const { library_version: version, ...recipe } = data;
    return { data: recipe, prefix: [], isExported: version !== undefined, problems: [] };
  }
  const foreignKeys = Object.keys(data).filter((key) => !BESIDE_WRAPPER.has(key));
  return {
    data: data[WRAPPER] ?? null,
    prefix: [WRAPPER],
    isExported: true,
    problems: foreignKeys.map((key) => ({
      code: 'unknown-key',
      message: `\`${key}\` is not allowed beside \`${WRAPPER}\``,
      hint: `move it inside \`${WRAPPER}\`, or remove \`${WRAPPER}\``,
      at: [key],
      onKey: true,
    })),
  };
}

/** Data Designer writes `null` for "not given", so these keys are removed. Required keys keep it, to be reported. */
export function dropNulls(recipe: JsonObject, registries: Registries): JsonObject {
  const columns = (column: JsonObject): JsonObject => {
    const type = registries.columnTypes.get(String(column['column_type']));
    const kept = withoutNulls(column, ['name', 'column_type', ...(type?.schema.required ?? [])]);
    const own = kept['column_type'] === SAMPLER ? samplerParams(kept) : kept;
    const checked = mapKey(own, 'validator_params', (params) => withoutNulls(params, []));
    const clean = mapKey(checked, 'skip', (skip) => withoutNulls(skip, ['when']));
    // A key of ours, where null is a value.
    return column['on_error'] === null ? { ...clean, on_error: 'null' } : clean;
  };
  const source = (given: JsonObject): JsonObject => {
    const type = registries.seedTypes.get(String(given['seed_type']));
    return withoutNulls(given, ['seed_type', ...(type?.schema.required ?? [])]);
  };
  const model = (given: JsonObject): JsonObject =>
    mapKey(withoutNulls(given, ['alias', 'model', 'provider']), 'inference_parameters', (parameters) =>
      withoutNulls(parameters, []),
    );

  const processor = (given: JsonObject): JsonObject => {
    const type = registries.processorTypes.get(String(given['processor_type']));
    return withoutNulls(given, ['name', 'processor_type', ...(type?.schema.required ?? [])]);
  };

  let clean = withoutNulls(recipe, ['columns']);
  clean = mapKey(clean, 'seed_config', (seed) => mapKey(withoutNulls(seed, ['source']), 'source', source));
  clean = mapKey(clean, 'accept', (accept) => withoutNulls(accept, ['when', 'jsonata']));
  clean = mapKey(clean, 'run_config', (config) => withoutNulls(config, []));
  clean = mapEntries(clean, 'constraints', (constraint) => withoutNulls(constraint, ['rhs']));
  clean = mapEntries(clean, 'providers', (provider) => withoutNulls(provider, ['name', 'endpoint']));
  clean = mapEntries(clean, 'mcp_providers', (provider) => withoutNulls(provider, ['name', 'provider_type']));
  clean = mapEntries(clean, 'tool_configs', (tools) => withoutNulls(tools, ['tool_alias', 'providers']));
  clean = mapEntries(clean, 'model_configs', model);
  clean = mapEntries(clean, 'processors', processor);
  clean = mapEntries(clean, 'stages', (stage) => dropNulls(stage, registries));
  return mapEntries(clean, 'columns', columns);
}

/**
 * What a config means under the wrapper where it says nothing: the rows of a seed are repeated as often as needed, and
 * text becomes an int or a bool as in Python.
 */
export function wrapperDefaults(recipe: JsonObject, { columnTypes }: Registries): JsonObject {
  const repeated = mapKey(recipe, 'seed_config', (seed) => ({ cycle: true, ...seed }));
  return mapEntries(repeated, 'columns', (column) =>
    Object.hasOwn(columnTypes.get(String(column['column_type']))?.schema.properties ?? {}, 'cast')
      ? { cast: 'python', ...column }
      : column,
  );
}

/**
 * Data Designer's YAML sorts the keys of every map. Conditions are tried in their order, so a YAML export with several
 * of them can mean something else than the config it was made from.
 */
export function sortedConditions(recipe: JsonObject): readonly Problem[] {
  return getList(recipe, 'columns').flatMap((column, index): readonly Problem[] => {
    const conditions = isObject(column) ? column['conditional_params'] : undefined;
    if (!isObject(conditions) || Object.keys(conditions).length < 2) return [];
    return [
      {
        severity: 'warning',
        code: 'condition-order',
        message: 'conditions are tried in their order, and Data Designer sorts them in a YAML export',
        hint: 'compare them with the original, or export the config as JSON, which keeps the order',
        at: ['columns', index, 'conditional_params'],
        onKey: true,
      },
    ];
  });
}

/** Data Designer allows columns such as `Full name`; templates read them as `row["Full name"]`. */
export function isForeignName({ at }: Problem, recipe: JsonObject): boolean {
  const [section, index, key, ...rest] = at;
  if (section !== 'columns' || index === undefined || key !== 'name' || rest.length > 0) return false;
  const name = valueAt(recipe, at);
  return typeof name === 'string' && name !== '__proto__' && /^\P{C}{1,200}$/u.test(name);
}

function samplerParams(column: JsonObject): JsonObject {
  const required = SAMPLER_TYPES.get(String(column['sampler_type']))?.schema.required ?? [];
  const clean = (params: JsonObject): JsonObject => withoutNulls(params, required);
  return mapKey(mapKey(column, 'params', clean), 'conditional_params', (conditions) =>
    Object.fromEntries(
      Object.entries(conditions).map(([key, params]) => [key, isObject(params) ? clean(params) : params]),
    ),
  );
}

function withoutNulls(object: JsonObject, required: readonly string[]): JsonObject {
  return Object.fromEntries(
    Object.entries(object).filter(([key, value]) => value !== null || required.includes(key)),
  );
}

/** Changes the map under `key`; any other value is left for the schema to report. */
function mapKey(object: JsonObject, key: string, change: (inner: JsonObject) => JsonObject): JsonObject {
  const inner = object[key];
  return isObject(inner) ? { ...object, [key]: change(inner) } : object;
}

function mapEntries(object: JsonObject, key: string, change: (entry: JsonObject) => JsonObject): JsonObject {
  const list = object[key];
  if (!Array.isArray(list)) return object;
  return { ...object, [key]: list.map((entry: Json) => (isObject(entry) ? change(entry) : entry)) };
}
