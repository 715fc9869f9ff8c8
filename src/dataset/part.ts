import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { fileWriter, ParquetWriter } from 'hyparquet-writer';
import type { OutputColumn } from '../engine/types.js';
import type { JsonObject } from '../core/json.js';
import { parquetField } from './parquet-schema.js';

/** One part of a dataset: the same rows as JSON Lines and as Parquet. */
export interface Part {
  /** Adds a row, whose keys are the columns in their order; `bytes` is the length of its JSON line. */
  append(row: JsonObject): Promise<{ readonly bytes: number }>;
  close(): Promise<void>;
}

/** The size of a Parquet row group, which is written at once: large enough to compress well, small enough for memory. */
const GROUP_ROWS = 1000;
const GROUP_BYTES = 16 * 2 ** 20;

/** Starts part `number` in the folder `data`. Rows are written in the order they come. */
export async function openPart(
  data: string,
  number: number,
  columns: readonly OutputColumn[],
): Promise<Part> {
  const name = join(data, `part-${String(number).padStart(5, '0')}`);
  const file = await open(`${name}.jsonl`, 'w');
  const fields = columns.map((column) => ({
    name: column.name,
    ...parquetField(column.name, column.schema),
  }));
  const parquet = new ParquetWriter({
    writer: fileWriter(`${name}.parquet`),
    schema: [{ name: 'root', num_children: fields.length }, ...fields.flatMap((field) => field.elements)],
    createdBy: 'dd',
  });
  let group: JsonObject[] = [];
  let lines: string[] = [];
  let groupBytes = 0;

  const writeGroup = async (): Promise<void> => {
    if (group.length === 0) return;
    const columnData = fields.map((field) => ({
      name: field.name,
      data: group.map((row) => field.shape(row[field.name])),
    }));
    await parquet.write({ columnData, rowGroupSize: group.length });
    await file.writeFile(lines.join(''));
    group = [];
    lines = [];
    groupBytes = 0;
  };

  return {
    async append(row) {
      const line = `${JSON.stringify(row)}\n`;
      const bytes = Buffer.byteLength(line);
      group.push(row);
      lines.push(line);
      groupBytes += bytes;
      if (group.length >= GROUP_ROWS || groupBytes >= GROUP_BYTES) await writeGroup();
      return { bytes };
    },
    async close() {
      await writeGroup();
      await parquet.finish();
      await file.close();
    },
  };
}
