import { open } from 'node:fs/promises';
import { join } from 'node:path';
import type { OutputColumn } from '../engine/types.js';
import type { JsonObject } from '../core/json.js';
import { createParquetFile, isGroup } from './parquet-file.js';

/** One part of a dataset: the same rows as JSON Lines and as Parquet. */
export interface Part {
  /** Adds a row, whose keys are the columns in their order; `bytes` is the length of its JSON line. */
  append(row: JsonObject): Promise<{ readonly bytes: number }>;
  close(): Promise<void>;
}

/** Milliseconds after which lines are written, for people who look at a dataset while it is made. */
const LINES_MS = 500;

/** Starts part `number` in the folder `data`. Rows are written in the order they come. */
export async function openPart(
  data: string,
  number: number,
  columns: readonly OutputColumn[],
): Promise<Part> {
  const name = join(data, `part-${String(number).padStart(5, '0')}`);
  const file = await open(`${name}.jsonl`, 'w');
  const table = await open(`${name}.parquet`, 'w');
  const parquet = await createParquetFile(columns);
  let group: JsonObject[] = [];
  let lines: string[] = [];
  let groupBytes = 0;
  let lastWrite = -Infinity;

  const writeLines = async (): Promise<void> => {
    const text = lines.join('');
    lines = [];
    lastWrite = performance.now();
    await file.writeFile(text);
  };
  const writeGroup = async (): Promise<void> => {
    if (group.length === 0) return;
    await table.writeFile(await parquet.group(group));
    await writeLines();
    group = [];
    groupBytes = 0;
  };

  return {
    async append(row) {
      const line = `${JSON.stringify(row)}\n`;
      const bytes = Buffer.byteLength(line);
      group.push(row);
      lines.push(line);
      groupBytes += bytes;
      if (isGroup(group.length, groupBytes)) await writeGroup();
      else if (performance.now() - lastWrite > LINES_MS) await writeLines();
      return { bytes };
    },
    async close() {
      await writeGroup();
      await table.writeFile(await parquet.end());
      await table.close();
      await file.close();
    },
  };
}
