import type { OutputColumn } from '../engine/types.js';
import type { JsonObject } from '../core/json.js';
import { parquetField } from './parquet-schema.js';

/** A Parquet file that is written a row group at a time. */
export interface ParquetFile {
  /** The bytes of a row group. */
  group(rows: readonly JsonObject[]): Promise<Uint8Array>;
  /** The bytes behind the last row group. */
  end(): Promise<Uint8Array>;
}

type Column = Pick<OutputColumn, 'name' | 'schema'>;

/** The library is loaded with the first file: every command knows the exporters, and few of them write Parquet. */
export async function createParquetFile(columns: readonly Column[]): Promise<ParquetFile> {
  const { ByteWriter, ParquetWriter } = await import('hyparquet-writer');
  const fields = columns.map(({ name, schema }) => ({ name, ...parquetField(name, schema) }));
  const writer = new ByteWriter();
  const parquet = new ParquetWriter({
    writer,
    schema: [{ name: 'root', num_children: fields.length }, ...fields.flatMap((field) => field.elements)],
    createdBy: 'dd',
  });
  const written = (): Uint8Array => {
    const bytes = writer.getBytes().slice();
    writer.index = 0;
    return bytes;
  };
  return {
    async group(rows) {
      const columnData = fields.map((field) => ({
        name: field.name,
        data: rows.map((row) => field.shape(row[field.name])),
      }));
      await parquet.write({ columnData, rowGroupSize: rows.length });
      return written();
    },
    async end() {
      await parquet.finish();
      return written();
    },
  };
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
