import { randomUUID } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { err, type Result } from '../core/result.js';
import { isElsewhere, isRunning, parseLockText, type LockOwner } from './lock-owner.js';
import { readLock, removeLock, takeLockFolder, type Held, type Release } from './lock-folder.js';

/**
 * Takes the lock of a dataset, so that two runs never write the same one. The lock of a process of this machine
 * that has ended is taken over. Returns how to release it, or a sentence that says who has it.
 */
export async function takeLock(place: string): Promise<Result<Release, string>> {
  const lock = await takeLockFolder(dirname(place), basename(place));
  return lock.ok ? lock : err(inWords(lock.error, 'is making it'));
}

/** Whether a process makes the dataset of this lock now. */
export async function isBeingMade(place: string): Promise<boolean> {
  return (await findOwner(place)) !== undefined;
}

/** The lock of the answer store: held while `dd store` replaces it. */
const STORE_LOCK = '.store';

/** The names of previews' locks begin like this; no dataset's can. A preview has no dataset, but uses the store. */
const PREVIEW_LOCK = '.preview-';

/**
 * Takes a lock that says that a preview uses the store, in the folder of locks. Any number of previews may do so at
 * once. Like a run, a preview must look for the owner of the store's lock (`findStoreOwner`) after this.
 */
export async function takePreviewLock(locks: string): Promise<Release> {
  const lock = await takeLockFolder(locks, `${PREVIEW_LOCK}${randomUUID()}`);
  if (lock.ok) return lock.value;
  throw new Error(`the lock ${lock.error.place} has a random name and cannot be taken`);
}

/**
 * Takes the lock of the store, in the folder of locks; fails while the store is used. Runs and previews take their
 * own lock first and look for this one afterwards. So if two come at once, at least one of them sees the other.
 */
export async function takeStoreLock(locks: string): Promise<Result<Release, string>> {
  const lock = await takeLockFolder(locks, STORE_LOCK);
  if (!lock.ok) return err(inWords(lock.error, REBUILDS));
  const user = await findUser(locks);
  if (!user) return lock;
  await lock.value();
  const isPreview = basename(user.place).startsWith(PREVIEW_LOCK);
  return err(inWords(user, isPreview ? 'is showing a preview' : 'is making a dataset'));
}

/** A sentence that says which process is replacing the store; `undefined` when none is. */
export async function findStoreOwner(locks: string): Promise<string | undefined> {
  const place = join(locks, STORE_LOCK);
  const owner = await findOwner(place);
  return owner && inWords({ place, owner }, REBUILDS);
}

const REBUILDS = 'is rebuilding it';

/** A lock of a process that uses the store. The locks of killed previews are removed: no process takes them over. */
async function findUser(locks: string): Promise<Held | undefined> {
  const entries = await readdir(locks, { withFileTypes: true });
  for (const entry of entries) {
    if (!entry.isDirectory() || entry.name === STORE_LOCK) continue;
    const place = join(locks, entry.name);
    const owner = await findOwner(place);
    if (owner) return { place, owner };
    if (entry.name.startsWith(PREVIEW_LOCK)) await removeLock(place);
  }
  return undefined;
}

/** The owner of a lock, if that process is running. */
async function findOwner(place: string): Promise<LockOwner | undefined> {
  const text = await readLock(place);
  const owner = text === undefined ? undefined : parseLockText(text);
  return owner && isRunning(owner) ? owner : undefined;
}

/** `activity` is what the owner does with it. */
function inWords({ place, owner }: Held, activity: string): string {
  if (!owner) return `another process ${activity}; if none is, delete ${place}`;
  const who = `process ${owner.pid} on ${owner.host} ${activity}`;
  return isElsewhere(owner) ? `${who}; if it is gone, delete ${place}` : who;
}
