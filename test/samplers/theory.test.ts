/** What samplers draw, against the theory: at a fixed seed, with a bound that chance passes once in a billion. */
import { describe, expect, it } from '@jest/globals';
import type { Json, JsonObject } from '../../src/core/json.js';
import { createRandom } from '../../src/core/random.js';
import { SAMPLER_TYPES } from '../../src/samplers/registry.js';

const DRAWS = 20_000;

function drawsOf(type: string, params: JsonObject, row: JsonObject = {}): readonly (Json | undefined)[] {
  const draw = SAMPLER_TYPES.get(type)?.prepare(params);
  return Array.from({ length: DRAWS }, (_, index) => draw?.(createRandom(0, 'c', index), row));
}

const numbers = (type: string, params: JsonObject): readonly number[] => drawsOf(type, params).map(Number);

/** Six standard errors. */
function expectShare(share: number, expected: number): void {
  const error = Math.sqrt((expected * (1 - expected)) / DRAWS);
  expect(Math.abs(share - expected)).toBeLessThanOrEqual(6 * error + 1e-12);
}

const shareOf = <Value>(values: readonly Value[], holds: (value: Value) => boolean): number =>
  values.filter(holds).length / values.length;

interface Theory {
  readonly type: string;
  readonly params: JsonObject;
  readonly mean: number;
  readonly variance: number;
  /** Points with the probability of a draw at most there. */
  readonly below: Readonly<Record<number, number>>;
  readonly first: readonly number[];
}

const exponential = (x: number): number => 1 - Math.exp(-x / 10);

const theories: readonly Theory[] = [
  {
    type: 'uniform',
    params: { low: -1, high: 3 },
    mean: 1,
    variance: 16 / 12,
    below: { [-0.9]: 0.025, 0: 0.25, 1: 0.5, 2.8: 0.95 },
    first: [1.4319935436897273, 0.38782452222615715, 2.0895602173305123],
  },
  {
    type: 'gaussian',
    params: { mean: 100, stddev: 15 },
    mean: 100,
    variance: 225,
    below: { 75.327: 0.05, 100: 0.5, 115: 0.841345, 134.895: 0.99 },
    first: [103.00455594373167, 93.62650812595646, 110.53431597993031],
  },
  {
    type: 'bernoulli',
    params: { p: 0.3 },
    mean: 0.3,
    variance: 0.21,
    below: { 0: 0.7, 1: 1 },
    first: [0, 0, 0],
  },
  {
    type: 'binomial',
    params: { n: 10, p: 0.3 },
    mean: 3,
    variance: 2.1,
    below: { 0: 0.0282475249, 2: 0.3827827864, 5: 0.9526510126, 10: 1 },
    first: [4, 6, 2],
  },
  {
    type: 'poisson',
    params: { mean: 4 },
    mean: 4,
    variance: 4,
    below: { 0: 0.0183156389, 3: 0.4334701204, 7: 0.9488663842 },
    first: [6, 7, 2],
  },
  {
    type: 'bernoulli_mixture',
    params: { p: 0.5, dist_name: 'expon', dist_params: { scale: 10 } },
    mean: 5,
    // E[x²] − E[x]²: half of 2·10², minus 5².
    variance: 75,
    below: { 0: 0.5, 5: 0.5 + exponential(5) / 2, 30: 0.5 + exponential(30) / 2 },
    first: [0, 6.334886589388569, 0],
  },
  {
    type: 'scipy',
    params: { dist_name: 'beta', dist_params: { a: 2, b: 5 } },
    mean: 2 / 7,
    variance: 10 / (49 * 8),
    // The distribution function of beta(2, 5) is 1 − (1−x)⁵(1+5x).
    below: { 0.1: 0.114265, 0.3: 0.579825, 0.6: 0.95904 },
    first: [0.13641352444785879, 0.45198289922403917, 0.30497153534748855],
  },
];

describe.each(theories)('$type', ({ type, params, mean, variance, below, first }) => {
  const values = numbers(type, params);

  it('begins with these values, in every version', () => {
    expect(values.slice(0, 3)).toEqual(first);
  });

  it('has the mean and the variance of the theory', () => {
    const found = values.reduce((sum, value) => sum + value, 0) / DRAWS;
    expect(Math.abs(found - mean)).toBeLessThan(6 * Math.sqrt(variance / DRAWS));
    const squares = values.map((value) => (value - mean) ** 2);
    const spread = squares.reduce((sum, value) => sum + value, 0) / DRAWS;
    const fourth = squares.reduce((sum, value) => sum + (value - variance) ** 2, 0) / DRAWS;
    expect(Math.abs(spread - variance)).toBeLessThan(6 * Math.sqrt(fourth / DRAWS));
  });

  it('has its quantiles', () => {
    for (const [point, share] of Object.entries(below))
      expectShare(
        shareOf(values, (value) => value <= Number(point)),
        share,
      );
  });
});

describe('category', () => {
  it.each<[JsonObject, Readonly<Record<string, number>>]>([
    [{ values: ['a', 'b', 'c'] }, { a: 1 / 3, b: 1 / 3, c: 1 / 3 }],
    [
      { values: ['a', 'b', 'c'], weights: [6, 3, 1] },
      { a: 0.6, b: 0.3, c: 0.1 },
    ],
    [
      { values: ['a', 'b', 'a'], weights: [0.5, 1, 0.5] },
      { a: 0.5, b: 0.5 },
    ],
    [
      { values: ['a', 'b', 'c'], weights: [0, 1, 0] },
      { a: 0, b: 1, c: 0 },
    ],
  ])('%j has the shares of its weights', (params, shares) => {
    const values = drawsOf('category', params);
    for (const [value, share] of Object.entries(shares))
      expectShare(
        shareOf(values, (drawn) => drawn === value),
        share,
      );
  });

  it('never gives a value of weight 0, whatever is drawn', () => {
    const draw = SAMPLER_TYPES.get('category')?.prepare({
      values: ['a', 'b', 'c', 'd'],
      weights: [0, 1, 0, 1],
    });
    expect([0, 0.4999, 0.5, 1 - 2 ** -53].map((drawn) => draw?.(() => drawn, {}))).toEqual([
      'b',
      'b',
      'd',
      'd',
    ]);
  });

  it.each<[Json, Json]>([
    [
      [1, 2],
      [1, 2],
    ],
    [
      [1, 2.5],
      [1, 2.5],
    ],
    [
      ['x', 2, 2.5, true],
      ['x', '2', '2.5', '1'],
    ],
    [
      [true, false],
      [1, 0],
    ],
  ])('%j gives values of one type', (values, drawn) => {
    expect(new Set(drawsOf('category', { values }))).toEqual(new Set(drawn as readonly Json[]));
  });
});

describe('subcategory', () => {
  const params = { category: 'parent', values: { '1': [10, 20], b: [30, 'x'] } };

  it('draws from the list of the value of its parent, which can be a number', () => {
    const values = drawsOf('subcategory', params, { parent: 1 });
    expect(new Set(values)).toEqual(new Set(['10', '20']));
    expectShare(
      shareOf(values, (value) => value === '10'),
      0.5,
    );
    expect(new Set(drawsOf('subcategory', params, { parent: 'b' }))).toEqual(new Set(['30', 'x']));
  });

  it('has no value where its parent has another', () => {
    expect(new Set(drawsOf('subcategory', params, { parent: 'c' }))).toEqual(new Set([undefined]));
  });
});

it.each<[string, JsonObject, number]>([
  ['uniform', { low: 3, high: 3 }, 3],
  ['gaussian', { mean: 7, stddev: 0 }, 7],
  ['binomial', { n: 0, p: 0.5 }, 0],
  ['binomial', { n: 4, p: 1 }, 4],
  ['poisson', { mean: 0 }, 0],
  ['bernoulli', { p: 1 }, 1],
  ['bernoulli_mixture', { p: 0, dist_name: 'norm', dist_params: { loc: 9 } }, 0],
])('%s of %j is always %d', (type, params, value) => {
  expect(new Set(numbers(type, params))).toEqual(new Set([value]));
});
