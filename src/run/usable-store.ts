import { dirname } from 'node:path';
import type { Folders } from '../dataset/folders.js';
import { storeHolder } from '../dataset/lock.js';
import { findStoreDamage, REPAIR_HINT } from '../answer-store/integrity.js';
import { finishSwap } from '../answer-store/swap.js';
import type { RunProblem } from './problem.js';

/** Said after a swap that a killed `dd store` left half-done was finished. */
export const SWAP_FINISHED =
  'the last `dd store` was stopped just before its end: the store that it had made is in its place now';

/**
 * Says why a run cannot use the answer store. The caller holds a lock that `dd store` respects. A damaged store is
 * not repaired without being asked: lost answers would have to be paid for again, and that is for the person to
 * decide. A swap that a killed `dd store` left half-done is finished, and `say` is called.
 */
export async function findStoreProblem(
  { cells, lock }: Folders,
  say: (text: string) => void = () => undefined,
): Promise<RunProblem | undefined> {
  const holder = await storeHolder(dirname(lock));
  if (holder !== undefined)
    return { message: `the answer store is in use: ${holder}`, hint: 'wait for it to end' };
  if (await finishSwap(cells)) say(SWAP_FINISHED);
  const damage = await findStoreDamage(cells);
  if (damage === undefined) return undefined;
  return {
    message: `the answer store cannot be used: ${cells}: ${damage}`,
    hint: REPAIR_HINT,
  };
}
