import { describe, expect, it } from '@jest/globals';
import type { Json, JsonObject } from '../../src/core/json.js';
import { createRandom } from '../../src/core/random.js';
import { sortRows } from '../../src/processors/external-sort.js';
import { sort } from '../../src/processors/sort.js';
import { passing, process, withFiles } from './support.js';

const ofKeys = (values: readonly Json[]): readonly JsonObject[] => values.map((x, id) => ({ x, id }));

describe('sort', () => {
  it('puts numbers by value, texts by code unit, other types apart, and rows without a value last', async () => {
    const values = ['b', 10, null, 9, 'B', true, '10', false, 'é', [1]];
    const xs = async (order: 'asc' | 'desc'): Promise<readonly Json[]> =>
      (await process(sort, { by: 'x', order }, ofKeys(values))).rows.map(({ row }) => row['x'] ?? null);
    expect(await xs('asc')).toEqual([false, true, 9, 10, '10', 'B', [1], 'b', 'é', null]);
    expect(await xs('desc')).toEqual(['é', 'b', [1], 'B', '10', 10, 9, true, false, null]);
  });

  it('takes paths, Jinja and JSONata, whose numbers are numbers, and the first of several counts most', async () => {
    const rows = [
      { text: 'aaaaaaaaaaaa', judge: { score: 1 } },
      { text: 'bb', judge: { score: 2 } },
      { text: 'ccc', judge: { score: 2 } },
      { text: 'd', judge: null },
    ];
    const sorted = async (by: Parameters<typeof sort.prepare>[0]['by']): Promise<string> =>
      (await process(sort, { by, order: 'desc' }, rows)).rows
        .map(({ row }) => String(row['text'])[0])
        .join('');
    expect(await sorted('text | length')).toBe('acbd');
    expect(await sorted({ jsonata: '$length(text)' })).toBe('acbd');
    expect(await sorted(['judge.score', 'text'])).toBe('cbad');
    expect(await sorted('{{ judge.score }}')).toBe('bcad');
  });

  it('says when a row could not be put in order', async () => {
    const { rows, notes } = await process(sort, { by: '{{ x.y | upper }}' }, [
      { x: { z: 1 } },
      { x: { y: 'a' } },
    ]);
    expect(rows.map(({ number }) => number)).toEqual([1, 0]);
    expect(notes).toEqual([expect.stringContaining('`x.y` has no value in this row')]);
  });

  it('gives the same order in temporary files, in runs that are merged several times, as in memory', async () => {
    const random = createRandom('sort', 1);
    const rows = Array.from({ length: 3000 }, (_, id) => ({
      x: Math.floor(random() * 50),
      id,
      text: 'ü\n\u2028',
    }));
    const expected = rows.toSorted((a, b) => a.x - b.x);
    let files = 0;
    await withFiles(async (temporaryFile) => {
      const sorted: JsonObject[] = [];
      const options = {
        keysOf: ({ row }: { readonly row: JsonObject }) => [Number(row['x'])],
        orders: ['asc'] as const,
        temporaryFile: async () => {
          files += 1;
          return temporaryFile();
        },
        runCharacters: 10_000,
        fanIn: 4,
      };
      for await (const { row } of sortRows(passing(rows), options)) sorted.push(row);
      expect(sorted).toEqual(expected);
    });
    // More runs than are merged at once, so merged ones are merged again.
    expect(files).toBeGreaterThan(4 * 4);
  });
});
