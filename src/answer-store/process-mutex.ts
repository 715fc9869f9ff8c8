/**
 * A mutex between processes: a lock on a file, which the system releases when its process ends, however it ends. On
 * Linux it belongs to the open file (`F_OFD_SETLK`); on macOS it is `flock`, on Windows `LockFileEx`. Unlike a file
 * that names its owner, it is never stale, and host names and process numbers play no part.
 */
import { closeSync, openSync } from 'node:fs';

/** The file in the folder of a store: held while the store is opened, closed or written to. */
export const MUTEX_FILE = 'mutex.lock';

export interface ProcessMutex {
  /** Calls `act` while no other process does so under this mutex. Calls of one process are in order. */
  run<T>(act: () => T | Promise<T>): Promise<T>;
  close(): void;
}

/**
 * Opens the mutex of `file`, which is created. Excludes nothing where there can be no lock: in a folder that cannot be
 * written, or on a system for which `fs-native-extensions` has no build.
 */
export async function openMutex(file: string): Promise<ProcessMutex> {
  const locks = await import('fs-native-extensions').catch(() => undefined);
  if (!locks) return NO_MUTEX;
  const fd = openLockable(file, locks);
  if (fd === undefined) return NO_MUTEX;

  const takeAtExit = (): void => waitSync(() => locks.tryLock(fd));
  // Before the listeners that close what is still open, such as LMDB's.
  process.prependListener('exit', takeAtExit);

  let last: Promise<unknown> = Promise.resolve();
  const runLocked = async <T>(act: () => T | Promise<T>): Promise<T> => {
    try {
      if (!locks.tryLock(fd)) await locks.waitForLock(fd);
    } catch {
      // The system has no room for more locks: a write that does not happen is worse than one that is not alone.
    }
    try {
      return await act();
    } finally {
      locks.unlock(fd);
    }
  };
  return {
    run(act) {
      const result = last.then(() => runLocked(act));
      last = result.catch(() => undefined);
      return result;
    },
    close() {
      process.off('exit', takeAtExit);
      closeSync(fd);
    },
  };
}

const NO_MUTEX: ProcessMutex = { run: async (act) => act(), close: () => undefined };

type Locks = typeof import('fs-native-extensions');

function openLockable(file: string, locks: Locks): number | undefined {
  let fd: number | undefined;
  try {
    fd = openSync(file, 'a');
    // Fails where the file system has no locks.
    locks.unlock(fd);
    return fd;
  } catch (error) {
    if (fd !== undefined) closeSync(fd);
    const { code = '' } = error as NodeJS.ErrnoException;
    if (NO_LOCKS.has(code)) return undefined;
    throw error;
  }
}

const NO_LOCKS: ReadonlySet<string> = new Set([
  'EACCES',
  // `dd store` is putting a new folder in its place.
  'ENOENT',
  'EPERM',
  'EROFS',
  'EINVAL',
  'ENOLCK',
  'ENOSYS',
  'ENOTSUP',
]);

/** Blocks the thread until something holds, for a second at most: a process that ends must end. */
function waitSync(holds: () => boolean): void {
  const cell = new Int32Array(new SharedArrayBuffer(4));
  for (let tries = 0; tries < 200 && !holds(); tries += 1) Atomics.wait(cell, 0, 0, 5);
}
