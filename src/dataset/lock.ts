import { mkdir, open, readdir, readFile, rm } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname, join } from 'node:path';
import { err, ok, type Result } from '../result.js';

/** Who is making a dataset. */
interface Holder {
  readonly pid: number;
  readonly host: string;
}

/**
 * Takes the lock of a dataset, so that two runs never write the same one. The lock of a process of this
 * machine that is gone is taken over. Returns how to let go of it, or a sentence that says who holds it.
 */
export async function takeLock(file: string): Promise<Result<() => Promise<void>, string>> {
  await mkdir(dirname(file), { recursive: true });
  for (let tries = 0; tries < 2; tries++) {
    if (await create(file)) return ok(() => rm(file, { force: true }));
    const holder = await readHolder(file);
    if (holder && isRunning(holder)) return err(`process ${holder.pid} on ${holder.host} is making it`);
    await rm(file, { force: true });
  }
  return err(`another run is making it; if none is, delete ${file}`);
}

/** The lock of the store itself: there while it is made anew. */
const STORE_LOCK = '.store.json';

/**
 * Takes the store for its own, in the folder of locks: fails while a dataset is being made. Runs take the lock
 * of their dataset first and look for this one after; so one of two who come at once always sees the other.
 */
export async function takeStoreLock(locks: string): Promise<Result<() => Promise<void>, string>> {
  const lock = await takeLock(join(locks, STORE_LOCK));
  if (!lock.ok) return lock;
  const names = (await readdir(locks)).filter((name) => name !== STORE_LOCK);
  const holders = await Promise.all(names.map((name) => readHolder(join(locks, name))));
  const running = holders.find((holder) => holder && isRunning(holder));
  if (!running) return lock;
  await lock.value();
  return err(`process ${running.pid} on ${running.host} is making a dataset`);
}

/** Who is making the store anew, as a sentence; `undefined` when nobody is. */
export async function storeHolder(locks: string): Promise<string | undefined> {
  const holder = await readHolder(join(locks, STORE_LOCK));
  return holder && isRunning(holder)
    ? `process ${holder.pid} on ${holder.host} is making it anew`
    : undefined;
}

async function create(file: string): Promise<boolean> {
  try {
    const handle = await open(file, 'wx');
    await handle.writeFile(JSON.stringify({ pid: process.pid, host: hostname() } satisfies Holder));
    await handle.close();
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

async function readHolder(file: string): Promise<Holder | undefined> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as Holder;
  } catch {
    return undefined;
  }
}

/** A process of another machine counts as running: from here nobody can tell. */
function isRunning({ pid, host }: Holder): boolean {
  return host !== hostname() || isAlive(pid);
}

/** Whether a process of this machine is there. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
