import { describe, expect, it } from '@jest/globals';
import { groupSeed, type Grouping } from '../../src/seeds/group.js';
import type { Seed, SeedRow } from '../../src/seeds/types.js';

/** A seed of entries, and how often each was read. */
function seedOf(...entries: readonly (readonly SeedRow[])[]): {
  readonly seed: Seed;
  readonly reads: number[];
} {
  const reads = entries.map(() => 0);
  const seed: Seed = {
    columns: ['g', 'n'].map((name) => ({ name, schema: { type: 'integer' } })),
    entryCount: entries.length,
    notes: [],
    async read(entry) {
      reads[entry] = (reads[entry] ?? 0) + 1;
      return {
        rows: entries[entry] ?? [],
        notes: [{ kind: 'filtered', source: `entry ${entry}`, reason: 'a test', count: 1 }],
      };
    },
  };
  return { seed, reads };
}

const count = (from: number, to: number): readonly SeedRow[] =>
  Array.from({ length: to - from + 1 }, (_, index) => ({ g: 0, n: from + index }));

async function recordsOf(seed: Seed, grouping: Grouping): Promise<readonly SeedRow[]> {
  const grouped = await groupSeed(seed, grouping, () => undefined);
  const records: SeedRow[] = [];
  for (let entry = 0; entry < grouped.entryCount; entry += 1)
    records.push(...(await grouped.read(entry)).rows);
  return records;
}

const numbersOf = (records: readonly SeedRow[]): readonly unknown[] =>
  records.map(({ rows }) => (rows as readonly SeedRow[]).map(({ n }) => n));

describe('group_by', () => {
  const mixed = [
    [
      { g: 2, n: 1 },
      { g: 1, n: 2 },
    ],
    [],
    [
      { g: 2, n: 3 },
      { g: null, n: 4 },
      { g: 1, n: 5 },
    ],
  ];

  it('makes a record of each group, in the order of their first rows, whatever entries they are in', async () => {
    expect(await recordsOf(seedOf(...mixed).seed, { group_by: 'g' })).toEqual([
      {
        g: 2,
        rows: [
          { g: 2, n: 1 },
          { g: 2, n: 3 },
        ],
        row_count: 2,
      },
      {
        g: 1,
        rows: [
          { g: 1, n: 2 },
          { g: 1, n: 5 },
        ],
        row_count: 2,
      },
      { g: null, rows: [{ g: null, n: 4 }], row_count: 1 },
    ]);
  });

  it('takes several columns, and tells a number from its text', async () => {
    const { seed } = seedOf([
      { g: 1, n: 1 },
      { g: '1', n: 1 },
      { g: 1, n: 1 },
    ]);
    expect(numbersOf(await recordsOf(seed, { group_by: ['g', 'n'] }))).toEqual([[1, 1], [1]]);
  });

  it('gives the columns of its records with their types', async () => {
    const { columns } = await groupSeed(seedOf().seed, { group_by: 'g' }, () => undefined);
    expect(columns).toMatchObject([
      { name: 'g', schema: { type: 'integer' } },
      { name: 'rows', schema: { type: 'array', items: { properties: { n: { type: 'integer' } } } } },
      { name: 'row_count', schema: { type: 'integer' } },
    ]);
  });

  it('reads each entry twice for all records, and tells the notes of each once', async () => {
    const { seed, reads } = seedOf(...mixed);
    const notes: string[] = [];
    const grouped = await groupSeed(seed, { group_by: 'g' }, ({ source }) => notes.push(source));
    for (const entry of [2, 0, 1, 2, 0]) expect((await grouped.read(entry)).notes).toEqual([]);
    expect(notes).toEqual(['entry 0', 'entry 1', 'entry 2']);
    expect(reads).toEqual([2, 1, 2]);
  });

  it('holds a batch of 16 million characters of a larger seed, and one record where they are read at random', async () => {
    const text = 'x'.repeat(2 ** 20);
    const rows = Array.from({ length: 40 }, (_, n) => ({ g: n % 20, n, text }));
    const { seed, reads } = seedOf(...rows.map((row) => [row]));
    const grouped = await groupSeed(seed, { group_by: 'g' }, () => undefined);
    const readAt = (record: number): Promise<unknown> => grouped.read(record);
    await readAt(0);
    expect(reads.filter((times) => times === 2)).toHaveLength(14);
    for (let record = 1; record < 20; record += 1) await readAt(record);
    expect(new Set(reads)).toEqual(new Set([2]));
    await readAt(3);
    expect(reads.filter((times) => times === 3)).toHaveLength(2);
  });

  it('leaves out rows that are gone since they were counted', async () => {
    const { seed } = seedOf(
      [
        { g: 1, n: 1 },
        { g: 1, n: 2 },
      ],
      [{ g: 2, n: 3 }],
    );
    let isGone = false;
    const fading: Seed = {
      ...seed,
      read: async (entry) => {
        const { rows, notes } = await seed.read(entry);
        return { rows: isGone ? rows.slice(0, 1 - entry) : rows, notes };
      },
    };
    const grouped = await groupSeed(fading, { group_by: 'g' }, () => undefined);
    isGone = true;
    expect((await grouped.read(0)).rows).toEqual([{ g: 1, rows: [{ g: 1, n: 1 }], row_count: 1 }]);
    expect((await grouped.read(1)).rows).toEqual([]);
  });
});

describe('window', () => {
  it.each([
    [{ size: 2 }, 5, [[1, 2], [3, 4], [5]]],
    [
      { size: 3, stride: 1 },
      5,
      [
        [1, 2, 3],
        [2, 3, 4],
        [3, 4, 5],
      ],
    ],
    [
      { size: 3, stride: 2 },
      6,
      [
        [1, 2, 3],
        [3, 4, 5],
        [5, 6],
      ],
    ],
    [{ size: 2, stride: 4 }, 5, [[1, 2], [5]]],
    [{ size: 2, stride: 4 }, 4, [[1, 2]]],
    [{ size: 1, stride: 3 }, 7, [[1], [4], [7]]],
    [{ size: 9, stride: 1 }, 3, [[1, 2, 3]]],
    [{ size: 9 }, 0, []],
  ])('%j of %i rows', async (window, rows, expected) => {
    const { seed } = seedOf(count(1, Math.min(rows, 2)), count(3, rows));
    expect(numbersOf(await recordsOf(seed, { window }))).toEqual(expected);
  });

  it('stays inside a group', async () => {
    const { seed } = seedOf(count(1, 5).map(({ n }) => ({ g: Number(n) % 2, n: n ?? null })));
    expect(await recordsOf(seed, { group_by: 'g', window: { size: 2, stride: 1 } })).toEqual([
      {
        g: 1,
        rows: [
          { g: 1, n: 1 },
          { g: 1, n: 3 },
        ],
        row_count: 2,
      },
      {
        g: 1,
        rows: [
          { g: 1, n: 3 },
          { g: 1, n: 5 },
        ],
        row_count: 2,
      },
      {
        g: 0,
        rows: [
          { g: 0, n: 2 },
          { g: 0, n: 4 },
        ],
        row_count: 2,
      },
    ]);
  });
});
