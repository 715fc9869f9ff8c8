import type { Database } from 'lmdb';

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
  // The map is address space, not memory. A smaller one is mapped again, beside the old, each time the file grows.
  const root = open({ path: folder, maxDbs: 4, ...(readOnly ? { readOnly } : { mapSize: 2 ** 32 }) });
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

  const table = (name: string): Table => {
    const data = root.openDB<string, string>({ name, encoding: 'string' });
    return {
      get: (key) => data.get(key),
      getCount: () => data.getCount(),
      getRange: (range) => data.getRange(range),
      getStats: () => data.getStats(),
      put: (key, value) => watched(data.put(key, value)),
      batch: (write) =>
        watched(data.batch(() => write((key, value) => void data.put(key, asBinary(value) as never)))),
    };
  };
  return {
    answers: table('answers-1'),
    facts: table('facts-1'),
    about: table('about'),
    async close() {
      await ended;
      await root.close();
    },
  };
}

const ignore = (): void => undefined;
