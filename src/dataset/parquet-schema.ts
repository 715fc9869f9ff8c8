import type { ParquetWriter } from 'hyparquet-writer';
import { isObject, ownValue, type Json, type JsonObject, type JsonSchema } from '../core/json.js';
import { followRef } from '../json-schema/pointer.js';
import type { OutputColumn } from '../engine/types.js';

/** One element of a Parquet schema, as the Parquet format lists them: depth first, parents before children. */
type SchemaElement = ConstructorParameters<typeof ParquetWriter>[0]['schema'][number];

/** A dataset column as Parquet: its schema elements, and how a JSON value becomes what they hold. */
export interface ParquetField {
  readonly elements: readonly SchemaElement[];
  /** Only for values without a type mismatch. */
  shape(value: Json | undefined): unknown;
  /** The first part of a value that is not of the column's type: `tags[2] is not a string`. */
  mismatch(value: Json | undefined, path: string): string | undefined;
}

/** The field of a struct for keys that the schema allows but does not name, as JSON. */
export const EXTRA = '_extra';

const OPTIONAL = { repetition_type: 'OPTIONAL' } as const;

/**
 * Translates a JSON Schema to a typed, nested Parquet column. Lists become LIST, objects become structs;
 * schemas without a fixed shape (an object without named properties, a union of types, a recursive schema) become
 * JSON text with Parquet's JSON type. Everything is optional: a missing key and `null` both read as null.
 */
export function parquetField(name: string, schema: JsonSchema): ParquetField {
  return fieldOf(name, schema, schema, 0);
}

/** Schemas nested deeper than this are recursive in practice. */
const MAX_DEPTH = 16;

function fieldOf(name: string, schema: JsonSchema, root: JsonSchema, depth: number): ParquetField {
  const known = depth > MAX_DEPTH ? {} : withoutNull(followRef(schema, root) ?? {}, root);
  switch (typeOf(known)) {
    case 'string':
      return leaf(
        { name, type: 'BYTE_ARRAY', converted_type: 'UTF8', logical_type: { type: 'STRING' }, ...OPTIONAL },
        { word: 'a string', holds: (value) => typeof value === 'string', shape: (value) => value },
      );
    case 'boolean':
      return leaf(
        { name, type: 'BOOLEAN', ...OPTIONAL },
        { word: 'a boolean', holds: (value) => typeof value === 'boolean', shape: (value) => value },
      );
    case 'number':
      return leaf(
        { name, type: 'DOUBLE', ...OPTIONAL },
        // JSON has no negative zero, and both files have the same rows.
        {
          word: 'a number',
          holds: (value) => typeof value === 'number',
          shape: (value) => Number(value) + 0,
        },
      );
    case 'integer':
      return leaf(
        { name, type: 'INT64', ...OPTIONAL },
        {
          word: 'a whole number below 2^53',
          holds: Number.isSafeInteger,
          shape: (value) => BigInt(value as number),
        },
      );
    case 'array':
      return listOf(name, known, root, depth);
    case 'object':
      return structOf(name, known, root, depth);
    default:
      return json(name);
  }
}

function listOf(name: string, schema: JsonSchema, root: JsonSchema, depth: number): ParquetField {
  if (!isObject(schema['items'])) return json(name);
  const element = fieldOf('element', schema['items'], root, depth + 1);
  return {
    elements: [
      { name, num_children: 1, converted_type: 'LIST', logical_type: { type: 'LIST' }, ...OPTIONAL },
      { name: 'list', num_children: 1, repetition_type: 'REPEATED' },
      ...element.elements,
    ],
    shape: (value) => (Array.isArray(value) ? value.map((item: Json) => element.shape(item)) : null),
    mismatch(value, path) {
      if (isNothing(value)) return undefined;
      if (!Array.isArray(value)) return `${path} is not a list`;
      return first(value, (item: Json, index) => element.mismatch(item, `${path}[${index}]`));
    },
  };
}

function structOf(name: string, schema: JsonSchema, root: JsonSchema, depth: number): ParquetField {
  const properties = isObject(schema['properties']) ? Object.entries(schema['properties']) : [];
  const named = properties.map(
    ([key, inner]) => [key, fieldOf(key, isObject(inner) ? inner : {}, root, depth + 1)] as const,
  );
  if (named.length === 0 || properties.some(([key]) => key === EXTRA)) return json(name);
  const open = schema['additionalProperties'] !== false;
  const fields = open ? [...named, [EXTRA, json(EXTRA)] as const] : named;
  return {
    elements: [
      { name, num_children: fields.length, ...OPTIONAL },
      ...fields.flatMap(([, field]) => field.elements),
    ],
    shape(value) {
      if (!isObject(value)) return null;
      const shaped = named.map(([key, field]) => [key, field.shape(ownValue(value, key))] as const);
      return Object.fromEntries(open ? [...shaped, [EXTRA, extraKeys(value, named)] as const] : shaped);
    },
    mismatch(value, path) {
      if (isNothing(value)) return undefined;
      if (!isObject(value)) return `${path} is not an object`;
      return first(named, ([key, field]) => field.mismatch(ownValue(value, key), `${path}.${key}`));
    },
  };
}

function extraKeys(value: JsonObject, named: readonly (readonly [string, unknown])[]): JsonObject | null {
  const names = new Set(named.map(([key]) => key));
  const extra = Object.entries(value).filter(([key]) => !names.has(key));
  return extra.length === 0 ? null : Object.fromEntries(extra);
}

function json(name: string): ParquetField {
  return leaf(
    { name, type: 'BYTE_ARRAY', converted_type: 'JSON', logical_type: { type: 'JSON' }, ...OPTIONAL },
    { word: 'JSON', holds: () => true, shape: (value) => value },
  );
}

interface LeafType {
  readonly word: string;
  readonly holds: (value: Json) => boolean;
  readonly shape: (value: Json) => unknown;
}

function leaf(element: SchemaElement, { word, holds, shape }: LeafType): ParquetField {
  return {
    elements: [element],
    shape: (value) => (isNothing(value) ? null : shape(value)),
    mismatch: (value, path) => (isNothing(value) || holds(value) ? undefined : `${path} is not ${word}`),
  };
}

function isNothing(value: Json | undefined): value is null | undefined {
  return value === null || value === undefined;
}

function first<T>(
  items: readonly T[],
  find: (item: T, index: number) => string | undefined,
): string | undefined {
  for (const [index, item] of items.entries()) {
    const found = find(item, index);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** The type of all values of the schema, apart from null; `undefined` when there are several. */
function typeOf(schema: JsonSchema): string | undefined {
  const { type, enum: values, const: constant } = schema;
  if (typeof type === 'string') return type;
  const listed = Array.isArray(values)
    ? values.filter((value: Json) => value !== null)
    : constant !== undefined
      ? [constant]
      : [];
  const kinds = new Set(listed.map((value: Json) => (Number.isInteger(value) ? 'integer' : typeof value)));
  const [kind] = kinds;
  if (kinds.size === 1 && (kind === 'string' || kind === 'integer' || kind === 'boolean')) return kind;
  return isObject(schema['properties']) && type === undefined ? 'object' : undefined;
}

/** `type: [string, null]` and `anyOf: [X, { type: null }]` are X; Parquet columns are nullable anyway. */
function withoutNull(schema: JsonSchema, root: JsonSchema): JsonSchema {
  const { type } = schema;
  if (Array.isArray(type)) {
    const others = type.filter((name: Json) => name !== 'null');
    return others.length === 1 ? { ...schema, type: others[0] ?? null } : {};
  }
  for (const union of [schema['anyOf'], schema['oneOf']]) {
    if (!Array.isArray(union)) continue;
    const others = union.filter((branch: Json) => !(isObject(branch) && branch['type'] === 'null'));
    const [only] = others;
    return others.length === 1 && isObject(only) ? (followRef(only, root) ?? {}) : {};
  }
  return schema;
}

/** A value that its column cannot hold. */
export interface TypeMismatch {
  readonly column: string;
  /** `score is not a whole number below 2^53`. */
  readonly message: string;
}

/**
 * Finds values that do not have their column's type. Every row is checked before it is written: types never change
 * on the way, and one wrong value must not stop the other rows.
 */
export function typeMismatchFinder(
  columns: readonly OutputColumn[],
): (row: JsonObject) => TypeMismatch | undefined {
  const fields = columns.map(({ name, schema }) => ({ name, field: parquetField(name, schema) }));
  return (row) => {
    for (const { name, field } of fields) {
      const message = field.mismatch(row[name], name);
      if (message !== undefined) return { column: name, message };
    }
    return undefined;
  };
}
