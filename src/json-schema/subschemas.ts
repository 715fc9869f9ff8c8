import { isObject, type Json, type JsonPath, type JsonSchema } from '../core/json.js';
import { isList } from '../core/paths.js';

/** Keywords whose values are maps from names to schemas. */
export const SCHEMA_MAPS: ReadonlySet<string> = new Set([
  'properties',
  'patternProperties',
  '$defs',
  'definitions',
  'dependentSchemas',
]);

/** Keywords whose values are a schema or a list of schemas. */
export const SCHEMAS: ReadonlySet<string> = new Set([
  'items', 'prefixItems', 'contains', 'allOf', 'anyOf', 'oneOf', 'if', 'then', 'else', 'additionalProperties',
]); // prettier-ignore

/** A schema within a schema, and the path to it. */
export interface Subschema {
  readonly path: JsonPath;
  readonly schema: JsonSchema;
}

/** The direct subschemas of a schema. */
export function subschemas({ path, schema }: Subschema): readonly Subschema[] {
  return Object.entries(schema).flatMap(([keyword, value]): readonly Subschema[] => {
    const at = [...path, keyword];
    if (SCHEMA_MAPS.has(keyword) && isObject(value)) return partsOf(Object.entries(value), at);
    if (!SCHEMAS.has(keyword)) return [];
    if (isList(value)) return partsOf([...value.entries()], at);
    return isObject(value) ? [{ path: at, schema: value }] : [];
  });
}

/** A schema and all its subschemas. */
export function allSubschemas(root: JsonSchema): readonly Subschema[] {
  const below = (part: Subschema): readonly Subschema[] => [part, ...subschemas(part).flatMap(below)];
  return below({ path: [], schema: root });
}

function partsOf(entries: readonly (readonly [string | number, Json])[], at: JsonPath): readonly Subschema[] {
  return entries.flatMap(([key, value]) => (isObject(value) ? [{ path: [...at, key], schema: value }] : []));
}

/** The name of a part in a message: `tags.items`, or `the answer` for the whole schema. */
export function partName(path: JsonPath): string {
  const names = path.filter((key, index) => !(key === 'properties' && typeof path[index + 1] === 'string'));
  return names.length === 0 ? 'the answer' : `\`${names.join('.')}\``;
}
