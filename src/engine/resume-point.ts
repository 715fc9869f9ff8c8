/**
 * Resume point: the first row whose answers are not all stored, where a run that was broken off has new work.
 * Rows before it need only stored answers. To check a row takes as long as to make it from stored answers, so
 * only one row in some hundred is checked; the point is found up to one stride late, and the rows skipped by
 * that are made in their turn. `lookahead.ts` starts rows from here.
 */
import type { MediaFiles } from '../columns/types.js';
import type { Models } from '../models/types.js';
import { makeRow } from './row.js';
import type { IdentifiedRow } from './row-identity.js';
import type { Plan } from './types.js';
import { roughSize } from './in-flight-window.js';

/** One row is checked after so many rows, or bytes of rows. */
const STRIDE = { rows: 500, bytes: 8 * 2 ** 20 };

/**
 * Reads seed rows up to the resume point.
 *
 * @param stored models that return stored answers and send no request
 * @returns the row; `undefined` when it is the first row, when every row is stored, and once `stop` is aborted
 */
export async function findResumePoint(
  plan: Plan,
  seeds: AsyncIterator<IdentifiedRow>,
  stored: Models,
  stop: AbortSignal,
  media?: MediaFiles,
): Promise<IdentifiedRow | undefined> {
  let unchecked = { rows: 0, bytes: 0 };
  for (;;) {
    const { done, value } = await seeds.next();
    if (done === true || stop.aborted) return undefined;
    const row: IdentifiedRow = value;
    if (row.index > 0 && unchecked.rows < STRIDE.rows && unchecked.bytes < STRIDE.bytes) {
      unchecked = { rows: unchecked.rows + 1, bytes: unchecked.bytes + roughSize(row.seed) };
      continue;
    }
    unchecked = { rows: 1, bytes: 0 };
    if (!(await isStored(plan, row, stored, media))) return row.index === 0 ? undefined : row;
  }
}

async function isStored(
  plan: Plan,
  row: IdentifiedRow,
  models: Models,
  media: MediaFiles | undefined,
): Promise<boolean> {
  const { failures } = await makeRow(plan, row, { models, media, emit: () => undefined });
  return !failures.some(({ failure }) => failure.class === 'stopped');
}
