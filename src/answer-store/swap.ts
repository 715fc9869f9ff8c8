import { existsSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { syncFiles } from '../core/files.js';

/**
 * Puts a new store in the place of the old one. The old one is moved to `aside`, or removed when that is left out.
 * No system exchanges two folders in one step; `finishSwap` completes a swap that was interrupted by a kill.
 */
export async function swapStore(made: string, place: string, aside = before(place)): Promise<void> {
  await syncFiles(made);
  await rm(next(place), { recursive: true, force: true });
  await rename(made, next(place));
  await rm(aside, { recursive: true, force: true });
  await rename(place, aside);
  await rename(next(place), place);
  await rm(before(place), { recursive: true, force: true });
}

/** True when a swap was stopped after the old store was moved away. */
export function isHalfSwapped(place: string): boolean {
  return !existsSync(place) && existsSync(next(place));
}

/**
 * Completes a swap that was stopped after the old store was moved away. Returns true when there was one. The caller
 * must hold a lock that keeps others from swapping.
 */
export async function finishSwap(place: string): Promise<boolean> {
  if (!isHalfSwapped(place)) return false;
  try {
    await rename(next(place), place);
  } catch (error) {
    // Two runs that start at the same time may both try.
    if (existsSync(place)) return false;
    throw error;
  }
  await rm(before(place), { recursive: true, force: true });
  return true;
}

/** The new store; complete as soon as it has this name. */
const next = (place: string): string => `${place}-next`;

/** The old store, when it is not to be kept. */
const before = (place: string): string => `${place}-before`;
