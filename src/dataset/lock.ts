import { randomUUID } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { err, type Result } from '../core/result.js';
import { isElsewhere, isRunning, parseHolder, type Holder } from './lock-owner.js';
import { readLock, removeLock, takeLockFolder, type Held, type Release } from './lock-folder.js';

/**
 * Takes the lock of a dataset, so that two runs never write the same one. The lock of a process of this
 * machine that is gone is taken over. Returns how to let go of it, or a sentence that says who holds it.
 */
export async function takeLock(place: string): Promise<Result<Release, string>> {
  const lock = await takeLockFolder(dirname(place), basename(place));
  return lock.ok ? lock : err(inWords(lock.error, 'is making it'));
}

/** The lock of the store itself: there while it is made anew. */
const STORE_LOCK = '.store';

/** Locks of previews begin like this: no dataset can. They are of no dataset, but use the store. */
const PREVIEW_LOCK = '.preview-';

/**
 * Says that a preview uses the store, in the folder of locks. Any number may at once. Like a run, it must look
 * for who makes the store anew (`storeHolder`) after this.
 */
export async function takePreviewLock(locks: string): Promise<Release> {
  const lock = await takeLockFolder(locks, `${PREVIEW_LOCK}${randomUUID()}`);
  if (lock.ok) return lock.value;
  throw new Error(`nobody else can have the lock ${lock.error.place}`);
}

/**
 * Takes the store for its own, in the folder of locks: fails while it is used. Runs and previews take their
 * own lock first and look for this one after; so one of two who come at once always sees the other.
 */
export async function takeStoreLock(locks: string): Promise<Result<Release, string>> {
  const lock = await takeLockFolder(locks, STORE_LOCK);
  if (!lock.ok) return err(inWords(lock.error, 'is making it anew'));
  const user = await findUser(locks);
  if (!user) return lock;
  await lock.value();
  const isPreview = basename(user.place).startsWith(PREVIEW_LOCK);
  return err(inWords(user, isPreview ? 'is showing a preview' : 'is making a dataset'));
}

/** Who is making the store anew, as a sentence; `undefined` when nobody is. */
export async function storeHolder(locks: string): Promise<string | undefined> {
  const place = join(locks, STORE_LOCK);
  const holder = await findHolder(place);
  return holder && inWords({ place, holder }, 'is making it anew');
}

/** Whoever uses the store. What killed previews left behind is removed: nobody takes it over. */
async function findUser(locks: string): Promise<Held | undefined> {
  const entries = await readdir(locks, { withFileTypes: true });
  for (const entry of entries) {
    if (!entry.isDirectory() || entry.name === STORE_LOCK) continue;
    const place = join(locks, entry.name);
    const holder = await findHolder(place);
    if (holder) return { place, holder };
    if (entry.name.startsWith(PREVIEW_LOCK)) await removeLock(place);
  }
  return undefined;
}

/** Whose lock it is, while that process runs. */
async function findHolder(place: string): Promise<Holder | undefined> {
  const text = await readLock(place);
  const holder = text === undefined ? undefined : parseHolder(text);
  return holder && isRunning(holder) ? holder : undefined;
}

/** `does` is what the holder does with it. */
function inWords({ place, holder }: Held, does: string): string {
  if (!holder) return `another process ${does}; if none does, delete ${place}`;
  const who = `process ${holder.pid} on ${holder.host} ${does}`;
  return isElsewhere(holder) ? `${who}; if it is gone, delete ${place}` : who;
}
