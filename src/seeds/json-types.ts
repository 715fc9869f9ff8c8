/**
 * Types of JSON values, found from all values of a column as DuckDB finds them: lists and objects stay lists and
 * objects, down to their members. Where values differ in kind, and in objects of very many different keys, which are
 * rather a dictionary, the type is open.
 */
import type { Json, JsonObject, JsonSchema } from '../core/json.js';
import type { SeedColumn } from './types.js';

/** An object with more different keys is a dictionary. DuckDB's number. */
const MOST_KEYS = 200;

/** Parquet's columns are not nested deeper. */
const MOST_LEVELS = 12;

/** What was seen at one place. */
interface Seen {
  readonly kinds: Set<string>;
  items: Seen | undefined;
  readonly fields: Map<string, Seen>;
  isDictionary: boolean;
}

const nothing = (): Seen => ({ kinds: new Set(), items: undefined, fields: new Map(), isDictionary: false });

/** The columns of rows, in order of first appearance. */
export function jsonColumns(rows: readonly ReadonlyMap<string, Json>[]): readonly SeedColumn[] {
  const columns = new Map<string, Seen>();
  for (const row of rows)
    for (const [name, value] of row) {
      const seen = columns.get(name) ?? nothing();
      columns.set(name, seen);
      see(seen, value, 0);
    }
  return Array.from(columns, ([name, seen]) => ({ name, schema: schemaOf(seen) }));
}

function see(seen: Seen, value: Json, level: number): void {
  seen.kinds.add(kindOf(value));
  if (typeof value !== 'object' || value === null || level > MOST_LEVELS) return;
  if (Array.isArray(value)) {
    seen.items ??= nothing();
    for (const item of value as readonly Json[]) see(seen.items, item, level + 1);
  } else if (!seen.isDictionary) seeFields(seen, value as JsonObject, level);
}

function seeFields(seen: Seen, value: JsonObject, level: number): void {
  for (const [key, member] of Object.entries(value)) {
    const field = seen.fields.get(key) ?? nothing();
    seen.fields.set(key, field);
    see(field, member, level + 1);
  }
  if (seen.fields.size <= MOST_KEYS) return;
  seen.isDictionary = true;
  seen.fields.clear();
}

function kindOf(value: Json): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'number') return Number.isSafeInteger(value) ? 'integer' : 'number';
  return typeof value;
}

function schemaOf({ kinds, items, fields, isDictionary }: Seen): JsonSchema {
  const [kind, ...others] = [...kinds].filter(
    (each) => each !== 'null' && !(each === 'integer' && kinds.has('number')),
  );
  if (kind === undefined || others.length > 0) return {};
  if (kind === 'array') return { type: ['array', 'null'], items: items ? schemaOf(items) : {} };
  if (kind !== 'object') return { type: [kind, 'null'] };
  if (isDictionary || fields.size === 0 || hasLookAlikes([...fields.keys()])) return {};
  return {
    type: ['object', 'null'],
    properties: Object.fromEntries(Array.from(fields, ([key, field]) => [key, schemaOf(field)])),
    additionalProperties: false,
  };
}

/** Keys that differ in case alone: readers of Parquet refuse such a structure. */
const hasLookAlikes = (keys: readonly string[]): boolean =>
  new Set(keys.map((key) => key.toLowerCase())).size < keys.length;
