import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import * as locks from 'fs-native-extensions';

/** What the threads of LMDB do, in the order that the test wants. */
interface Write {
  readonly keys: readonly string[];
  commit(): void;
  fail(): void;
  /** The thread has ended: the only thing after which the environment may be closed. */
  end(): void;
}

let writes: Write[];
/** What LMDB was asked for. */
let events: string[];
let isClosed: boolean;
let flushed: Promise<unknown>;
/** While it is set, closing takes until it resolves. */
let closing: Promise<void> | undefined;
/** Resolves when a process (here, another open file of this one) waits for the lock. */
let waits: Promise<void>;
let isWaiting: () => void;

jest.unstable_mockModule('fs-native-extensions', () => ({
  ...locks,
  waitForLock: (fd: number) => {
    isWaiting();
    return locks.waitForLock(fd);
  },
}));

jest.unstable_mockModule('lmdb', () => ({
  open: () => {
    events.push('open');
    /** The writes of one turn are one commit. */
    let keys: string[] = [];
    let commit: Promise<boolean>;
    return {
      // As in the library: of the last write alone.
      get flushed() {
        return flushed;
      },
      openDB: () => ({
        put: (key: string) => {
          if (keys.push(key) > 1) return commit;
          const mine = keys;
          queueMicrotask(() => (keys = []));
          let end = (): void => undefined;
          flushed = new Promise<void>((resolve) => (end = resolve));
          commit = new Promise<boolean>((resolve, reject) => {
            writes.push({
              keys: mine,
              commit: () => resolve(true),
              fail: () => reject(new Error('no space')),
              end,
            });
          });
          return commit;
        },
      }),
      close: async () => {
        await closing;
        events.push('close');
        isClosed = true;
      },
    };
  },
}));

const { openTables } = await import('../../src/answer-store/tables.js');

let folder: string;

beforeEach(async () => {
  writes = [];
  events = [];
  isClosed = false;
  flushed = Promise.resolve();
  closing = undefined;
  waits = new Promise((resolve) => (isWaiting = resolve));
  folder = await mkdtemp(join(tmpdir(), 'tables-'));
});
afterEach(() => rm(folder, { recursive: true }));

/** Until everything that can happen now has happened. */
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** The n-th commit, when its thread has begun. */
async function begun(number: number): Promise<Write> {
  for (;;) {
    const write = writes[number];
    if (write) return write;
    await settled();
  }
}

describe('the store is closed', () => {
  it('when the threads of all commits have ended, in whatever order they do', async () => {
    const { answers, close } = await openTables(folder);
    const puts = [answers.put('a', '1')];
    const first = await begun(0);
    puts.push(answers.put('b', '2'));
    first.commit();
    const second = await begun(1);
    second.commit();
    await Promise.all(puts);
    const closed = close();
    second.end();
    await settled();
    expect(isClosed).toBe(false);
    first.end();
    await closed;
    expect(isClosed).toBe(true);
  });

  it('after a commit that failed, which never ends', async () => {
    const { answers, close } = await openTables(folder);
    const failed = expect(answers.put('a', '1')).rejects.toThrow('no space');
    const first = await begun(0);
    const made = answers.put('b', '2');
    first.fail();
    const second = await begun(1);
    second.commit();
    second.end();
    await failed;
    await made;
    await close();
    expect(isClosed).toBe(true);
  });

  it('after the writes that were asked for before', async () => {
    const { answers, close } = await openTables(folder);
    const put = answers.put('a', '1');
    const closed = close();
    const write = await begun(0);
    write.commit();
    write.end();
    await Promise.all([put, closed]);
    expect(isClosed).toBe(true);
  });
});

describe('no process opens the store', () => {
  it('while another commits', async () => {
    const { answers, close } = await openTables(folder);
    const put = answers.put('a', '1').then(() => events.push('committed'));
    const write = await begun(0);
    const opening = openTables(folder);
    await waits;
    write.commit();
    write.end();
    const other = await opening;
    expect(events).toEqual(['open', 'committed', 'open']);
    await Promise.all([put, close(), other.close()]);
  });

  it('while another closes it', async () => {
    const { close } = await openTables(folder);
    let finish = (): void => undefined;
    closing = new Promise((resolve) => (finish = resolve));
    const closed = close();
    const opening = openTables(folder, { readOnly: true });
    await waits;
    finish();
    const other = await opening;
    expect(events).toEqual(['open', 'close', 'open']);
    await closed;
    await other.close();
  });
});

it('makes one commit of the writes that are asked for during another', async () => {
  const { answers, facts, close } = await openTables(folder);
  const puts = [answers.put('a', '1')];
  const first = await begun(0);
  puts.push(answers.put('b', '2'), facts.put('c', '3'));
  await settled();
  expect(writes).toHaveLength(1);
  first.commit();
  const second = await begun(1);
  expect(second.keys).toEqual(['b', 'c']);
  second.commit();
  await Promise.all(puts);
  first.end();
  second.end();
  await close();
});

it('leaves no file where a reader found no store: `dd store` may be about to put one there', async () => {
  const missing = join(folder, 'cells');
  const { close } = await openTables(missing, { readOnly: true });
  await close();
  expect(existsSync(missing)).toBe(false);
});
