import { beforeEach, describe, expect, it, jest } from '@jest/globals';

/** What the threads of LMDB do, in the order that the test wants. */
interface Write {
  commit(): void;
  fail(): void;
  /** The thread has ended: the only thing after which the environment may be closed. */
  end(): void;
}

let writes: Write[];
let isClosed: boolean;
let flushed: Promise<unknown>;

jest.unstable_mockModule('lmdb', () => ({
  open: () => ({
    // As in the library: of the last write alone.
    get flushed() {
      return flushed;
    },
    openDB: () => ({
      put: () => {
        let end = (): void => undefined;
        flushed = new Promise<void>((resolve) => (end = resolve));
        return new Promise<boolean>((resolve, reject) => {
          writes.push({ commit: () => resolve(true), fail: () => reject(new Error('no space')), end });
        });
      },
    }),
    close: async () => {
      isClosed = true;
    },
  }),
}));

const { openTables } = await import('../../src/answer-store/tables.js');

beforeEach(() => {
  writes = [];
  isClosed = false;
  flushed = Promise.resolve();
});

/** Until everything that can happen now has happened. */
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('the store is closed', () => {
  it('when the threads of all commits have ended, in whatever order they do', async () => {
    const { answers, close } = await openTables('store');
    const both = Promise.all([answers.put('a', '1'), answers.put('b', '2')]);
    for (const write of writes) write.commit();
    await both;
    const closing = close();
    writes[1]?.end();
    await settled();
    expect(isClosed).toBe(false);
    writes[0]?.end();
    await closing;
    expect(isClosed).toBe(true);
  });

  it('after a commit that failed, which never ends', async () => {
    const { answers, close } = await openTables('store');
    const [failed, made] = [answers.put('a', '1'), answers.put('b', '2')];
    writes[0]?.fail();
    writes[1]?.commit();
    writes[1]?.end();
    await expect(failed).rejects.toThrow('no space');
    await made;
    await close();
    expect(isClosed).toBe(true);
  });
});
