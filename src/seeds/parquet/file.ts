/**
 * Parquet files, for seeds and for traces. A file is read one row group at a time, so that memory holds a group and not
 * the file. The footer is small and read at once; the rest of `hyparquet` is loaded with the first rows. It reads
 * uncompressed and Snappy pages itself, Node gzip and Brotli, `fzstd` Zstandard, `hyparquet-compressors` LZ4.
 */
import { closeSync, readSync } from 'node:fs';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { setImmediate } from 'node:timers/promises';
import type { AsyncBuffer, Compressors, FileMetaData, SchemaTree } from 'hyparquet';
import { parquetMetadata, parquetSchema } from 'hyparquet/src/metadata.js';
import type { JsonObject } from '../../core/json.js';
import { isTooDeep } from '../../core/paths.js';
import { openRegular, type RegularFile } from '../../core/regular-file.js';
import { err, ok, type Result } from '../../core/result.js';
import type { SeedColumn } from '../types.js';
import { rowReader } from './columns.js';
import type { ReadingOptions } from './values.js';

/** Rows of a file that are read together; plain data, so that it can be sent to a worker thread. */
export interface RowGroup {
  /** Position of the first row in the file. */
  readonly start: number;
  readonly end: number;
}

/** In bytes, uncompressed: more does not fit into memory. */
const MAX_GROUP = 2 ** 31;

/** Code that walks through a row is recursive. */
const MAX_DEPTH = 100;

export interface ParquetRows {
  readonly records: readonly JsonObject[];
  /** Row numbers, from 1. */
  readonly lines: readonly number[];
  /** How many rows were nested too deeply. */
  readonly tooDeep: number;
}

/** The footer of a file: what is in it, before any row is read. */
export interface ParquetFooter {
  readonly groups: readonly (RowGroup & { /** Uncompressed. */ readonly bytes: number })[];
  readonly columns: readonly SeedColumn[];
}

/** Reads the footer of a file, or says in words why it cannot be read. */
export function readFooter(path: string, options: ReadingOptions): Result<ParquetFooter, string> {
  const opened = openRegular(path);
  if (!opened.ok) return opened;
  try {
    const metadata = metadataOf(opened.value);
    if (!metadata.ok) return metadata;
    return ok({
      groups: groupsIn(metadata.value),
      columns: rowReader(metadata.value, options).columns,
    });
  } finally {
    closeSync(opened.value.descriptor);
  }
}

/** @param group the rows to read; all when left out */
export async function readParquet(
  path: string,
  group: RowGroup | undefined,
  options: ReadingOptions,
): Promise<Result<ParquetRows, string>> {
  const opened = openRegular(path);
  if (!opened.ok) return opened;
  const file = bufferOf(opened.value);
  try {
    const metadata = metadataOf(opened.value);
    if (!metadata.ok) return metadata;
    return ok(await readRows(file, metadata.value, group, options));
  } catch {
    return err(DAMAGED);
  } finally {
    file.close();
  }
}

async function readRows(
  file: AsyncBuffer,
  metadata: FileMetaData,
  group: RowGroup | undefined,
  options: ReadingOptions,
): Promise<ParquetRows> {
  const { parquetReadObjects } = await import('hyparquet');
  const reader = rowReader(metadata, options);
  const compressors = await compressorsFor(metadata);
  const records: JsonObject[] = [];
  const lines: number[] = [];
  let tooDeep = 0;
  for (const { start, end } of group ? [group] : groupsIn(metadata)) {
    const rows = await parquetReadObjects({
      file,
      metadata: reader.metadata,
      compressors,
      rowStart: start,
      rowEnd: end,
      utf8: false,
      parsers: reader.parsers,
    });
    for (const [at, row] of rows.entries()) {
      const record = reader.read(row);
      if (isTooDeep(record, MAX_DEPTH)) tooDeep += 1;
      else {
        records.push(record);
        lines.push(start + at + 1);
      }
    }
  }
  return { records, lines, tooDeep };
}

async function compressorsFor(metadata: FileMetaData): Promise<Compressors> {
  const codecs = codecsOf(metadata);
  const { decompress } = await import('fzstd');
  const lz4 = codecs.some((codec) => codec.startsWith('LZ4'))
    ? await import('hyparquet-compressors')
    : undefined;
  return {
    GZIP: (bytes, length) => gunzipSync(bytes, { maxOutputLength: length }),
    BROTLI: (bytes, length) => brotliDecompressSync(bytes, { maxOutputLength: length }),
    ZSTD: (bytes, length) => decompress(bytes, new Uint8Array(length)),
    ...(lz4 && { LZ4: lz4.decompressLz4, LZ4_RAW: lz4.decompressLz4Raw }),
  };
}

const DAMAGED = 'a damaged Parquet file';

/** The metadata in the footer. Whatever the library throws says that the file is damaged. */
function metadataOf(file: RegularFile): Result<FileMetaData, string> {
  let metadata: FileMetaData;
  try {
    const tail = bytesOf(file, Math.max(0, file.size - 8), file.size);
    const length = new DataView(tail).getUint32(0, true) + 8;
    metadata = parquetMetadata(bytesOf(file, Math.max(0, file.size - length), file.size));
    if (!hasRegularColumns(metadata, parquetSchema(metadata))) return err(DAMAGED);
  } catch {
    return err(DAMAGED);
  }
  const codec = codecsOf(metadata).find((used) => !CODECS.has(used));
  if (codec !== undefined) return err(`Parquet compressed with ${codec}, which is not supported`);
  if (metadata.row_groups.some(isTooLarge)) return err('Parquet with a row group that is too large');
  return ok(metadata);
}

function groupsIn({ row_groups: groups }: FileMetaData): ParquetFooter['groups'] {
  let start = 0;
  return groups.map(({ num_rows: count, total_byte_size: bytes }) => {
    const group = { start, end: start + Number(count), bytes: Number(bytes) };
    start = group.end;
    return group;
  });
}

const CODECS: ReadonlySet<string> = new Set([
  'UNCOMPRESSED', 'SNAPPY', 'GZIP', 'BROTLI', 'ZSTD', 'LZ4', 'LZ4_RAW',
]); // prettier-ignore

function codecsOf({ row_groups: groups }: FileMetaData): readonly string[] {
  return groups.flatMap(({ columns }) => columns.flatMap(({ meta_data: column }) => column?.codec ?? []));
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
function bufferOf(file: RegularFile): AsyncBuffer & { close(): void } {
  let isClosed = false;
  return {
    byteLength: file.size,
    close() {
      isClosed = true;
      closeSync(file.descriptor);
    },
    async slice(start, end = file.size) {
      await setImmediate();
      if (isClosed) return new Promise(() => {});
      return bytesOf(file, start, end);
    },
  };
}

function bytesOf({ descriptor, size }: RegularFile, start: number, end: number): ArrayBuffer {
  const length = Math.max(0, Math.min(end, size) - start);
  const bytes = new Uint8Array(length);
  for (let read = 0; read < length;) {
    const count = readSync(descriptor, bytes, read, length - read, start + read);
    if (count === 0) break;
    read += count;
  }
  return bytes.buffer;
}
