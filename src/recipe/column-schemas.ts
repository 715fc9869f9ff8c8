import type { TypeLookup } from '../columns/types.js';
import type { JsonSchema } from '../core/json.js';
import type { SeedColumn } from '../seeds/types.js';
import type { DraftColumn } from './draft.js';
import { fieldAt } from './schema/fields.js';

/**
 * The JSON Schema of the values of each name that a template can read, without the names of columns with mistakes.
 *
 * @param order names of columns, each after those it reads
 */
export function columnSchemas(
  order: readonly string[],
  columns: readonly DraftColumn[],
  needs: ReadonlyMap<string, readonly string[]>,
  seedColumns: readonly SeedColumn[],
): ReadonlyMap<string, JsonSchema> {
  const types = new Map(seedColumns.map(({ name, schema }) => [name, schema]));
  const skippable = skippableColumns(order, columns, needs);
  for (const name of order) {
    const { prepared, config } = columns.find((column) => column.name === name) ?? {};
    const isNullable = skippable.has(name) || (config?.on_error ?? 'fail') !== 'fail';
    const schemas = prepared?.types(typeLookup(types)) ?? [];
    for (const [index, schema] of schemas.entries()) {
      const made = prepared?.makes[index];
      if (made !== undefined) types.set(made, isNullable ? nullable(schema) : schema);
    }
  }
  return types;
}

/** Columns whose cells can be skipped: by their own condition, or because a column they read is skipped. */
function skippableColumns(
  order: readonly string[],
  columns: readonly DraftColumn[],
  needs: ReadonlyMap<string, readonly string[]>,
): ReadonlySet<string> {
  const skippable = new Set<string>();
  for (const name of order) {
    const config = columns.find((column) => column.name === name)?.config;
    const inherits =
      config?.propagate_skip !== false && (needs.get(name) ?? []).some((needed) => skippable.has(needed));
    if (config?.skip || inherits) skippable.add(name);
  }
  return skippable;
}

function nullable(schema: JsonSchema): JsonSchema {
  const { type } = schema;
  const plain = typeof type === 'string' && schema['enum'] === undefined && schema['const'] === undefined;
  if (plain) return type === 'null' ? schema : { ...schema, type: [type, 'null'] };
  if (Array.isArray(type) && type.includes('null')) return schema;
  // Definitions stay at the root, because `#/$defs/…` refers to them there.
  const { $defs, ...rest } = schema;
  return { anyOf: [rest, { type: 'null' }], ...($defs === undefined ? {} : { $defs }) };
}

/** For columns whose type depends on those of others. */
export function typeLookup(types: ReadonlyMap<string, JsonSchema>): TypeLookup {
  return ([root = '', ...path]) => {
    const schema = types.get(root);
    const field = schema && fieldAt(schema, path);
    return field?.kind === 'known' ? field.schema : undefined;
  };
}
