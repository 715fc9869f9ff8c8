import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { chooseRows, type Choice } from '../../src/seeds/select.js';
import type { Seed } from '../../src/seeds/types.js';
import type { SeedNote } from '../../src/core/events.js';

interface Counted {
  readonly seed: Seed;
  /** Entries in the order they were read. */
  readonly reads: number[];
}

/** A seed whose entries give so many rows each, numbered through; every entry has a note. */
function seedOf(rowsPerEntry: readonly number[]): Counted {
  const reads: number[] = [];
  let next = 0;
  const entries = rowsPerEntry.map((count) => Array.from({ length: count }, () => ({ n: next++ })));
  const seed: Seed = {
    columns: [{ name: 'n', schema: { type: 'integer' } }],
    entryCount: entries.length,
    notes: [],
    async read(entry) {
      reads.push(entry);
      const note: SeedNote = { kind: 'filtered', source: `${entry}`, reason: 'x', count: 1 };
      return { rows: entries[entry] ?? [], notes: [note] };
    },
  };
  return { seed, reads };
}

interface Chosen {
  readonly numbers: readonly number[];
  readonly notes: readonly SeedNote[];
  readonly total: number | undefined;
  readonly count: number | undefined;
}

async function choose(seed: Seed, choice: Partial<Choice>): Promise<Chosen> {
  const notes: SeedNote[] = [];
  const chosen = await chooseRows(seed, { sampling: 'ordered', seed: 1, ...choice }, (note) =>
    notes.push(note),
  );
  if (!chosen.ok) throw new Error(chosen.error.message);
  const numbers: number[] = [];
  for await (const row of chosen.value.rows()) numbers.push(Number(row['n']));
  return { numbers, notes, total: chosen.value.total, count: chosen.value.count };
}

async function errorOf(seed: Seed, choice: Partial<Choice>): Promise<string> {
  const chosen = await chooseRows(seed, { sampling: 'ordered', seed: 1, ...choice }, () => undefined);
  return chosen.ok ? 'no error' : chosen.error.message;
}

const upTo = (count: number): number[] => Array.from({ length: count }, (_, n) => n);
const sum = (numbers: readonly number[]): number => numbers.reduce((total, n) => total + n, 0);
const entrySizes = fc.array(fc.nat({ max: 4 }), { maxLength: 12 });
const sampling = fc.constantFrom('ordered' as const, 'shuffle' as const);

describe('rows that are gone when they are due', () => {
  it('are noted once, however often the seed is read', async () => {
    const notes: SeedNote[] = [];
    const { seed } = seedOf([2, 2]);
    let isCounted = false;
    const shrinking: Seed = {
      ...seed,
      read: async (entry) => ({
        rows: (await seed.read(entry)).rows.slice(isCounted ? 1 : 0),
        notes: [],
      }),
    };
    const choice: Choice = { sampling: 'shuffle', seed: 1 };
    const chosen = await chooseRows(shrinking, choice, (note) => notes.push(note));
    isCounted = true;
    if (!chosen.ok) throw new Error(chosen.error.message);
    const read = async (): Promise<number> => {
      let rows = 0;
      for await (const _ of chosen.value.rows()) rows += 1;
      return rows;
    };
    expect([await read(), await read()]).toEqual([2, 2]);
    expect(notes.map(({ source, kind }) => `${source} ${kind}`).sort()).toEqual([
      'file 1 filtered',
      'file 2 filtered',
    ]);
  });
});

describe('rows in order', () => {
  it('are read as they are asked for, and no further than the limit', async () => {
    const { seed, reads } = seedOf([1, 0, 2, 5, 1]);
    expect(await choose(seed, { limit: 3 })).toMatchObject({ numbers: [0, 1, 2], total: undefined });
    expect(reads).toEqual([0, 1, 2]);
  });

  it('hold still until the first one is asked for', async () => {
    const { seed, reads } = seedOf([1, 1]);
    const chosen = await chooseRows(seed, { sampling: 'ordered', seed: 1 }, () => undefined);
    expect(reads).toEqual([]);
    if (!chosen.ok) throw new Error(chosen.error.message);
    for await (const _ of chosen.value.rows()) break;
    expect(reads).toEqual([0]);
  });

  it('are all there when the limit is larger than what there is', async () => {
    expect((await choose(seedOf([2, 1]).seed, { limit: 99 })).numbers).toEqual([0, 1, 2]);
    expect((await choose(seedOf([2, 1]).seed, { limit: 0 })).numbers).toEqual([]);
    expect((await choose(seedOf([]).seed, {})).numbers).toEqual([]);
  });
});

describe('an index range', () => {
  it('counts rows, from 0, with both ends in it', async () => {
    const { numbers, total, count } = await choose(seedOf([2, 0, 3]).seed, {
      selection: { start: 1, end: 3 },
    });
    expect({ numbers, total, count }).toEqual({ numbers: [1, 2, 3], total: 5, count: 3 });
  });

  it('must lie within the rows', async () => {
    const { seed } = seedOf([2, 1]);
    expect(await errorOf(seed, { selection: { start: 1, end: 3 } })).toBe(
      'rows 1 to 3 were asked for, but the seed has 3 rows',
    );
    expect(await errorOf(seed, { selection: { start: 2, end: 1 } })).toMatch(/^rows 2 to 1/);
    expect(await errorOf(seed, { selection: { start: -1, end: 1 } })).toMatch(/^rows -1 to 1/);
    expect(await errorOf(seedOf([]).seed, { selection: { start: 0, end: 0 } })).toMatch(/has 0 rows$/);
  });
});

describe('the blocks of a partition', () => {
  it('are disjoint, together everything, and differ by one row at most, the larger ones first', async () => {
    await fc.assert(
      fc.asyncProperty(
        entrySizes,
        fc.integer({ min: 1, max: 9 }),
        sampling,
        async (sizes, partitions, how) => {
          fc.pre(partitions <= sum(sizes));
          const blocks = await Promise.all(
            upTo(partitions).map((index) =>
              choose(seedOf(sizes).seed, { sampling: how, selection: { index, num_partitions: partitions } }),
            ),
          );
          const numbers = blocks.map((block) => block.numbers);
          expect(numbers.flat().toSorted((a, b) => a - b)).toEqual(upTo(sum(sizes)));
          const lengths = numbers.map(({ length }) => length);
          expect(Math.max(...lengths) - Math.min(...lengths)).toBeLessThanOrEqual(1);
          expect(lengths).toEqual(lengths.toSorted((a, b) => b - a));
        },
      ),
    );
  });

  it('cannot be more than there are rows, and must be one of them', async () => {
    const { seed } = seedOf([3]);
    expect(await errorOf(seed, { selection: { index: 0, num_partitions: 4 } })).toBe(
      '4 partitions were asked for, but the seed has 3 rows',
    );
    expect(await errorOf(seed, { selection: { index: 2, num_partitions: 2 } })).toBe(
      'there is no partition 2 of 2',
    );
  });
});

describe('a shuffle', () => {
  it('is a permutation that the same number gives again', async () => {
    await fc.assert(
      fc.asyncProperty(entrySizes, fc.integer(), async (sizes, seed) => {
        const first = await choose(seedOf(sizes).seed, { sampling: 'shuffle', seed });
        const second = await choose(seedOf(sizes).seed, { sampling: 'shuffle', seed });
        expect(second.numbers).toEqual(first.numbers);
        expect(first.numbers.toSorted((a, b) => a - b)).toEqual(upTo(sum(sizes)));
      }),
    );
  });

  it('is taken before the limit, so that a larger limit only adds rows', async () => {
    await fc.assert(
      fc.asyncProperty(entrySizes, fc.nat({ max: 40 }), async (sizes, limit) => {
        const all = await choose(seedOf(sizes).seed, { sampling: 'shuffle' });
        const some = await choose(seedOf(sizes).seed, { sampling: 'shuffle', limit });
        expect(some.numbers).toEqual(all.numbers.slice(0, limit));
        expect(some.count).toBe(some.numbers.length);
        expect(some.total).toBe(sum(sizes));
      }),
    );
  });

  it('differs with the number, and prefers no place', async () => {
    const tries = 2_000;
    const firsts = new Map<number, number>();
    for (const seed of upTo(tries)) {
      const { numbers } = await choose(seedOf([2, 2]).seed, { sampling: 'shuffle', seed, limit: 1 });
      const [first = -1] = numbers;
      firsts.set(first, (firsts.get(first) ?? 0) + 1);
    }
    for (const row of upTo(4)) expect((firsts.get(row) ?? 0) / tries).toBeCloseTo(0.25, 1);
  });
});

describe('a seed that is repeated', () => {
  it('gives its rows again in their order, as often as the limit needs, and notes each entry once', async () => {
    const { numbers, notes } = await choose(seedOf([2, 0, 1]).seed, { cycle: true, limit: 8 });
    expect(numbers).toEqual([0, 1, 2, 0, 1, 2, 0, 1]);
    expect(notes).toHaveLength(3);
  });

  it('repeats the selection', async () => {
    const { seed } = seedOf([3, 3]);
    const range = { selection: { start: 1, end: 3 }, cycle: true, limit: 5 };
    expect(await choose(seed, range)).toMatchObject({ numbers: [1, 2, 3, 1, 2], count: 5 });
    const block = { selection: { index: 1, num_partitions: 3 }, cycle: true, limit: 3 };
    expect((await choose(seed, block)).numbers).toEqual([2, 3, 2]);
  });

  it('has an order of its own in each cycle, the same with every limit and in every run', async () => {
    const { seed } = seedOf([10]);
    const shuffled = async (limit: number): Promise<readonly number[]> =>
      (await choose(seed, { sampling: 'shuffle', cycle: true, limit })).numbers;
    const numbers = await shuffled(40);
    const cycles = [0, 1, 2, 3].map((cycle) => numbers.slice(10 * cycle, 10 * cycle + 10));
    for (const cycle of cycles) expect(cycle.toSorted((a, b) => a - b)).toEqual(upTo(10));
    expect(new Set(cycles.map(String)).size).toBe(4);
    expect(cycles[0]).toEqual((await choose(seed, { sampling: 'shuffle' })).numbers);
    expect(await shuffled(25)).toEqual(numbers.slice(0, 25));
  });

  it('ends where there is nothing to repeat, and where no number is asked for', async () => {
    for (const order of ['ordered', 'shuffle'] as const) {
      expect((await choose(seedOf([0, 0]).seed, { sampling: order, cycle: true, limit: 5 })).numbers).toEqual(
        [],
      );
      const { numbers } = await choose(seedOf([2]).seed, { sampling: order, cycle: true });
      expect(numbers.toSorted()).toEqual([0, 1]);
    }
  });
});

describe('notes', () => {
  it('are noted once for every entry that was read, however often it is read', async () => {
    await fc.assert(
      fc.asyncProperty(entrySizes, sampling, async (sizes, how) => {
        const { notes } = await choose(seedOf(sizes).seed, { sampling: how });
        expect(notes.map(({ source }) => Number(source)).toSorted((a, b) => a - b)).toEqual(
          upTo(sizes.length),
        );
      }),
    );
  });

  it('note a row that is gone when it is due', async () => {
    const { seed } = seedOf([2, 1]);
    let reads = 0;
    const shrinking: Seed = {
      ...seed,
      async read(entry) {
        reads += 1;
        const read = await seed.read(entry);
        return reads > seed.entryCount && entry === 0 ? { rows: read.rows.slice(0, 1), notes: [] } : read;
      },
    };
    const { numbers, notes } = await choose(shrinking, { selection: { start: 0, end: 2 } });
    expect(numbers).toEqual([0, 2]);
    expect(notes.at(-1)).toMatchObject({ kind: 'filtered', source: 'file 1', count: 1 });
  });
});
