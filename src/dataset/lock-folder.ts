/**
 * Locks as folders. However many processes try at once, one gets the lock, and the lock of a process that has
 * ended is taken over (a stale lock, known by process number and start time, not by age):
 *
 * - A lock is a folder with one file that names its owner. It is prepared elsewhere and renamed into its place. No
 *   file system lets a folder replace one that is not empty, so a lock never lacks its owner and is never replaced.
 * - A process that finds a stale lock first takes a claim: a lock whose name is the hash of the text in the stale
 *   one. Only the process with the claim may remove the stale lock. A stale claim is claimed in the same way.
 * - No text is used twice (`newLockText`). If the stale text is still there, the lock is the one that was claimed,
 *   and only the claimant may remove it. If not, another process was faster, and the claimant lets go.
 *
 * Removing a stale lock by its name alone (as `proper-lockfile` does) has a race: two processes see the stale lock,
 * the first replaces it, and the second removes the lock of the first. `test/dataset/lock-races.test.ts` runs
 * such orders.
 */
import { createHash, randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, rm, rmdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { err, ok, type Result } from '../core/result.js';
import { isRunning, newLockText, parseLockText, type LockOwner } from './lock-owner.js';

/** Releases a lock. */
export type Release = () => Promise<void>;

/** A lock that another process has. */
export interface Held {
  readonly place: string;
  /** `undefined` when it cannot be known. */
  readonly owner: LockOwner | undefined;
}

/** The file in a lock that names its owner. */
const OWNER_FILE = 'holder.json';

/** A folder beside the locks, for claims and for locks that are being prepared. No dataset can have this name. */
const CLAIMS = '.claims';

/** Each further try means that another process made progress. */
const MAX_TRIES = 100;

/** Takes the lock `name` in the folder `locks`, or says who has it. */
export async function takeLockFolder(locks: string, name: string): Promise<Result<Release, Held>> {
  const place = join(locks, name);
  const mine = newLockText();
  await mkdir(join(locks, CLAIMS), { recursive: true });
  for (let tries = 0; tries < MAX_TRIES; tries += 1) {
    if (await putInPlace(locks, name, mine)) return ok(() => release(place, mine));
    const found = await readLock(place);
    const rival =
      found === undefined ? await removeEmpty(place) : await removeStale(locks, name, found, mine);
    if (rival) return err(rival);
  }
  return err({ place, owner: undefined });
}

/** The text in a lock; `undefined` when the lock is free. */
export async function readLock(place: string): Promise<string | undefined> {
  try {
    return await readFile(join(place, OWNER_FILE), 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Removes a lock without a look at its owner. The caller must know that no other process may do so. */
export async function removeLock(place: string): Promise<void> {
  await rm(join(place, OWNER_FILE), { force: true });
  await removeEmpty(place);
}

async function release(place: string, mine: string): Promise<void> {
  if ((await readLock(place)) === mine) await removeLock(place);
}

/** Removes a folder, unless a lock has been put into it meanwhile. */
function removeEmpty(place: string): Promise<undefined> {
  return rmdir(place).then(
    () => undefined,
    () => undefined,
  );
}

/** Removes the lock with this text if its process has ended. Returns the lock that prevents that, if there is one. */
async function removeStale(
  locks: string,
  name: string,
  text: string,
  mine: string,
): Promise<Held | undefined> {
  const claims: string[] = [];
  for (let [link, found] = [name, text]; ;) {
    const owner = parseLockText(found);
    if (owner && isRunning(owner)) return { place: join(locks, link), owner };
    link = join(CLAIMS, createHash('sha256').update(found).digest('hex'));
    claims.push(link);
    if (await putInPlace(locks, link, mine)) break;
    const claim = await readLock(join(locks, link));
    if (claim === undefined) return undefined;
    found = claim;
  }
  const isSame = (await readLock(join(locks, name))) === text;
  if (isSame) await removeLock(join(locks, name));
  // The claims before the last belong to processes that have ended, on a lock that is gone: no process follows them.
  for (const link of isSame ? claims : claims.slice(-1)) await removeLock(join(locks, link));
  return undefined;
}

/** Moves a lock with this text into its place; false when there is one already. */
async function putInPlace(locks: string, name: string, text: string): Promise<boolean> {
  const draft = join(locks, CLAIMS, randomUUID());
  try {
    await mkdir(draft);
    await writeFile(join(draft, OWNER_FILE), text, { flush: true });
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
    // POSIX allows either of the two codes; Windows reports a missing permission.
    if (code === 'ENOTEMPTY' || code === 'EEXIST' || existsSync(place)) return false;
    throw error;
  }
}
