import { describe, expect, it } from '@jest/globals';
import { sample } from '../../src/processors/sample.js';
import { process } from './support.js';

const rows = (count: number): readonly { id: number; kind: string }[] =>
  Array.from({ length: count }, (_, id) => ({
    id,
    kind: id % 10 === 0 ? 'rare' : id % 2 === 0 ? 'even' : 'odd',
  }));
const ids = async (
  config: Parameters<typeof process<Parameters<typeof sample.prepare>[0]>>[1],
  count = 1000,
  seed = 0,
): Promise<readonly number[]> =>
  (await process(sample, config, rows(count), seed)).rows.map(({ number }) => number);

describe('sample', () => {
  it('takes exactly so many rows, in their order, and says which are not in it', async () => {
    const { rows: taken, leftOut } = await process(sample, { size: 100 }, rows(1000));
    const numbers = taken.map(({ number }) => number);
    expect(numbers).toHaveLength(100);
    expect(numbers).toEqual(numbers.toSorted((a, b) => a - b));
    expect([...numbers, ...leftOut.map(({ row }) => row)].sort((a, b) => a - b)).toEqual(
      rows(1000).map(({ id }) => id),
    );
    expect(await ids({ share: 0.25 })).toHaveLength(250);
    expect(await ids({ size: 2000 })).toHaveLength(1000);
    expect(await ids({ size: 0 })).toEqual([]);
    expect(await ids({ size: 3 }, 0)).toEqual([]);
  });

  it('is another with another seed, of the run or its own, and the same with the same', async () => {
    const first = await ids({ size: 50 });
    expect(await ids({ size: 50 })).toEqual(first);
    expect(await ids({ size: 50 }, 1000, 1)).not.toEqual(first);
    expect(await ids({ size: 50, seed: 1 })).toEqual(await ids({ size: 50 }, 1000, 1));
  });

  it('goes by the place of a row and not by what is in it; rows at the end change little of a share', async () => {
    const of = async (list: readonly { readonly id: number }[]) =>
      (await process(sample, { size: 100 }, list)).rows.map(({ number }) => number);
    const equal = await of(Array.from({ length: 1000 }, () => ({ id: 0 })));
    expect(equal).toEqual(await of(rows(1000)));
    const more = new Set(await ids({ share: 0.1 }, 1010));
    expect(equal.filter((place) => more.has(place)).length).toBeGreaterThanOrEqual(98);
  });

  it('is spread over all rows', async () => {
    const mean = (await ids({ size: 2000 }, 20_000)).reduce((sum, id) => sum + id, 0) / 2000;
    // The mean of 2,000 of 20,000 numbers has a standard deviation of 122; this is far outside chance.
    expect(Math.abs(mean - 9999.5)).toBeLessThan(6 * 122);
  });

  it('takes the same share of each value of `stratify_by`', async () => {
    const kinds = async (config: Parameters<typeof ids>[0]): Promise<readonly number[]> => {
      const taken = (await process(sample, config, rows(1000))).rows.map(({ row }) => row['kind']);
      return ['rare', 'even', 'odd'].map((kind) => taken.filter((each) => each === kind).length);
    };
    expect(await kinds({ share: 0.1, stratify_by: 'kind' })).toEqual([10, 40, 50]);
    expect(await kinds({ size: 100, stratify_by: ['kind'] })).toEqual([10, 40, 50]);
    // 0.7, 2.8 and 3.5: the wholes, then one each to the largest remainders.
    expect(await kinds({ size: 7, stratify_by: 'kind' })).toEqual([1, 3, 3]);
  });
});
