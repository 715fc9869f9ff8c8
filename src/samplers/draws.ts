/**
 * Single draws from distributions, as functions of a generator alone. d3-random has the well-known methods (Marsaglia and
 * Tsang's gamma; Devroye's binomial and Poisson, exact for any size). Each draw gives it a fresh source, since its normal
 * distribution keeps a spare number for the next call. What it lacks, or what loses its precision there, is here.
 * `Math.pow` and `**` are avoided: their last digits differ between versions of Node, those of `exp` and `log` do not.
 */
import { randomBeta, randomBinomial, randomGamma, randomNormal, randomPoisson } from 'd3-random';
import type { Random } from '../core/random.js';

/**
 * Sources for d3 that read the generator of the draw in hand: to make one takes longer than most draws. Only for what
 * draws no normal numbers from within.
 */
let current: Random = Math.random;
const source: Random = () => current();
const [normal, poisson, binomial] = [
  randomNormal.source(source),
  randomPoisson.source(source),
  randomBinomial.source(source),
];

function drawFrom(random: Random, draw: () => number): number {
  current = random;
  return draw();
}

/** Up to this mean, d3 draws neither gamma nor beta numbers, which draw normal ones. */
const SMALL = 16;

export const drawNormal = (random: Random): number => drawFrom(random, normal());

export const drawGamma = (random: Random, shape: number): number =>
  shape < 1 ? Math.exp(drawLogGamma(random, shape)) : randomGamma.source(random)(shape)();

export const drawPoisson = (random: Random, mean: number): number =>
  mean > SMALL ? randomPoisson.source(random)(mean)() : drawFrom(random, poisson(mean));

export const drawBinomial = (random: Random, n: number, p: number): number =>
  n > SMALL ? randomBinomial.source(random)(n, p)() : drawFrom(random, binomial(n, p));

/** Above 0 and below 1: safe for logarithms on both sides. */
export function drawOpen(random: Random): number {
  const number = random();
  return number > 0 ? number : drawOpen(random);
}

/** The logarithm of a gamma draw: draws of small shapes are closer to 0 than a double can be. */
export function drawLogGamma(random: Random, shape: number): number {
  if (shape >= 1) return Math.log(drawGamma(random, shape));
  return Math.log(drawGamma(random, shape + 1)) + Math.log(drawOpen(random)) / shape;
}

export function drawBeta(random: Random, a: number, b: number): number {
  if (a >= 1 && b >= 1) return randomBeta.source(random)(a, b)();
  const [first, second] = [drawLogGamma(random, a), drawLogGamma(random, b)];
  return 1 / (1 + Math.exp(second - first));
}

/**
 * The standard normal distribution between `low` and `high`, by rejection: from the normal distribution when the range is
 * wide and around 0, from the uniform one when it is narrow, and in a tail from an exponential one (C. P. Robert,
 * "Simulation of truncated normal variables", 1995), which is cut off at the range's end.
 */
export function drawTruncatedNormal(random: Random, low: number, high: number): number {
  if (low > 0) return low + drawTail(random, low, high - low);
  if (high < 0) return high - drawTail(random, -high, high - low);
  const isWide = high - low > Math.sqrt(2 * Math.PI);
  for (;;) {
    const x = isWide ? drawNormal(random) : low + (high - low) * random();
    if (isWide ? x >= low && x <= high : random() <= Math.exp((-x * x) / 2)) return x;
  }
}

/** How far beyond `start` > 0, up to `width`. */
function drawTail(random: Random, start: number, width: number): number {
  // The best rate of the exponential distribution is (start + sqrt(start² + 4)) / 2.
  const more = 2 / (start + Math.hypot(start, 2));
  const rate = start + more;
  for (;;) {
    const distance = -Math.log1p(random() * Math.expm1(-rate * width)) / rate;
    const excess = distance - more;
    if (random() <= Math.exp((-excess * excess) / 2)) return Math.min(distance, width);
  }
}

/**
 * Zipf's distribution with P(k) in proportion to k^-a, of the whole numbers that a double holds exactly (numpy likewise
 * cuts it at its largest integer). Rejection from a Pareto distribution: L. Devroye, "Non-Uniform Random Variate
 * Generation", 1986, X.6.1.
 */
export function drawZipf(random: Random, a: number): number {
  const power = a - 1;
  const excess = Math.expm1(power * Math.LN2);
  if (excess === Infinity) return 1;
  const least = Math.exp(-power * Math.log(Number.MAX_SAFE_INTEGER));
  for (;;) {
    const u = 1 - random();
    const x = Math.floor(Math.exp(-Math.log(u + (1 - u) * least) / power));
    const growth = Math.expm1(power * Math.log1p(1 / x));
    if (x <= Number.MAX_SAFE_INTEGER && random() * x * growth * (excess + 1) <= (growth + 1) * excess)
      return x;
  }
}

/** Up to this many, objects are taken one by one. */
const FEW = 16;

/**
 * How many of `taken` objects are good, of `total` with `good` good ones. Each object is first taken by a coin of its own,
 * which gives about the right number; the rest is put back, or taken in addition, by the same method. Each step needs
 * about the square root of the one before.
 */
export function drawHypergeometric(random: Random, total: number, good: number, taken: number): number {
  if (taken > FEW) {
    const goodTaken = drawBinomial(random, good, taken / total);
    const coinTaken = goodTaken + drawBinomial(random, total - good, taken / total);
    if (coinTaken >= taken)
      return goodTaken - drawHypergeometric(random, coinTaken, goodTaken, coinTaken - taken);
    return goodTaken + drawHypergeometric(random, total - coinTaken, good - goodTaken, taken - coinTaken);
  }
  let left = good;
  for (let count = 0; count < taken; count++) if (random() * (total - count) < left) left--;
  return good - left;
}
