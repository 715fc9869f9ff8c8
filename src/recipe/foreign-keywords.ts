/**
 * Data Designer takes keywords and formats in `output_format` that JSON Schema does not know, such as pydantic's
 * `format: path` or an author's `decimal_places: 2`. In its configs they are left out with a warning; in a recipe they
 * are mistakes, since most are misspelt.
 */
import type { Problem } from '../core/problem.js';
import { isObject, type Json, type JsonObject, type JsonPath, type JsonSchema } from '../core/json.js';
import { getList, pathKey } from '../core/paths.js';
import { isFormat, isKeyword } from '../json-schema/compile.js';
import { allSubschemas } from '../json-schema/subschemas.js';

/** The recipe without such keywords, and a warning for each. */
export function withoutForeignKeywords(recipe: JsonObject): {
  readonly recipe: JsonObject;
  readonly problems: readonly Problem[];
} {
  const places = getList(recipe, 'columns').flatMap((column, index) =>
    isObject(column) && isObject(column['output_format'])
      ? foreignKeywords(column['output_format']).map((path) => ['columns', index, 'output_format', ...path])
      : [],
  );
  if (places.length === 0) return { recipe, problems: [] };
  const removed = new Set(places.map(pathKey));
  const problems = places.map((at): Problem => {
    const keyword = String(at.at(-1));
    const what = keyword === 'format' ? 'this `format` is none' : `\`${keyword}\` is no keyword`;
    const message = `${what} of JSON Schema, and is ignored`;
    return { severity: 'warning', code: 'unknown-key', message, at, onKey: true };
  });
  return { recipe: without(recipe, removed, []) as JsonObject, problems };
}

function foreignKeywords(schema: JsonSchema): readonly JsonPath[] {
  return allSubschemas(schema).flatMap(({ path, schema: part }) =>
    Object.entries(part)
      .filter(([key, value]) => !isKeyword(key) || (key === 'format' && !isFormat(String(value))))
      .map(([key]) => [...path, key]),
  );
}

function without(value: Json, removed: ReadonlySet<string>, at: JsonPath): Json {
  if (Array.isArray(value)) return value.map((entry: Json, index) => without(entry, removed, [...at, index]));
  if (!isObject(value)) return value;
  const kept = Object.entries(value).filter(([key]) => !removed.has(pathKey([...at, key])));
  return Object.fromEntries(kept.map(([key, inner]) => [key, without(inner, removed, [...at, key])]));
}
