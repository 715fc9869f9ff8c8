import { describe, expect, it } from '@jest/globals';
import { createNumberSummary, type NumberSummary } from '../../../src/dataset/report/numbers.js';

const of = (numbers: readonly number[]): NumberSummary => {
  const summary = createNumberSummary();
  for (const number of numbers) summary.add(number);
  return summary;
};

describe('numbers summed up', () => {
  it('have mean, deviation and quantiles', () => {
    // numpy: mean 5.0, std(ddof=1) 2.138089935299395
    const { sd = 0, ...rest } = of([9, 4, 2, 5, 4, 7, 4, 5]).summary() ?? {};
    expect(rest).toEqual({ count: 8, mean: 5, min: 2, median: 4, p95: 9, max: 9 });
    expect(sd).toBeCloseTo(2.138089935299395, 12);
    expect(of([3]).summary()).toEqual({ count: 1, mean: 3, sd: 0, min: 3, median: 3, p95: 3, max: 3 });
    expect(of([]).summary()).toBeUndefined();
  });

  it('have a bar for each value when there are few, and ranges of equal width otherwise', () => {
    expect(of([1, 0, 1, -2]).histogram()).toEqual([
      { from: -2, to: -2, count: 1 },
      { from: 0, to: 0, count: 1 },
      { from: 1, to: 1, count: 2 },
    ]);
    const bins = of(Array.from({ length: 121 }, (_, at) => at)).histogram();
    expect(bins.map(({ count }) => count)).toEqual([10, 10, 10, 10, 10, 10, 10, 10, 10, 10, 10, 11]);
    expect([bins[0], bins.at(-1)]).toEqual([
      { from: 0, to: 10, count: 10 },
      { from: 110, to: 120, count: 11 },
    ]);
  });

  it('have quantiles within 1 % when there are very many, and a mean and extremes without an error', () => {
    const numbers = of(Array.from({ length: 100_001 }, (_, at) => (at * 37) % 100_001));
    const { mean, min, max, median = 0, p95 = 0 } = numbers.summary() ?? {};
    expect({ mean: Math.round((mean ?? 0) * 1e6) / 1e6, min, max }).toEqual({
      mean: 50_000,
      min: 0,
      max: 100_000,
    });
    expect(Math.abs(median / 50_000 - 1)).toBeLessThan(0.01);
    expect(Math.abs(p95 / 95_000 - 1)).toBeLessThan(0.01);
    expect(numbers.histogram().reduce((sum, { count }) => sum + count, 0)).toBe(100_001);
    const negative = of(Array.from({ length: 10_001 }, (_, at) => -at / 7)).summary();
    expect(Math.abs((negative?.median ?? 0) / (-5000 / 7) - 1)).toBeLessThan(0.01);
  });
});
