/**
 * The tables of a store, in LMDB. Several processes may read and write them at once, with two exceptions that LMDB
 * leaves to its user, so a mutex between processes (`process-mutex.ts`) is held meanwhile:
 *
 * - Whoever opens the environment sets the number of the last transaction that all processes share to the one in the
 *   file, which it read a moment before (`mdb_env_open2`). A commit of another process in between would be undone, and
 *   the next writes would damage the tree. So no process opens it while another commits.
 * - The last process to close the environment destroys the mutexes in `lock.mdb` (`mdb_env_close_active`), also those
 *   of a process that has opened the file but not locked it yet. So no process opens it while another closes.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Database } from 'lmdb';
import { MUTEX_FILE, openMutex } from './process-mutex.js';

/** One of the tables of a store. What is written is there for other processes as soon as the promise resolves. */
interface Table extends Pick<Database<string, string>, 'get' | 'getCount' | 'getRange' | 'getStats'> {
  put(key: string, value: string): Promise<unknown>;
  /** Writes all that is put in it in one transaction. Values are UTF-8, and are read as strings. */
  batch(write: (put: (key: string, value: Buffer) => void) => void): Promise<unknown>;
}

/** The tables of a store, and the names they have in the file: these carry the layout of what is in them. */
export interface Tables {
  readonly answers: Table;
  readonly facts: Table;
  readonly about: Table;
  /** Waits until everything is on the disk, then closes the files. */
  close(): Promise<void>;
}

export async function openTables(folder: string, { readOnly = false } = {}): Promise<Tables> {
  const { asBinary, open } = await import('lmdb');
  // Not for a reader: `dd store` may be about to rename a new store to this name.
  if (!readOnly) mkdirSync(folder, { recursive: true });
  const mutex = await openMutex(join(folder, MUTEX_FILE));
  const opened = await mutex
    .run(() => {
      // The map is address space, not memory. A smaller one is mapped again, beside the old, each time the file grows.
      const root = open({ path: folder, maxDbs: 4, ...(readOnly ? { readOnly } : { mapSize: 2 ** 32 }) });
      const table = (name: string) => root.openDB<string, string>({ name, encoding: 'string' });
      return { root, answers: table('answers-1'), facts: table('facts-1'), about: table('about') };
    })
    .catch((error: unknown) => {
      mutex.close();
      throw error;
    });
  const { root } = opened;
  let ended: Promise<unknown> = Promise.resolve();
  let last: Promise<unknown> | undefined;

  /**
   * Each commit is made by a thread of its own, which still looks at the environment when others see the commit.
   * `root.flushed` waits for the last thread alone, and `root.close` for none: memory would be used after it was
   * freed. So the end of every thread is kept. It must be asked for in the turn of the write.
   */
  const watched = (write: Promise<unknown>): Promise<unknown> => {
    // The writes of one commit share their promise.
    if (write === last) return write;
    last = write;
    const flushed = root.flushed.then(ignore, ignore);
    // A failed commit is never flushed.
    ended = Promise.all([ended, write.then(() => flushed, ignore)]);
    return write;
  };

  let waiting: (() => Promise<unknown>)[] = [];
  const commit = (): Promise<unknown> => {
    const writes = waiting;
    waiting = [];
    return Promise.allSettled(writes.map((start) => start()));
  };
  /** The writes that are asked for during a commit make the next one. */
  const inTurn = (start: () => Promise<unknown>): Promise<unknown> =>
    new Promise((resolve) => {
      const isFirst = waiting.length === 0;
      waiting.push(() => {
        const write = (async () => watched(start()))();
        resolve(write);
        return write;
      });
      if (isFirst) void mutex.run(commit);
    });

  const tableOf = (data: Database<string, string>): Table => ({
    get: (key) => data.get(key),
    getCount: () => data.getCount(),
    getRange: (range) => data.getRange(range),
    getStats: () => data.getStats(),
    put: (key, value) => inTurn(() => data.put(key, value)),
    batch: (write) =>
      inTurn(() => data.batch(() => write((key, value) => void data.put(key, asBinary(value) as never)))),
  });
  return {
    answers: tableOf(opened.answers),
    facts: tableOf(opened.facts),
    about: tableOf(opened.about),
    async close() {
      await mutex.run(ignore);
      await ended;
      await mutex.run(() => root.close());
      mutex.close();
    },
  };
}

const ignore = (): void => undefined;
