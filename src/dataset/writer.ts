import { mkdir, open } from 'node:fs/promises';
import { join } from 'node:path';
import type { OutputColumn } from '../engine/types.js';
import type { JsonObject } from '../core/json.js';
import { createGroupThread } from './parquet-worker.js';
import { openPart, type Part } from './part.js';
import type { CellFailure, RejectedRow } from '../core/events.js';

/** Writes the rows and failures of one dataset, in a staging folder. */
export interface DatasetWriter {
  append(row: JsonObject): Promise<void>;
  fail(failure: CellFailure, row: JsonObject): Promise<void>;
  reject(row: RejectedRow): Promise<void>;
  /** Finishes all files. Returns the number of parts. */
  close(): Promise<{ readonly parts: number }>;
}

/** The rows that `accept` did not take. */
export const REJECTED = 'rejected.jsonl';

/** A new part begins after this many rows or bytes of JSON, so that every part opens quickly in other programs. */
const PART_LIMITS = { rows: 100_000, bytes: 256 * 2 ** 20 };

export interface WriterOptions {
  readonly limits?: typeof PART_LIMITS;
  /** Make a `rejected.jsonl`. */
  readonly hasRejected?: boolean;
}

/**
 * Opens a writer for an empty `folder`: `data/part-*.jsonl`, `data/part-*.parquet`, `failures.jsonl`, and
 * `rejected.jsonl` where rows are chosen.
 */
export async function openDatasetWriter(
  folder: string,
  columns: readonly OutputColumn[],
  { limits = PART_LIMITS, hasRejected = false }: WriterOptions = {},
): Promise<DatasetWriter> {
  const data = join(folder, 'data');
  await mkdir(data, { recursive: true });
  const failures = await open(join(folder, 'failures.jsonl'), 'w');
  const rejected = hasRejected ? await open(join(folder, REJECTED), 'w') : undefined;
  const thread = createGroupThread(columns);
  let part: Part = await openPart(data, 0, columns, thread);
  let parts = 1;
  let rows = 0;
  let bytes = 0;

  return {
    async append(row) {
      if (rows >= limits.rows || bytes >= limits.bytes) {
        await part.close();
        part = await openPart(data, parts++, columns, thread);
        rows = 0;
        bytes = 0;
      }
      rows += 1;
      bytes += (await part.append(row)).bytes;
    },
    async fail({ row, attempt, column, sample, failure, instead }, seed) {
      const { class: kind, message, hint, attempts } = failure;
      const record = {
        row,
        ...(attempt !== undefined && { attempt }),
        column,
        ...(instead !== undefined && { instead }),
        class: kind,
        message,
        ...(hint !== undefined && { hint }),
        attempts,
        ...(sample !== undefined && { sample }),
        seed: identity(seed),
      };
      await failures.appendFile(`${JSON.stringify(record)}\n`);
    },
    async reject(row) {
      await rejected?.appendFile(`${JSON.stringify(row)}\n`);
    },
    async close() {
      await part.close();
      await rejected?.close();
      await failures.close();
      return { parts };
    },
  };
}

/** The short values of a seed row: enough to recognize it, without copying whole traces. */
function identity(seed: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(seed).filter(([, value]) => typeof value !== 'object' && String(value).length <= 200),
  );
}
