import { dirname } from 'node:path';
import type { Folders } from '../dataset/folders.js';
import { storeHolder } from '../dataset/lock.js';
import { findStoreDamage } from '../answer-store/integrity.js';
import { finishSwap } from '../answer-store/swap.js';
import type { RunProblem } from './problem.js';

/** Said when the store had left its place, and is there again. */
export const SWAP_FINISHED =
  'the last `dd store` was stopped just before its end: the store that it had made is in its place now';

/**
 * Why a run cannot use the store of answers; for those who hold a lock that `dd store` respects. A damaged one
 * is not made anew unasked: what is lost of it would be paid for again, and that is for the person to decide.
 * What a killed `dd store` left half-done is finished, and said.
 */
export async function findStoreProblem(
  { cells, lock }: Folders,
  say: (text: string) => void = () => undefined,
): Promise<RunProblem | undefined> {
  const holder = await storeHolder(dirname(lock));
  if (holder !== undefined)
    return { message: `the store of answers is in use: ${holder}`, hint: 'wait for it to end' };
  if (await finishSwap(cells)) say(SWAP_FINISHED);
  const damage = await findStoreDamage(cells);
  if (damage === undefined) return undefined;
  return {
    message: `the store of answers cannot be used: ${cells}: ${damage}`,
    hint: 'dd store --repair makes it anew from what can be read, and keeps the damaged one beside it',
  };
}
