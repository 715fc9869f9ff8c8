import { describe, expect, it } from '@jest/globals';
import type { Json } from '../../../src/core/json.js';
import { createFieldDiffs, type FieldDiff } from '../../../src/dataset/diff/fields.js';

/** Compares pairs of cells of one column; the keys are 0, 1, 2, … */
function diffsOf(pairs: readonly (readonly [before: Json, after: Json])[]): readonly FieldDiff[] {
  const fields = createFieldDiffs();
  for (const [key, [before, after]] of pairs.entries()) fields.compare('c', key, before, after);
  return fields.diffs();
}

const score = (depth: Json, reasoning = 'so'): Json => ({ depth: { score: depth, reasoning } });

describe('a field of two datasets', () => {
  it('is the same for equal values, whatever the order of their keys', () => {
    expect(
      diffsOf([
        [1, 1],
        ['a', 'a'],
        [null, null],
        [
          { a: 1, b: [2] },
          { b: [2], a: 1 },
        ],
      ]),
    ).toEqual([]);
  });

  it('has the mean change of numbers, and the largest changes first', () => {
    const [diff] = diffsOf([
      [1, 2],
      [5, 5],
      [4, 1],
      [3, 2],
      [0, 2],
    ]);
    expect(diff).toEqual({
      field: 'c',
      column: 'c',
      changed: 4,
      // +1, -3, -1, +2
      numbers: { rows: 4, mean_change: -0.25, increased: 2, decreased: 2 },
      examples: [
        { key: 2, before: 4, after: 1 },
        { key: 4, before: 0, after: 2 },
        { key: 0, before: 1, after: 2 },
      ],
    });
  });

  it('has the flips of truth values and labels, the commonest first, with examples', () => {
    const [diff] = diffsOf([
      [true, false],
      [false, true],
      [true, false],
      [true, true],
      ['low', 'high'],
      [null, 'low'],
    ]);
    expect(diff?.flips).toEqual([
      { from: 'true', to: 'false', rows: 2 },
      { from: 'false', to: 'true', rows: 1 },
      { from: 'low', to: 'high', rows: 1 },
      { from: 'null', to: 'low', rows: 1 },
    ]);
    expect(diff?.examples.map(({ key }) => key)).toEqual([0, 1, 2]);
  });

  it('has no flips when it is a text', () => {
    const long = 'x'.repeat(41);
    for (const pairs of [
      [
        ['a', 'b'],
        ['a', long],
      ],
      [
        ['a', 'b'],
        ['one\nline', 'c'],
      ],
      Array.from({ length: 21 }, (_, at) => ['a', `b${at}`] as const),
    ] as const)
      expect(diffsOf(pairs)[0]?.flips).toBeUndefined();
  });

  it('is a field of an object, and of a judge its score and its reason', () => {
    const named = (pairs: Parameters<typeof diffsOf>[0]): readonly (readonly [string, number])[] =>
      diffsOf(pairs).map(({ field, changed }) => [field, changed]);
    expect(
      named([
        [
          { a: 1, b: 2 },
          { a: 1, b: 3, c: 4 },
        ],
        [{ a: 1 }, { a: 2 }],
      ]),
    ).toEqual([
      ['c.b', 1],
      ['c.c', 1],
      ['c.a', 1],
    ]);
    expect(
      named([
        [score(4), score(2)],
        [score(1, 'why'), score(1, 'because')],
      ]),
    ).toEqual([
      ['c.depth', 1],
      ['c.depth.reasoning', 1],
    ]);
    expect(
      named([
        [{ a: 1 }, 'text'],
        [[1], [2]],
        [{ a: 1 }, null],
      ]),
    ).toEqual([['c', 3]]);
  });

  it('shows of long texts where they begin to differ', () => {
    const [diff] = diffsOf([[`${'same '.repeat(100)}old${' end'.repeat(100)}`, `${'same '.repeat(100)}new`]]);
    expect(diff?.examples[0]?.before).toMatch(/^…(?:same ){8}old(?: end)+ …$/);
    expect(diff?.examples[0]?.after).toBe(`…${'same '.repeat(8)}new`);
    expect(String(diff?.examples[0]?.before).length).toBeLessThan(310);
  });

  it('is the whole column where objects have very many keys', () => {
    const keys = (value: number): Json =>
      Object.fromEntries(Array.from({ length: 600 }, (_, at) => [`k${at}`, value]));
    const diffs = diffsOf([[keys(1), keys(2)]]);
    expect(diffs).toHaveLength(501);
    expect(diffs.at(-1)).toMatchObject({ field: 'c', changed: 100 });
  });
});
