import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { createReadAhead } from '../../src/traces/reading/read-ahead.js';

const MB = 2 ** 20;

/**
 * Entries of so many MB each, which are their own numbers. What was begun is read when the test says so, unless
 * it is read at once.
 */
function setUp(sizes: readonly number[], { atOnce = false, isAlone = false } = {}) {
  const log: string[] = [];
  const open: { readonly name: string; finish(): void }[] = [];
  let time = 0;

  function begin<T>(name: string, result: T): Promise<T> {
    log.push(name);
    return new Promise((resolve) => {
      const finish = (): void => resolve(result);
      if (atOnce) finish();
      else open.push({ name, finish });
    });
  }

  const read = createReadAhead({
    entries: sizes.map((_, entry) => entry),
    sizeOf: (entry: number) => (sizes[entry] ?? 0) * MB,
    read: (entry) => begin(`here ${entry}`, `row ${entry}`),
    readElsewhere: (entries) =>
      isAlone
        ? begin(`failed ${entries.join(' ')}`, []).then(() => Promise.reject(new Error('no thread')))
        : begin(
            `elsewhere ${entries.join(' ')}`,
            entries.map((entry) => `row ${entry}`),
          ),
    now: () => time,
  });
  async function finish(name: string): Promise<void> {
    const at = open.findIndex((reading) => reading.name === name);
    if (at !== -1) open.splice(at, 1)[0]?.finish();
    await setImmediate();
  }

  /** Asks for these one after the other; each that is read here is read at once. */
  async function inOrder(from: number, to: number): Promise<void> {
    for (let entry = from; entry <= to; entry += 1) {
      const row = read(entry);
      await finish(`here ${entry}`);
      expect(await row).toBe(`row ${entry}`);
    }
  }

  return {
    read,
    finish,
    inOrder,
    /** What was begun since it was asked last. */
    begun: () => log.splice(0),
    pass: (milliseconds: number) => void (time += milliseconds),
  };
}

const many = (size: number): readonly number[] => Array<number>(100).fill(size);
const here = (from: number, to: number): readonly string[] =>
  Array.from({ length: to - from + 1 }, (_, nth) => `here ${from + nth}`);

describe('reading ahead', () => {
  it('sends the next entries to the other thread, but only after enough was read to be worth it', async () => {
    const { inOrder, begun } = setUp(many(0.5));
    await inOrder(0, 14);
    expect(begun()).toEqual(here(0, 14));
    await inOrder(15, 15);
    expect(begun()).toEqual(['here 15', 'elsewhere 16 17', 'elsewhere 18 19']);
  });

  it('reads the following entries only while the entry that was asked for is read elsewhere', async () => {
    const { inOrder, begun, read, finish } = setUp(many(0.5));
    await inOrder(0, 15);
    begun();
    const row = read(16);
    expect(begun()).toEqual(['here 20']);
    await finish('here 20');
    expect(begun()).toEqual(['here 21']);
    await finish('elsewhere 16 17');
    await finish('here 21');
    expect(await row).toBe('row 16');
    expect(await read(17)).toBe('row 17');
    expect(begun()).toEqual(['elsewhere 22 23']);
  });

  it('starts no more than 8 MB ahead', async () => {
    const { inOrder, begun, read, finish } = setUp(many(1));
    await inOrder(0, 7);
    begun();
    const row = read(8);
    for (let entry = 10; entry <= 16; entry += 1) await finish(`here ${entry}`);
    expect(begun()).toEqual(here(10, 16));
    await finish('elsewhere 8');
    expect(await row).toBe('row 8');
  });

  it('leaves an entry of more than 2 MB until it is asked for, and counts from zero after it', async () => {
    const { inOrder, begun } = setUp([...many(1).slice(0, 9), 3, ...many(1)]);
    await inOrder(0, 7);
    expect(begun()).toEqual([...here(0, 7), 'elsewhere 8']);
    const large = setUp([3, ...many(1)]);
    await large.inOrder(0, 7);
    expect(large.begun()).toEqual(here(0, 7));
    await large.inOrder(8, 8);
    expect(large.begun()).toEqual(['here 8', 'elsewhere 9', 'elsewhere 10']);
  });

  it('sends nothing to the other thread for a caller that is slow between two entries', async () => {
    const { inOrder, begun, pass } = setUp(many(1));
    await inOrder(0, 4);
    pass(101);
    await inOrder(5, 11);
    expect(begun()).toEqual(here(0, 11));
    await inOrder(12, 12);
    expect(begun()).toEqual(['here 12', 'elsewhere 13', 'elsewhere 14']);
    // By now the files may be others.
    pass(101);
    await inOrder(13, 13);
    expect(begun()).toEqual(['here 13']);
  });

  it('reads an entry again after a jump: it may have grown', async () => {
    const sizes = [...many(1)];
    const { inOrder, begun } = setUp(sizes);
    await inOrder(0, 7);
    expect(begun()).toEqual([...here(0, 7), 'elsewhere 8', 'elsewhere 9']);
    sizes[8] = 3;
    await inOrder(0, 7);
    expect(begun()).toEqual(here(0, 7));
  });

  it('looks only at the next few of many empty entries', async () => {
    const looked: number[] = [];
    const read = createReadAhead({
      entries: Array.from({ length: 10_000 }, (_, entry) => entry),
      sizeOf: (entry) => {
        looked.push(entry);
        return entry === 0 ? 0 : 2 * MB * Number(entry < 6);
      },
      read: async (entry) => entry,
      readElsewhere: async (entries) => entries,
    });
    expect(await read(0)).toBe(0);
    expect(looked).toEqual([0]);
    for (let entry = 1; entry < 6; entry += 1) expect(await read(entry)).toBe(entry);
    expect(looked.length).toBeGreaterThan(100);
    expect(looked.length).toBeLessThan(1000);
  });

  it('sends nothing to the other thread for a caller that does not read in order', async () => {
    const { read, begun, finish } = setUp(many(1));
    for (let entry = 0; entry < 40; entry += 2) {
      const row = read(entry);
      await finish(`here ${entry}`);
      expect(await row).toBe(`row ${entry}`);
    }
    expect(begun().filter((name) => name.startsWith('elsewhere'))).toEqual([]);
  });

  it('reads in this thread what the other one failed to read, and does not ask it again', async () => {
    const { inOrder, begun } = setUp(many(1).slice(0, 20), { atOnce: true, isAlone: true });
    await inOrder(0, 19);
    expect(begun()).toEqual([...here(0, 7), 'failed 8', 'failed 9', ...here(8, 19)]);
  });

  it('rejects after the last entry, and goes on as before', async () => {
    const { inOrder, read } = setUp([1, 1, 1], { atOnce: true });
    await inOrder(0, 0);
    await expect(read(3)).rejects.toThrow('there is no entry 3; there are 3');
    await inOrder(1, 2);
  });

  it('gives every entry its own rows, in whichever order they are asked for and read', async () => {
    const small = { arbitrary: fc.constantFrom(0, 0.3, 1, 1.5, 2), weight: 20 };
    const size = fc.oneof(small, { arbitrary: fc.constant(3), weight: 1 });
    const sizes = fc.array(size, { minLength: 60, maxLength: 60 });
    const stretch = fc.record({ from: fc.nat(59), count: fc.integer({ min: 1, max: 40 }) });
    /** The entries that a caller asks for, one after the other. */
    const asked = fc
      .array(stretch, { minLength: 1, maxLength: 3 })
      .map((stretches) =>
        stretches.flatMap(({ from, count }) =>
          Array.from({ length: Math.min(count, 60 - from) }, (_, nth) => from + nth),
        ),
      );
    const readers = fc.array(asked, { minLength: 1, maxLength: 2 });
    await fc.assert(
      fc.asyncProperty(
        sizes,
        readers,
        fc.nat(5),
        fc.scheduler(),
        async (all, positions, works, scheduler) => {
          let questions = 0;
          const read = createReadAhead({
            entries: all.map((_, entry) => entry),
            sizeOf: (entry) => (all[entry] ?? 0) * MB,
            read: (entry) => scheduler.schedule(Promise.resolve(`row ${entry}`)),
            readElsewhere: async (entries) => {
              questions += 1;
              await scheduler.schedule(Promise.resolve());
              if (questions > works) throw new Error('the thread has ended');
              return entries.map((entry) => `row ${entry}`);
            },
            now: () => 0,
          });
          const reading = positions.map(async (entries) => {
            for (const entry of entries) expect(await read(entry)).toBe(`row ${entry}`);
          });
          await scheduler.waitFor(Promise.all(reading));
        },
      ),
      { numRuns: process.env['DD_LONG_TESTS'] === '1' ? 400 : 40 },
    );
  });
});
