import { canonicalJson, isObject, type Json, type JsonPath, type JsonSchema } from '../core/json.js';

/**
 * The JSON Schema of the values that a template makes: its texts have the schemas that `textSchema` says, all else is as
 * written. A list whose entries differ in type has no schema for them, except that maps may differ in their fields.
 */
export function shapeSchema(
  shape: Json,
  textSchema: (path: JsonPath) => JsonSchema,
  path: JsonPath = [],
): JsonSchema {
  if (typeof shape === 'string') return inside(textSchema(path), path);
  if (typeof shape === 'number') return { type: Number.isInteger(shape) ? 'integer' : 'number' };
  if (typeof shape === 'boolean') return { type: 'boolean' };
  const schemaOf = (inner: Json, key: string | number): JsonSchema =>
    shapeSchema(inner, textSchema, [...path, key]);
  if (Array.isArray(shape)) {
    const items = common((shape as readonly Json[]).map(schemaOf));
    return { type: 'array', ...(items && { items }) };
  }
  if (!isObject(shape)) return {};
  const properties = Object.entries(shape).map(([key, inner]) => [key, schemaOf(inner, key)] as const);
  return { type: 'object', properties: Object.fromEntries(properties), additionalProperties: false };
}

/** The definitions of a schema belong to the root of a column, so one that refers to them says nothing deeper. */
const inside = (schema: JsonSchema, path: JsonPath): JsonSchema =>
  path.length > 0 && canonicalJson(schema).includes('"$ref"') ? {} : schema;

/** The schema of all entries of a list; `undefined` when there is no entry. */
function common(schemas: readonly JsonSchema[]): JsonSchema | undefined {
  const [first, ...others] = schemas;
  return first && others.reduce(both, first);
}

function both(a: JsonSchema, b: JsonSchema): JsonSchema {
  if (canonicalJson(a) === canonicalJson(b)) return a;
  const [left, right] = [a['properties'], b['properties']];
  if (!isObject(left) || !isObject(right) || !isClosed(a) || !isClosed(b)) return {};
  const names = [...new Set([...Object.keys(left), ...Object.keys(right)])];
  const properties = names.map((name) => {
    const [one, other] = [left[name], right[name]];
    return [name, isObject(one) && isObject(other) ? both(one, other) : (one ?? other ?? {})] as const;
  });
  return { type: 'object', properties: Object.fromEntries(properties), additionalProperties: false };
}

const isClosed = ({ additionalProperties }: JsonSchema): boolean => additionalProperties === false;
