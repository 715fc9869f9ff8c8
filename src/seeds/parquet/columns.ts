/**
 * Parquet's types as JSON. Nothing is rounded: a whole number beyond 2^53 and a decimal of more than 15 digits are text,
 * in every row of a column whose statistics name such a value. Dates and times are text in ISO 8601, structures
 * objects, lists lists, maps objects; bytes are text if they are UTF-8, else Base64.
 *
 * The library would turn decimals into inexact numbers and times into dates of milliseconds, so it is given a schema
 * without these annotations, and the plain values are read here.
 */
import type { FileMetaData, ParquetParsers, SchemaElement, SchemaTree } from 'hyparquet';
import { parquetSchema } from 'hyparquet/src/metadata.js';
import { isListLike, isMapLike } from 'hyparquet/src/schema.js';
import type { Json, JsonObject, JsonSchema } from '../../core/json.js';
import type { SeedColumn } from '../types.js';
import { leafReader, plain, textOf, type ReadingOptions, type ValueReader } from './values.js';

export interface RowReader {
  readonly columns: readonly SeedColumn[];
  /** The metadata to read with, and what turns its values into plain ones. */
  readonly metadata: FileMetaData;
  readonly parsers: Partial<ParquetParsers>;
  read(row: object): JsonObject;
}

export function rowReader(metadata: FileMetaData, options: ReadingOptions): RowReader {
  const fields = parquetSchema(metadata).children.map((child) => ({
    name: child.element.name,
    reader: readerOf(child, metadata, options),
  }));
  return {
    columns: fields.map(({ name, reader }) => ({ name, schema: reader.schema })),
    metadata: { ...metadata, schema: metadata.schema.map(withoutAnnotation) },
    parsers: {
      timestampFromNanoseconds: (nanos) => nanos,
      jsonFromBytes: (bytes) => bytes,
      // Each entry of a dictionary is decoded once.
      stringFromBytes: (bytes: Uint8Array | undefined) => bytes && textOf(bytes, options),
    },
    read: (row) => objectOf(row as Readonly<Record<string, unknown>>, fields, options),
  };
}

interface Field {
  readonly name: string;
  readonly reader: ValueReader;
}

function objectOf(
  values: Readonly<Record<string, unknown>>,
  fields: readonly Field[],
  { withoutNulls = false }: ReadingOptions,
): JsonObject {
  const entries: [string, Json][] = [];
  for (const { name, reader } of fields) {
    const value = readOrNull(reader, Object.hasOwn(values, name) ? values[name] : undefined);
    if (value !== null || !withoutNulls) entries.push([name, value]);
  }
  return Object.fromEntries(entries);
}

const readOrNull = ({ read }: ValueReader, value: unknown): Json =>
  value === undefined || value === null ? null : read(value);

function readerOf(tree: SchemaTree, metadata: FileMetaData, options: ReadingOptions): ValueReader {
  const { element, children } = tree;
  if (element.logical_type?.type === 'VARIANT') return { schema: {}, read: (value) => plain(value, options) };
  if (isListLike(tree)) return listOf(itemOf(tree), metadata, options);
  if (isMapLike(tree)) return mapOf(tree, metadata, options);
  const single: ValueReader =
    children.length > 0 ? structOf(tree, metadata, options) : leafReader(tree, metadata, options);
  return element.repetition_type === 'REPEATED' ? repeated(single) : single;
}

/** The entries of a list: Parquet puts a repeated group around them, older writers do not. */
function itemOf({ children: [entry] }: SchemaTree): SchemaTree | undefined {
  return entry?.children.length === 1 ? entry.children[0] : entry;
}

function listOf(item: SchemaTree | undefined, metadata: FileMetaData, options: ReadingOptions): ValueReader {
  if (!item) return { schema: {}, read: (value) => plain(value, options) };
  // Its repetition is that of the list.
  const once = { ...item, element: { ...item.element, repetition_type: 'OPTIONAL' } as const };
  return repeated(readerOf(once, metadata, options));
}

const repeated = (item: ValueReader): ValueReader => ({
  schema: nullable('array', { items: item.schema }),
  read: (value) => Array.from(value as ArrayLike<unknown>, (each) => readOrNull(item, each)),
});

function structOf({ children }: SchemaTree, metadata: FileMetaData, options: ReadingOptions): ValueReader {
  const fields = children.map((child) => ({
    name: child.element.name,
    reader: readerOf(child, metadata, options),
  }));
  const properties = Object.fromEntries(fields.map(({ name, reader }) => [name, reader.schema]));
  return {
    schema: nullable('object', { properties, additionalProperties: false }),
    read: (value) => objectOf(value as Readonly<Record<string, unknown>>, fields, options),
  };
}

function mapOf(
  { children: [entries] }: SchemaTree,
  metadata: FileMetaData,
  options: ReadingOptions,
): ValueReader {
  const values = entries?.children.find(({ element }) => element.name === 'value');
  const reader = values ? readerOf(values, metadata, options) : undefined;
  return {
    schema: nullable('object', reader ? { additionalProperties: reader.schema } : {}),
    read: (value) =>
      Object.fromEntries(
        Object.entries(value as object).map(([key, each]) => [key, reader ? readOrNull(reader, each) : null]),
      ),
  };
}

const nullable = (type: string, rest: JsonObject): JsonSchema => ({ type: [type, 'null'], ...rest });

/** What the library would convert, and not exactly. */
const INEXACT: ReadonlySet<string | undefined> = new Set([
  'DECIMAL', 'DATE', 'TIME_MILLIS', 'TIME_MICROS', 'TIMESTAMP_MILLIS', 'TIMESTAMP_MICROS', 'TIMESTAMP', 'TIME', 'INTERVAL', 'BSON',
]); // prettier-ignore

function withoutAnnotation(element: SchemaElement): SchemaElement {
  const { converted_type: converted, logical_type: logical, ...rest } = element;
  return INEXACT.has(converted) || INEXACT.has(logical?.type) ? rest : element;
}
