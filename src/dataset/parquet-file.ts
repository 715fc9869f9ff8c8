import type { ParquetWriter } from 'hyparquet-writer';
import type { OutputColumn } from '../engine/types.js';
import type { JsonObject } from '../core/json.js';
import { parquetField } from './parquet-schema.js';

/** A Parquet file that is written a row group at a time. */
export interface ParquetFile {
  /** How many bytes there are so far. */
  readonly offset: number;
  /** The bytes of a row group. */
  group(rows: readonly JsonObject[]): Promise<Uint8Array>;
  /** Takes a row group that was encoded elsewhere for the `offset` of this file; returns its bytes. */
  take(group: EncodedGroup): Uint8Array;
  /** The bytes behind the last row group. */
  end(): Promise<Uint8Array>;
}

export type Column = Pick<OutputColumn, 'name' | 'schema'>;

/** A row group: its bytes, and what the end of the file says of it. */
export interface EncodedGroup extends Pick<ParquetWriter, 'row_groups' | 'num_rows' | 'pendingIndexes'> {
  readonly bytes: Uint8Array;
}

/** Encodes one row group, which begins at `offset` of its file. */
export type EncodeGroup = (rows: readonly JsonObject[], offset: number) => Promise<EncodedGroup>;

/** The library is loaded with the first file: every command knows the exporters, and few of them write Parquet. */
export async function createParquetFile(columns: readonly Column[]): Promise<ParquetFile> {
  const { parquet, written } = await openParquet(columns);
  const encode = await createGroupEncoder(columns);
  const header = written();
  let isBegun = false;
  const take = ({ bytes, row_groups, num_rows, pendingIndexes }: EncodedGroup): Uint8Array => {
    parquet.row_groups.push(...row_groups);
    parquet.num_rows += num_rows;
    parquet.pendingIndexes.push(...pendingIndexes);
    parquet.writer.offset += bytes.length;
    return begun(bytes);
  };
  const begun = (bytes: Uint8Array): Uint8Array => {
    const all = isBegun ? bytes : Buffer.concat([header, bytes]);
    isBegun = true;
    return all;
  };
  return {
    get offset() {
      return parquet.writer.offset;
    },
    group: async (rows) => take(await encode(rows, parquet.writer.offset)),
    take,
    async end() {
      await parquet.finish();
      return begun(written());
    },
  };
}

/** An encoder of row groups, for files with these columns. */
export async function createGroupEncoder(columns: readonly Column[]): Promise<EncodeGroup> {
  const fields = columns.map(({ name, schema }) => ({ name, ...parquetField(name, schema) }));
  return async (rows, offset) => {
    const { parquet, written } = await openParquet(columns);
    written();
    parquet.writer.offset = offset;
    const columnData = fields.map((field) => ({
      name: field.name,
      data: rows.map((row) => field.shape(row[field.name])),
    }));
    await parquet.write({ columnData, rowGroupSize: rows.length });
    const { row_groups, num_rows, pendingIndexes } = parquet;
    return { bytes: written(), row_groups, num_rows, pendingIndexes };
  };
}

/** The rows of a text with a row as JSON on each line. */
export const rowsOfLines = (text: string): readonly JsonObject[] =>
  text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as JsonObject);

/** A writer in memory that has written the header of a file; `written` takes what was written since the last time. */
async function openParquet(columns: readonly Column[]) {
  const { ByteWriter, ParquetWriter } = await import('hyparquet-writer');
  const elements = columns.flatMap(({ name, schema }) => parquetField(name, schema).elements);
  const writer = new ByteWriter();
  const parquet = new ParquetWriter({
    writer,
    schema: [{ name: 'root', num_children: columns.length }, ...elements],
    createdBy: 'dd',
  });
  const written = (): Uint8Array => {
    const bytes = writer.getBytes().slice();
    writer.index = 0;
    return bytes;
  };
  return { parquet, written };
}

/** The size of a row group, which is written at once: large enough to compress well, small enough for memory. */
const GROUP_ROWS = 1000;
const GROUP_BYTES = 16 * 2 ** 20;

/** Says when rows of so many bytes of JSON make a row group. */
export const isGroup = (rows: number, bytes: number): boolean => rows >= GROUP_ROWS || bytes >= GROUP_BYTES;

/** Rows as a Parquet file, piece by piece. The values must have the columns' types. */
export async function* encodeParquet(
  rows: AsyncIterable<JsonObject>,
  columns: readonly Column[],
): AsyncGenerator<Uint8Array> {
  const file = await createParquetFile(columns);
  let group: JsonObject[] = [];
  let bytes = 0;
  for await (const row of rows) {
    group.push(row);
    bytes += JSON.stringify(row).length;
    if (!isGroup(group.length, bytes)) continue;
    yield await file.group(group);
    group = [];
    bytes = 0;
  }
  if (group.length > 0) yield await file.group(group);
  yield await file.end();
}
