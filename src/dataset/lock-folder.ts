import { createHash, randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, rm, rmdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { err, ok, type Result } from '../core/result.js';
import { isRunning, parseHolder, signHolder, type Holder } from './lock-owner.js';

/** Lets go of a lock. */
export type Release = () => Promise<void>;

/** A lock that somebody else has. */
export interface Held {
  readonly place: string;
  /** `undefined` when nobody can tell. */
  readonly holder: Holder | undefined;
}

/** In a lock: who holds it. */
const HOLDER = 'holder.json';

/** In the folder of locks: those on their way to their places, and claims. No dataset can have this name. */
const CLAIMS = '.claims';

/** Each further try means that another process has got on. */
const MOST_TRIES = 100;

/**
 * Takes the lock `name` in the folder `locks`. However many processes try at once, one gets it, and a lock
 * whose process is gone is taken over:
 *
 * - A lock is a folder with one file in it, and is moved into its place whole. No file system lets a folder
 *   replace one that is not empty: nobody sees a lock without its holder, or takes one that is held.
 * - Who finds a lock whose process is gone claims it, by a lock that is named after the very text in it. Only
 *   who has this claim may remove it. Where the claimant is gone too, its claim is claimed likewise.
 * - No text comes twice (`signHolder`). So a claimant who still finds the text in its place is the only one
 *   who may remove it; one who comes late finds another, and withdraws.
 */
export async function takeLockFolder(locks: string, name: string): Promise<Result<Release, Held>> {
  const place = join(locks, name);
  const mine = signHolder();
  await mkdir(join(locks, CLAIMS), { recursive: true });
  for (let tries = 0; tries < MOST_TRIES; tries += 1) {
    if (await putInPlace(locks, name, mine)) return ok(() => letGo(place, mine));
    const there = await readLock(place);
    const rival = there === undefined ? await removeEmpty(place) : await removeGone(locks, name, there, mine);
    if (rival) return err(rival);
  }
  return err({ place, holder: undefined });
}

/** What stands in a lock; `undefined` when it is free. */
export async function readLock(place: string): Promise<string | undefined> {
  try {
    return await readFile(join(place, HOLDER), 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Removes a lock, whosever it is: for those who know that nobody else may. */
export async function removeLock(place: string): Promise<void> {
  await rm(join(place, HOLDER), { force: true });
  await removeEmpty(place);
}

async function letGo(place: string, mine: string): Promise<void> {
  if ((await readLock(place)) === mine) await removeLock(place);
}

/** A lock that came into the folder meanwhile stays. */
function removeEmpty(place: string): Promise<undefined> {
  return rmdir(place).then(
    () => undefined,
    () => undefined,
  );
}

/** Removes the lock with this text, if its process is gone. Tells who has it, or who is about to remove it. */
async function removeGone(
  locks: string,
  name: string,
  text: string,
  mine: string,
): Promise<Held | undefined> {
  const line: string[] = [];
  for (let [link, there] = [name, text]; ;) {
    const holder = parseHolder(there);
    if (holder && isRunning(holder)) return { place: join(locks, link), holder };
    link = join(CLAIMS, createHash('sha256').update(there).digest('hex'));
    line.push(link);
    if (await putInPlace(locks, link, mine)) break;
    const claimant = await readLock(join(locks, link));
    if (claimant === undefined) return undefined;
    there = claimant;
  }
  const isDue = (await readLock(join(locks, name))) === text;
  if (isDue) await removeLock(join(locks, name));
  // The claims before the last are of processes that are gone, on what is no more: nobody can follow them.
  for (const link of isDue ? line : line.slice(-1)) await removeLock(join(locks, link));
  return undefined;
}

/** Moves a lock with this text into its place; false when there is one. */
async function putInPlace(locks: string, name: string, text: string): Promise<boolean> {
  const draft = join(locks, CLAIMS, randomUUID());
  try {
    await mkdir(draft);
    await writeFile(join(draft, HOLDER), text, { flush: true });
    return await moveInto(draft, join(locks, name));
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}

async function moveInto(draft: string, place: string): Promise<boolean> {
  try {
    await rename(draft, place);
    return true;
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    // POSIX leaves the choice between the two codes; Windows calls it a lack of permission.
    if (code === 'ENOTEMPTY' || code === 'EEXIST' || existsSync(place)) return false;
    throw error;
  }
}
