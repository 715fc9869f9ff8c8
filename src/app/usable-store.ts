import { dirname } from 'node:path';
import type { Folders } from '../dataset/folders.js';
import { storeHolder } from '../dataset/lock.js';
import { findStoreDamage } from '../engine/store-damage.js';
import type { RunProblem } from './run-problem.js';

/**
 * Why a run cannot use the store of answers. A damaged one is not made anew unasked: what is lost of it would
 * be paid for again, and that is for the person to decide.
 */
export async function findStoreProblem({ cells, lock }: Folders): Promise<RunProblem | undefined> {
  const holder = await storeHolder(dirname(lock));
  if (holder !== undefined)
    return { message: `the store of answers is in use: ${holder}`, hint: 'wait for it to end' };
  const damage = await findStoreDamage(cells);
  if (damage === undefined) return undefined;
  return {
    message: `the store of answers cannot be used: ${cells}: ${damage}`,
    hint: 'dd store --repair makes it anew from what can be read, and keeps the damaged one beside it',
  };
}
