import type { Models } from '../models/types.js';
import { makeRow } from './row.js';
import type { NamedSeed } from './row-identity.js';
import type { Plan } from './types.js';
import { roughSize } from './in-flight-window.js';

/** After so many rows, or bytes of them, one is looked at: to look takes as long as to make it of stored answers. */
const STRIDE = { rows: 500, bytes: 8 * 2 ** 20 };

/**
 * Where a run that was broken off goes on: reads seed rows and looks at one now and then, until the answers of
 * one are not all stored.
 *
 * @param stored models that give stored answers and ask for none
 * @returns that row; `undefined` when it is the very first, when there is none, and once `stop` is aborted
 */
export async function findFront(
  plan: Plan,
  seeds: AsyncIterator<NamedSeed>,
  stored: Models,
  stop: AbortSignal,
): Promise<NamedSeed | undefined> {
  let unseen = { rows: 0, bytes: 0 };
  for (;;) {
    const { done, value } = await seeds.next();
    if (done === true || stop.aborted) return undefined;
    const row: NamedSeed = value;
    if (row.index > 0 && unseen.rows < STRIDE.rows && unseen.bytes < STRIDE.bytes) {
      unseen = { rows: unseen.rows + 1, bytes: unseen.bytes + roughSize(row.seed) };
      continue;
    }
    unseen = { rows: 1, bytes: 0 };
    if (!(await isStored(plan, row, stored))) return row.index === 0 ? undefined : row;
  }
}

async function isStored(plan: Plan, { index, seed, samples }: NamedSeed, models: Models): Promise<boolean> {
  const { failures } = await makeRow(plan, index, seed, samples, { models, emit: () => undefined });
  return !failures.some(({ failure }) => failure.class === 'stopped');
}
