import { open } from 'node:fs/promises';
import { join } from 'node:path';
import type { OutputColumn } from '../engine/types.js';
import type { JsonObject } from '../core/json.js';
import { createParquetFile, isGroup, rowsOfLines } from './parquet-file.js';
import { createGroupThread, type GroupThread } from './parquet-worker.js';

/** One part of a dataset: the same rows as JSON Lines and as Parquet. */
export interface Part {
  /** Adds a row, whose keys are the columns in their order; `bytes` is the length of its JSON line. */
  append(row: JsonObject): Promise<{ readonly bytes: number }>;
  close(): Promise<void>;
}

/** Milliseconds after which lines are written, for people who look at a dataset while it is made. */
const LINES_MS = 500;

/** So many row groups of a part are encoded in this thread: to start another takes as long as to encode about ten. */
const OWN_GROUPS = 8;

/**
 * Starts part `number` in the folder `data`. Rows are written in the order they come.
 *
 * @param thread encodes row groups while further rows are made; the file is the same without it
 */
export async function openPart(
  data: string,
  number: number,
  columns: readonly OutputColumn[],
  thread: GroupThread = createGroupThread(columns),
): Promise<Part> {
  const name = join(data, `part-${String(number).padStart(5, '0')}`);
  const file = await open(`${name}.jsonl`, 'w');
  const table = await open(`${name}.parquet`, 'w');
  const parquet = await createParquetFile(columns);
  let groups = 0;
  /** The lines of this row group, and its rows where this thread encodes them. */
  let lines: string[] = [];
  let rows: JsonObject[] = [];
  let groupBytes = 0;
  let writtenLines = 0;
  let lastWrite = -Infinity;
  /** The row group before this one. */
  let encoding: Promise<void> = Promise.resolve();

  const writeLines = async (): Promise<void> => {
    const text = textOf(lines.slice(writtenLines));
    writtenLines = lines.length;
    lastWrite = performance.now();
    await file.writeFile(text);
  };
  const encode = async (): Promise<void> => {
    await table.writeFile(await parquet.group(rows));
  };
  const encodeElsewhere = async (text: string): Promise<void> => {
    const group = thread({ lines: text, offset: parquet.offset });
    await table.writeFile(await group.then(parquet.take, () => parquet.group(rowsOfLines(text))));
  };
  const writeGroup = async (): Promise<void> => {
    if (lines.length === 0) return;
    await encoding;
    if (groups < OWN_GROUPS) await encode();
    else encoding = encodeElsewhere(textOf(lines));
    // Its error is thrown where the next one waits for it.
    encoding.catch(() => undefined);
    await writeLines();
    groups += 1;
    [lines, rows, groupBytes, writtenLines] = [[], [], 0, 0];
  };

  return {
    async append(row) {
      const line = JSON.stringify(row);
      const bytes = Buffer.byteLength(line) + 1;
      if (groups < OWN_GROUPS) rows.push(row);
      lines.push(line);
      groupBytes += bytes;
      if (isGroup(lines.length, groupBytes)) await writeGroup();
      else if (performance.now() - lastWrite > LINES_MS) await writeLines();
      return { bytes };
    },
    async close() {
      await writeGroup();
      await encoding;
      await table.writeFile(await parquet.end());
      await table.close();
      await file.close();
    },
  };
}

const textOf = (lines: readonly string[]): string => (lines.length === 0 ? '' : `${lines.join('\n')}\n`);
