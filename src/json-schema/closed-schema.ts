import { isObject, type Json, type JsonSchema } from '../core/json.js';
import { followRef } from './pointer.js';
import { SCHEMA_MAPS, SCHEMAS } from './subschemas.js';

/** Keywords that define which other properties a schema allows. */
const OPENNESS = [
  'additionalProperties',
  'unevaluatedProperties',
  'patternProperties',
  'allOf',
  'anyOf',
  'oneOf',
];

/**
 * Adds `additionalProperties: false` to every object that lists its properties and does not mention others, so that
 * an answer has exactly these.
 */
export function closeObjects(schema: JsonSchema): JsonSchema {
  const closed = Object.fromEntries(
    Object.entries(schema).map(([key, value]) => [key, closeKeyword(key, value)]),
  );
  return isClosedByDefault(schema) ? { ...closed, additionalProperties: false } : closed;
}

/** True when a schema lists properties and does not mention others. */
export function isClosedByDefault(schema: JsonSchema): boolean {
  return isObject(schema['properties']) && !OPENNESS.some((keyword) => Object.hasOwn(schema, keyword));
}

function closeKeyword(keyword: string, value: Json): Json {
  if (SCHEMA_MAPS.has(keyword) && isObject(value)) {
    return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, closeSchema(inner)]));
  }
  if (!SCHEMAS.has(keyword)) return value;
  return Array.isArray(value) ? value.map(closeSchema) : closeSchema(value);
}

function closeSchema(value: Json): Json {
  return isObject(value) ? closeObjects(value) : value;
}

/** Drops the fields that a closed schema does not declare. */
export function pruneUndeclared(root: JsonSchema): (value: Json) => Json {
  const prune = (schema: JsonSchema, value: Json): Json => {
    const here = withoutNull(followRef(schema, root) ?? {});
    if (Array.isArray(value)) {
      const { items } = here;
      return isObject(items) ? value.map((item: Json) => prune(items, item)) : value;
    }
    const { properties } = here;
    if (!isObject(value) || !isObject(properties)) return value;
    const kept = Object.entries(value).filter(
      ([key]) => here['additionalProperties'] !== false || Object.hasOwn(properties, key),
    );
    return Object.fromEntries(
      kept.map(([key, inner]) => {
        const declared = Object.hasOwn(properties, key) ? properties[key] : undefined;
        return [key, isObject(declared) ? prune(declared, inner) : inner];
      }),
    );
  };
  return (value) => prune(root, value);
}

/** `anyOf: [X, { type: null }]` has the fields of X; other unions are left to the validator. */
function withoutNull(schema: JsonSchema): JsonSchema {
  const union = schema['anyOf'] ?? schema['oneOf'];
  const branches = Array.isArray(union)
    ? union.filter((branch: Json) => !(isObject(branch) && branch['type'] === 'null'))
    : [];
  const [only] = branches;
  return branches.length === 1 && isObject(only) ? only : schema;
}
