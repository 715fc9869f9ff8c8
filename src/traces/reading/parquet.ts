/**
 * Parquet files, as Hugging Face has datasets. A file is read one row group at a time, each as an entry of its own, so
 * that memory holds a group and not the file. `hyparquet` is loaded with the first such file; it reads uncompressed and
 * Snappy pages itself, Node gzip and Brotli, and `fzstd` Zstandard.
 */
import { closeSync, readSync } from 'node:fs';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { setImmediate } from 'node:timers/promises';
import type { AsyncBuffer, Compressors, FileMetaData, SchemaTree } from 'hyparquet';
import type { Json, JsonObject } from '../../core/json.js';
import { isTooDeep } from '../../core/paths.js';
import { openRegular, type RegularFile } from '../../core/regular-file.js';
import { err, ok, type Result } from '../../core/result.js';
import { summary } from '../content.js';
import { beginsWith } from './begins-with.js';

/** Rows of a file that are read together; plain data, so that it can be sent to a worker thread. */
export interface RowGroup {
  /** Position of the first row in the file. */
  readonly start: number;
  readonly end: number;
}

/** In bytes, uncompressed: more does not fit into memory. */
const MAX_GROUP = 2 ** 31;

export function isParquet(path: string): boolean {
  return beginsWith(path, 'PAR1');
}

/** The row groups of a file; none when it is damaged, or no Parquet. Only its footer is read. */
export async function rowGroupsOf(path: string): Promise<readonly RowGroup[]> {
  if (!isParquet(path)) return [];
  const metadata = await withFile(path, async ({ metadata: read }) => read);
  return metadata.ok ? groupsIn(metadata.value) : [];
}

function groupsIn({ row_groups: groups }: FileMetaData): readonly RowGroup[] {
  let start = 0;
  return groups.map(({ num_rows: count }) => {
    const group = { start, end: start + Number(count) };
    start = group.end;
    return group;
  });
}

export interface ParquetRows {
  readonly records: readonly JsonObject[];
  /** Row numbers, from 1. */
  readonly lines: readonly number[];
  /** How many rows were nested too deeply. */
  readonly tooDeep: number;
}

/** @param group the rows to read; all when left out */
export async function readParquet(path: string, group?: RowGroup): Promise<Result<ParquetRows, string>> {
  return withFile(path, async ({ file, metadata }) => {
    const { parquetReadObjects } = await import('hyparquet');
    const { decompress } = await import('fzstd');
    const compressors: Compressors = {
      GZIP: (bytes, length) => gunzipSync(bytes, { maxOutputLength: length }),
      BROTLI: (bytes, length) => brotliDecompressSync(bytes, { maxOutputLength: length }),
      ZSTD: (bytes, length) => decompress(bytes, new Uint8Array(length)),
    };
    const records: JsonObject[] = [];
    const lines: number[] = [];
    let tooDeep = 0;
    for (const { start, end } of group ? [group] : groupsIn(metadata)) {
      const rows = await parquetReadObjects({
        file,
        metadata,
        compressors,
        rowStart: start,
        rowEnd: end,
        utf8: false,
        parsers: { jsonFromBytes: textIn },
      });
      for (const [at, row] of rows.entries()) {
        const record = plainRow(row);
        if (isTooDeep(record, 100)) tooDeep += 1;
        else {
          records.push(record);
          lines.push(start + at + 1);
        }
      }
    }
    return { records, lines, tooDeep };
  });
}

interface OpenParquet {
  readonly file: AsyncBuffer;
  readonly metadata: FileMetaData;
}

/** Opens a file for an action. Whatever the library throws says that the file is damaged. */
async function withFile<T>(
  path: string,
  action: (parquet: OpenParquet) => Promise<T>,
): Promise<Result<T, string>> {
  const opened = openRegular(path);
  if (!opened.ok) return opened;
  const file = bufferOf(opened.value);
  try {
    const { parquetMetadataAsync, parquetSchema } = await import('hyparquet');
    const metadata = await parquetMetadataAsync(file);
    if (!hasRegularColumns(metadata, parquetSchema(metadata))) return err(DAMAGED);
    const codec = foreignCodec(metadata);
    if (codec !== undefined) return err(`Parquet compressed with ${codec}, which is not supported`);
    if (metadata.row_groups.some(isTooLarge)) return err('Parquet with a row group that is too large');
    return ok(await action({ file, metadata }));
  } catch {
    return err(DAMAGED);
  } finally {
    file.close();
  }
}

const DAMAGED = 'a damaged Parquet file';

const CODECS: ReadonlySet<string> = new Set(['UNCOMPRESSED', 'SNAPPY', 'GZIP', 'BROTLI', 'ZSTD']);

function foreignCodec({ row_groups: groups }: FileMetaData): string | undefined {
  const codecs = groups.flatMap(({ columns }) => columns.map(({ meta_data: column }) => column?.codec));
  return codecs.find((codec) => codec !== undefined && !CODECS.has(codec));
}

function isTooLarge({ total_byte_size: bytes, num_rows: rows }: FileMetaData['row_groups'][number]): boolean {
  return bytes > MAX_GROUP || rows > MAX_GROUP;
}

/** True when each column of each group is in the schema, once: the library would not wait for others. */
function hasRegularColumns({ row_groups: groups }: FileMetaData, schema: SchemaTree): boolean {
  const leaves = new Set<string>();
  addLeaves(schema);
  return groups.every(({ columns }) => {
    const paths = columns.map(({ meta_data: column }) => column?.path_in_schema.join('\0') ?? '');
    return new Set(paths).size === paths.length && paths.every((path) => leaves.has(path));
  });

  function addLeaves({ children, path }: SchemaTree): void {
    if (children.length === 0) leaves.add(path.join('\0'));
    for (const child of children) addLeaves(child);
  }
}

/**
 * The library asks for all columns at once. When it gives up on a file meanwhile, those columns are not waited for, and
 * one that is damaged would end the process. So an answer comes one turn later, and none after closing.
 */
function bufferOf({ descriptor, size }: RegularFile): AsyncBuffer & { close(): void } {
  let isClosed = false;
  return {
    byteLength: size,
    close() {
      isClosed = true;
      closeSync(descriptor);
    },
    async slice(start, end = size) {
      await setImmediate();
      if (isClosed) return new Promise(() => {});
      const length = Math.max(0, Math.min(end, size) - start);
      const bytes = new Uint8Array(length);
      for (let read = 0; read < length;) {
        const count = readSync(descriptor, bytes, read, length - read, start + read);
        if (count === 0) break;
        read += count;
      }
      return bytes.buffer;
    },
  };
}

/** Every row has all fields of its structures; those that it does not use are null and left out. */
function plainRow(row: object): JsonObject {
  const entries = Object.entries(row).map(([key, value]): [string, Json] => [key, plainValue(value)]);
  return Object.fromEntries(entries.filter(([, value]) => value !== null));
}

function plainValue(value: unknown): Json {
  if (typeof value === 'string') return value.toWellFormed();
  if (typeof value === 'boolean') return value;
  if (typeof value === 'number') return Number.isFinite(value) ? value : null;
  // As text where a number would lose digits.
  if (typeof value === 'bigint') return BigInt.asIntN(54, value) === value ? Number(value) : String(value);
  if (typeof value !== 'object' || value === null) return null;
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString();
  if (value instanceof Uint8Array) return textIn(value);
  if (Array.isArray(value)) return value.map(plainValue);
  return ArrayBuffer.isView(value) ? Array.from(value as Int32Array, plainValue) : plainRow(value);
}

/** Older writers do not say that bytes are text. */
function textIn(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return summary(Buffer.from(bytes).toString('base64'));
  }
}
