import { isObject, type Json, type JsonSchema } from '../../core/json.js';
import { followRef } from '../../json-schema/pointer.js';
import { isList } from '../../core/paths.js';

/** A field in the values of a schema. */
export type Field =
  | { readonly kind: 'known'; readonly schema: JsonSchema }
  /** The schema does not say. */
  | { readonly kind: 'unknown' }
  /** No value has it. `depth` is the number of steps of the path that exist. */
  | { readonly kind: 'absent'; readonly depth: number; readonly fields: readonly string[] };

const unknown: Field = { kind: 'unknown' };

/** Limits recursive `$ref`s, and unions in unions. */
const MAX_NESTING = 16;

/**
 * Follows a path of field names into a JSON Schema. Objects that list their properties without
 * `additionalProperties` have no others, as in `closeObjects`. A name in a list means that field of its entries, as in
 * JSONata. In doubt the result is `unknown`.
 */
export function fieldAt(schema: JsonSchema, path: readonly string[]): Field {
  let here: Field = { kind: 'known', schema };
  for (const [depth, name] of path.entries()) {
    if (here.kind !== 'known') return here;
    here = step(here.schema, name, { root: schema, depth, nested: 0 });
  }
  return here.kind === 'known' ? { kind: 'known', schema: withDefinitions(here.schema, schema) } : here;
}

interface At {
  readonly root: JsonSchema;
  readonly depth: number;
  readonly nested: number;
}

function step(given: Json | undefined, name: string, at: At): Field {
  const schema = isObject(given) && at.nested <= MAX_NESTING ? followRef(given, at.root) : undefined;
  if (!schema) return unknown;
  const deeper = { ...at, nested: at.nested + 1 };
  const { anyOf, oneOf, allOf, items, prefixItems } = schema;

  const found: Field[] = [];
  for (const union of [anyOf, oneOf]) if (isList(union)) found.push(anyBranch(union, name, deeper));
  if (isList(allOf)) found.push(everyBranch(allOf, name, deeper));
  const types = typesOf(schema);
  if (types.includes('array')) found.push(entryOf(isList(prefixItems) ? undefined : items, name, deeper));
  if (types.includes('object') || isObject(schema['properties'])) found.push(property(schema, name, at));
  if (found.length > 0) return strongest(found);
  return types.length > 0 && name !== 'length' ? { kind: 'absent', depth: at.depth, fields: [] } : unknown;
}

function property(schema: JsonSchema, name: string, { depth }: At): Field {
  const { properties, additionalProperties, patternProperties } = schema;
  if (!isObject(properties))
    return additionalProperties === false ? { kind: 'absent', depth, fields: [] } : unknown;
  if (Object.hasOwn(properties, name)) return known(properties[name]);
  const isOpen = (additionalProperties ?? false) !== false || patternProperties !== undefined;
  return isOpen ? unknown : { kind: 'absent', depth, fields: Object.keys(properties) };
}

/** An index means an entry of the list, any other name a field of its entries. */
function entryOf(items: Json | undefined, name: string, at: At): Field {
  if (/^-?\d+$/.test(name)) return known(items);
  return name === 'length' ? unknown : step(items, name, at);
}

/** A field exists when one branch has it; branches that are always null are ignored. */
function anyBranch(branches: readonly Json[], name: string, at: At): Field {
  const found = branches.filter((branch) => !isNull(branch)).map((branch) => step(branch, name, at));
  return found.length === 0 ? unknown : strongest(found);
}

/** A part of an `allOf` need not mention a field that another part defines. */
function everyBranch(parts: readonly Json[], name: string, at: At): Field {
  const found = parts.map((part) => step(part, name, at)).filter((field) => field.kind === 'known');
  return found.length === 0 ? unknown : strongest(found);
}

function strongest(fields: readonly Field[]): Field {
  const schemas = fields.flatMap((field) => (field.kind === 'known' ? [field.schema] : []));
  if (fields.some((field) => field.kind === 'unknown')) return unknown;
  const [first] = schemas;
  if (first) return { kind: 'known', schema: schemas.length === 1 ? first : { anyOf: schemas } };
  const absent = fields.flatMap((field) => (field.kind === 'absent' ? [field] : []));
  const [nearest] = absent;
  return nearest ? { ...nearest, fields: [...new Set(absent.flatMap((field) => field.fields))] } : unknown;
}

const known = (schema: Json | undefined): Field => (isObject(schema) ? { kind: 'known', schema } : unknown);

const isNull = (schema: Json): boolean => isObject(schema) && schema['type'] === 'null';

function typesOf({ type }: JsonSchema): readonly string[] {
  return (isList(type) ? type : [type]).filter(
    (name): name is string => typeof name === 'string' && name !== 'null',
  );
}

/** Adds the definitions of the whole schema, which `$ref`s in a part can point at. */
function withDefinitions(part: JsonSchema, whole: JsonSchema): JsonSchema {
  const { $defs } = whole;
  return part !== whole && $defs !== undefined && part['$defs'] === undefined ? { ...part, $defs } : part;
}
