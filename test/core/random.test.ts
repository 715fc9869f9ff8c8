import { describe, expect, it } from '@jest/globals';
import { createRandom } from '../../src/core/random.js';

const draws = (count: number, ...names: readonly (string | number)[]): readonly number[] => {
  const random = createRandom(...names);
  return Array.from({ length: count }, random);
};

describe('random numbers', () => {
  it('depend on the names alone', () => {
    expect(draws(3, 7, 'column', 'row')).toEqual(draws(3, 7, 'column', 'row'));
    const firsts = [
      draws(1, 7, 'column', 'row'),
      draws(1, 8, 'column', 'row'),
      draws(1, 7, 'columnrow'),
    ].flat();
    expect(new Set(firsts).size).toBe(3);
  });

  it('stay the same in every version: datasets depend on them', () => {
    expect(draws(2, 0, 'a', 'b')).toEqual([0.13986701628114595, 0.8987064418087137]);
  });

  it('are spread evenly over the names as well as within one generator', () => {
    const within = draws(10_000, 1);
    const across = Array.from({ length: 10_000 }, (_, row) => createRandom(1, row)());
    for (const numbers of [within, across]) {
      const tenths = Array.from({ length: 10 }, () => 0);
      for (const number of numbers)
        tenths[Math.floor(number * 10)] = (tenths[Math.floor(number * 10)] ?? 0) + 1;
      // The chi-squared statistic of 9 degrees of freedom is above 50 in one of ten million samples.
      const chi2 = tenths.reduce((sum, count) => sum + (count - 1000) ** 2 / 1000, 0);
      expect(chi2).toBeLessThan(50);
    }
  });
});
