import { isObject, type Json, type JsonObject, type JsonPath } from '../../core/json.js';
import { bundleSchema } from './bundle.js';
import type { Problem } from '../../core/problem.js';
import { isList, getList } from '../../core/paths.js';
import type { SchemaReader } from './schema-files.js';

/** A recipe with self-contained schemas. */
export interface Resolved {
  readonly recipe: JsonObject;
  /** Absolute paths of the files that were read, also of missing ones. */
  readonly files: readonly string[];
  readonly problems: readonly Problem[];
}

/**
 * Bundles the files that `$ref`s in columns point at (`output_format: { $ref: ../schemas/x.json }`) into the recipe.
 * Paths are relative to the file that contains them. The value of each key of a column, or of its `validator_params`, is
 * a schema of its own, and `#/…` refers to its root.
 *
 * @param file absolute path of the recipe
 * @param reader can be shared by several recipes
 */
export async function resolveRefs(recipe: JsonObject, file: string, reader: SchemaReader): Promise<Resolved> {
  const files = new Set<string>();
  const read: SchemaReader = (schemaFile) => {
    files.add(schemaFile);
    return reader(schemaFile);
  };
  const problems: Problem[] = [];
  const resolveKey = async (value: Json, at: JsonPath): Promise<Json> => {
    if (!isObject(value) || !mentionsFile(value)) return value;
    return bundleSchema(value, { file, at, read, report: (problem) => problems.push(problem) });
  };
  const resolveKeys = async (value: Json, at: JsonPath): Promise<Json> => {
    if (!isObject(value)) return value;
    const entries = Object.entries(value).map(
      async ([key, inner]) => [key, await resolveKey(inner, [...at, key])] as const,
    );
    return Object.fromEntries(await Promise.all(entries));
  };

  const columns: Json[] = [];
  for (const [index, column] of getList(recipe, 'columns').entries()) {
    if (!isObject(column)) {
      columns.push(column);
      continue;
    }
    const entries: [string, Json][] = [];
    for (const [key, value] of Object.entries(column)) {
      const at = ['columns', index, key];
      entries.push([key, await (HOLDS_SCHEMAS.has(key) ? resolveKeys(value, at) : resolveKey(value, at))]);
    }
    columns.push(Object.fromEntries(entries));
  }
  const whole = isList(recipe['columns']) ? { ...recipe, columns } : recipe;
  if (!isList(recipe['stages'])) return { recipe: whole, files: [...files], problems };
  const stages = await Promise.all(
    recipe['stages'].map((stage) => (isObject(stage) ? resolveRefs(stage, file, reader) : undefined)),
  );
  return {
    recipe: { ...whole, stages: recipe['stages'].map((stage, at) => stages[at]?.recipe ?? stage) },
    files: [...new Set([...files, ...stages.flatMap((stage) => stage?.files ?? [])])],
    problems: [
      ...problems,
      ...stages.flatMap((stage, index) =>
        (stage?.problems ?? []).map((problem) => ({ ...problem, at: ['stages', index, ...problem.at] })),
      ),
    ],
  };
}

/** Keys of columns whose values are no schemas, but maps with schemas in them. */
const HOLDS_SCHEMAS: ReadonlySet<string> = new Set(['validator_params']);

function mentionsFile(value: Json): boolean {
  if (isList(value)) return value.some(mentionsFile);
  if (!isObject(value)) return false;
  const { $ref } = value;
  return (typeof $ref === 'string' && !$ref.startsWith('#')) || Object.values(value).some(mentionsFile);
}
