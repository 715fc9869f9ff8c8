import { describe, expect, it } from '@jest/globals';
import { dedupe } from '../../src/processors/dedupe.js';
import { process } from './support.js';

const LONG = Array.from({ length: 60 }, (_, at) => `word${at}`);

describe('dedupe', () => {
  it('leaves out what is nearly equal to an earlier row, and says to which and how nearly', async () => {
    const rows = [{ text: LONG.join(' ') }, { text: 'another' }, { text: LONG.with(59, 'end').join(', ') }];
    const { rows: kept, leftOut } = await process(dedupe, {}, rows);
    expect(kept.map(({ number }) => number)).toEqual([0, 1]);
    expect(leftOut).toEqual([
      { row: 2, reason: 'it is nearly equal to an earlier row', details: { duplicate_of: 0, share: 0.966 } },
    ]);
    expect((await process(dedupe, { share: 0.99 }, rows)).leftOut).toEqual([]);
  });

  it('with a share of 1 compares values with their types and places', async () => {
    const rows = [
      { a: '1', b: null },
      { a: null, b: '1' },
      { a: 1, b: null },
      { a: '1', b: null },
    ];
    const { leftOut } = await process(dedupe, { share: 1 }, rows);
    expect(leftOut.map(({ row }) => row)).toEqual([3]);
  });

  it('compares the columns of the dataset, without those that are dropped, unless they are named', async () => {
    const rows = [
      { a: 'x', tmp: 'one' },
      { a: 'x', tmp: 'two' },
    ];
    const leftOut = async (by?: readonly string[]) =>
      (await process(dedupe, { share: 1, ...(by && { by }) }, rows, 0, new Set(['tmp']))).leftOut.length;
    expect([await leftOut(), await leftOut(['a', 'tmp'])]).toEqual([1, 0]);
  });

  it('keeps rows without any value in the columns: they say nothing about each other', async () => {
    const rows = [
      { a: null, id: 1 },
      { a: null, id: 2 },
      { a: '', id: 3 },
      { a: 'x', id: 4 },
      { a: 'x', id: 5 },
    ];
    for (const share of [0.9, 1]) {
      const { leftOut } = await process(dedupe, { by: ['a'], share }, rows);
      expect(leftOut.map(({ row }) => row)).toEqual([4]);
    }
  });
});
