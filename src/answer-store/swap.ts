import { existsSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { syncFiles } from '../core/files.js';

/**
 * Puts a store that was made anew in the place of the one it was made from, which goes to `aside`; left out, it
 * is removed. No system exchanges two folders in one step: what a kill leaves half-done, `finishSwap` ends.
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

/** Whether a swap was stopped after the old store had left its place. */
export function isHalfSwapped(place: string): boolean {
  return !existsSync(place) && existsSync(next(place));
}

/**
 * Ends a swap that was stopped: the new store takes the place that the old one has left. For those whom no swap
 * can come between. Says whether there was one.
 */
export async function finishSwap(place: string): Promise<boolean> {
  if (!isHalfSwapped(place)) return false;
  try {
    await rename(next(place), place);
  } catch (error) {
    // Two runs that begin at once may both want to.
    if (existsSync(place)) return false;
    throw error;
  }
  await rm(before(place), { recursive: true, force: true });
  return true;
}

/** Whole as soon as it has this name. */
const next = (place: string): string => `${place}-next`;

/** The old store, when nobody wants to keep it. */
const before = (place: string): string => `${place}-before`;
