import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { randomBinomial, randomGamma, randomNormal, randomPoisson } from 'd3-random';
import { createRandom, type Random } from '../../src/core/random.js';
import type { JsonObject } from '../../src/core/json.js';
import { drawBinomial, drawGamma, drawNormal, drawPoisson } from '../../src/samplers/draws.js';
import { distributionNames, distributionOf, type Distribution } from '../../src/samplers/distributions.js';

/**
 * Mean, variance, excess kurtosis and points `[x, P(X <= x)]` by scipy 1.17.1:
 * `d = getattr(scipy.stats, name)(**params)`, then `d.stats("mvk")` and `d.cdf(x)` at quantiles of d.
 */
interface Theory {
  readonly name: string;
  readonly params: JsonObject;
  readonly mean: number | null;
  readonly variance: number | null;
  readonly kurtosis: number | null;
  readonly cdf: readonly (readonly [x: number, probability: number])[];
}
const theories = readFileSync(new URL('theory.jsonl', import.meta.url), 'utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line) as Theory);

const COUNT = 10_000;
/** In how many standard errors a statistic may differ: chance gives as much once in 500 million tests. */
const BOUND = 6;

describe('the draws of each distribution', () => {
  it.each(theories.map((theory) => [`${theory.name} ${JSON.stringify(theory.params)}`, theory] as const))(
    '%s have the moments and quantiles of the theory',
    (label, { name, params, mean, variance, kurtosis, cdf }) => {
      const draws = drawn(distribution(name, params), COUNT, label);
      for (const [x, probability] of cdf) {
        const share = draws.filter((draw) => draw <= x).length / COUNT;
        const standardError = Math.sqrt((probability * (1 - probability)) / COUNT);
        expect(Math.abs(share - probability)).toBeLessThan(BOUND * standardError);
      }
      if (mean === null || variance === null) return;
      const sampleMean = average(draws);
      expect(Math.abs(sampleMean - mean)).toBeLessThan(BOUND * Math.sqrt(variance / COUNT));
      if (kurtosis === null) return;
      const sampleVariance = average(draws.map((draw) => (draw - mean) ** 2));
      const standardError = variance * Math.sqrt((kurtosis + 2) / COUNT);
      expect(Math.abs(sampleVariance - variance)).toBeLessThan(BOUND * standardError + 1e-9 * variance);
    },
  );

  it('do not depend on those before: the generator alone decides', () => {
    for (const { name, params } of theories) {
      const used = distribution(name, params);
      drawn(used, 7, 'before');
      expect(drawn(used, 3, 'x')).toEqual(drawn(distribution(name, params), 3, 'x'));
    }
  });

  it('stay the same in every version: datasets depend on them', () => {
    const firsts = examples.map(([name, params, first]) => {
      const draw = distribution(name, params).draw(createRandom('first'));
      return [name, draw, first];
    });
    expect(firsts.filter(([, draw, first]) => draw !== first)).toEqual([]);
  });

  it('are whole numbers for discrete distributions, finite for all', () => {
    for (const { name, params } of theories) {
      const { isDiscrete, draw } = distribution(name, params);
      const random = createRandom('whole');
      const draws = Array.from({ length: 50 }, () => draw(random));
      expect([name, draws.every(isDiscrete ? Number.isSafeInteger : Number.isFinite)]).toEqual([name, true]);
    }
  });
});

/** The first draw of the generator named `first`. */
const examples: readonly (readonly [name: string, params: JsonObject, first: number])[] = [
  ['norm', { loc: 1, scale: 2 }, -1.6808677696449874],
  ['uniform', { loc: 2, scale: 3 }, 2.095016762951689],
  ['expon', { scale: 3 }, 0.0965540062803685],
  ['gamma', { a: 2.5 }, 0.7319218880295516],
  ['gamma', { a: 0.3 }, 0.01986161808313029],
  ['beta', { a: 2, b: 5 }, 0.15807801907540292],
  ['beta', { a: 0.5, b: 0.5 }, 0.48371035717492855],
  ['lognorm', { s: 0.5 }, 0.5115975785344798],
  ['triang', { c: 0.5 }, 0.12584167496745613],
  ['weibull_min', { c: 1.5 }, 0.10118109206861506],
  ['pareto', { b: 3 }, 1.0107859766504081],
  ['t', { df: 5 }, -1.2920967363093199],
  ['chi2', { df: 3 }, 0.4703380027701132],
  ['truncnorm', { a: -2, b: 2 }, -1.3404338848224937],
  ['truncnorm', { a: 8, b: 9 }, 8.00396091948573],
  ['laplace', {}, -2.7591670589325608],
  ['logistic', {}, -3.420129570732383],
  ['cauchy', {}, -10.016928758778347],
  ['poisson', { mu: 4 }, 5],
  ['poisson', { mu: 40000 }, 40338],
  ['binom', { n: 10, p: 0.3 }, 3],
  ['binom', { n: 1e9, p: 0.3 }, 300006535],
  ['nbinom', { n: 5, p: 0.5 }, 2],
  ['geom', { p: 0.3 }, 1],
  ['randint', { low: 1, high: 7 }, 1],
  ['bernoulli', { p: 0.4 }, 1],
  ['zipf', { a: 2 }, 1],
  ['hypergeom', { M: 50, n: 10, N: 8 }, 1],
  ['hypergeom', { M: 1e7, n: 4e6, N: 3e6 }, 1200558],
];

describe('extreme parameters', () => {
  it.each<[string, JsonObject, number, number]>([
    ['truncnorm', { a: 3, b: 3.0001, loc: 10, scale: 7 }, 31, 31.0007],
    ['truncnorm', { a: 300, b: 1e9 }, 300, 301],
    ['truncnorm', { a: -1e200, b: -1e199 }, -1e199, -1e199],
    ['truncnorm', { a: 0 }, 0, 10],
    ['truncnorm', { b: -4 }, -12, -4],
    ['uniform', { loc: -5, scale: 0 }, -5, -5],
    ['norm', { loc: 3, scale: 0 }, 3, 3],
    ['binom', { n: 0, p: 0.5 }, 0, 0],
    ['binom', { n: 9007199254740991, p: 1 }, 9007199254740991, 9007199254740991],
    ['poisson', { mu: 0 }, 0, 0],
    ['geom', { p: 1 }, 1, 1],
    ['nbinom', { n: 3, p: 1 }, 0, 0],
    ['zipf', { a: 2000 }, 1, 1],
    ['zipf', { a: 1.0001 }, 1, Number.MAX_SAFE_INTEGER],
    ['hypergeom', { M: 20, n: 20, N: 7 }, 7, 7],
    ['hypergeom', { M: 20, n: 0, N: 7 }, 0, 0],
    ['hypergeom', { M: 1e15, n: 5e14, N: 1e14 }, 4.9999e13, 5.0001e13],
    ['randint', { low: 7, high: 8 }, 7, 7],
    ['poisson', { mu: 1e15 }, 0.999999e15, 1.000001e15],
    ['t', { df: 0.001 }, -Number.MAX_VALUE, Number.MAX_VALUE],
    ['lognorm', { s: 2000 }, 0, Number.MAX_VALUE],
  ])('%s %j stays within %d and %d', (name, params, low, high) => {
    const draws = drawn(distribution(name, params), 500, 'extreme');
    expect(Math.min(...draws)).toBeGreaterThanOrEqual(low);
    expect(Math.max(...draws)).toBeLessThanOrEqual(high);
  });

  it('zipf close to 1 is the zipf distribution of the whole numbers that a double holds exactly', () => {
    // P(X <= x | X <= limit) = (zeta(a) - zeta(a, x + 1)) / (zeta(a) - zeta(a, limit + 1)), by scipy.special.zeta.
    const draws = drawn(distribution('zipf', { a: 1.01 }), COUNT, 'zipf');
    for (const [x, probability] of zipfClose) {
      const share = draws.filter((draw) => draw <= x).length / COUNT;
      const standardError = Math.sqrt((probability * (1 - probability)) / COUNT);
      expect(Math.abs(share - probability)).toBeLessThan(BOUND * standardError);
    }
  });
});

const zipfClose: readonly (readonly [number, number])[] = [
  [1, 0.0319259624844584],
  [2, 0.047778679360919805],
  [10, 0.09265748926031916],
  [1e3, 0.23155836123157283],
  [1e6, 0.4304125698653209],
  [1e10, 0.675078303574782],
  [1e14, 0.898216117414198],
];

describe('a distribution that cannot be had', () => {
  const gamma = 'gamma takes a (above 0), loc (a number; optional), scale (0 or more; optional)';
  const poisson = 'poisson takes mu (0 or more), loc (a whole number; optional)';

  it.each<[string, JsonObject, string]>([
    [
      'weibul_min',
      {},
      'no distribution is called "weibul_min" (did you mean "weibull_min"?); there are norm, uniform, expon, gamma, beta, lognorm, triang, weibull_min, pareto, t, chi2, truncnorm, laplace, logistic, cauchy, poisson, binom, nbinom, geom, randint, bernoulli, zipf, hypergeom',
    ],
    [
      'multivariate_normal',
      {},
      'no distribution is called "multivariate_normal"; there are norm, uniform, expon, gamma, beta, lognorm, triang, weibull_min, pareto, t, chi2, truncnorm, laplace, logistic, cauchy, poisson, binom, nbinom, geom, randint, bernoulli, zipf, hypergeom',
    ],
    ['gamma', {}, `"a" is missing; ${gamma}`],
    ['gamma', { a: -1 }, `"a" must be above 0, not -1; ${gamma}`],
    ['gamma', { a: '2' }, `"a" must be above 0, not "2"; ${gamma}`],
    ['gamma', { a: 2, shape: 2 }, `unknown parameter "shape"; ${gamma}`],
    ['gamma', { a: 2, scale: -1 }, `"scale" must be 0 or more, not -1; ${gamma}`],
    ['gamma', { a: Infinity }, `"a" must be above 0, not Infinity; ${gamma}`],
    ['poisson', { mu: 3, scale: 2 }, `unknown parameter "scale"; ${poisson}`],
    ['poisson', { mu: 1, loc: 0.5 }, `"loc" must be a whole number, not 0.5; ${poisson}`],
    ['poisson', { mu: 1e17 }, 'poisson needs a mean of at most 1000000000000000 (it is 1.00e+17)'],
    ['geom', { p: 1e-18 }, 'geom needs a mean of at most 1000000000000000 (it is 1.00e+18)'],
    ['nbinom', { n: 5, p: 1e-18 }, 'nbinom needs a mean of at most 1000000000000000 (it is 5.00e+18)'],
    [
      'truncnorm',
      { a: '0' },
      '"a" must be a number, not "0"; truncnorm takes a (a number; optional), b (a number; optional), loc (a number; optional), scale (0 or more; optional)',
    ],
    ['truncnorm', { a: 2, b: -2 }, 'truncnorm needs a below b (they are 2 and -2)'],
    ['randint', { low: 3, high: 3 }, 'randint needs low below high (they are 3 and 3)'],
    ['hypergeom', { M: 5, n: 6, N: 1 }, 'hypergeom needs n and N up to M (they are 6, 1 and 5)'],
  ])('%s %j: %s', (name, params, message) => {
    expect(distributionOf(name, params)).toEqual({ ok: false, error: message });
  });
});

it('every draw is that of d3 with a source of its own, whatever was drawn before', () => {
  const sizes = [0.5, 4, 16, 16.5, 40, 100];
  for (let row = 0; row < 500; row += 1)
    for (const size of sizes) {
      const generator = (): Random => createRandom('a draw', row, size);
      const n = Math.ceil(size);
      expect([
        drawNormal(generator()),
        drawPoisson(generator(), size),
        drawBinomial(generator(), n, 0.3),
        drawGamma(generator(), size + 1),
      ]).toEqual([
        randomNormal.source(generator())()(),
        randomPoisson.source(generator())(size)(),
        randomBinomial.source(generator())(n, 0.3)(),
        randomGamma.source(generator())(size + 1)(),
      ]);
    }
});

it('the page has all distributions', () => {
  const page = readFileSync(new URL('../../docs/samplers.md', import.meta.url), 'utf8');
  expect(distributionNames.filter((name) => !page.includes(`\`${name}\``))).toEqual([]);
});

function distribution(name: string, params: JsonObject): Distribution {
  const found = distributionOf(name, params);
  if (!found.ok) throw new Error(found.error);
  return found.value;
}

/** One draw of each of `count` generators, as the cells of a column are made. */
function drawn({ draw }: Distribution, count: number, label: string): readonly number[] {
  return Array.from({ length: count }, (_, row) => draw(createRandom(label, row)));
}

function average(numbers: readonly number[]): number {
  return numbers.reduce((sum, number) => sum + number, 0) / numbers.length;
}
