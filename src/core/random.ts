/**
 * Random numbers that are a function of names, not of the order of events. Each list of names has a generator of its
 * own, so a draw is the same with any concurrency, in any partition, on any machine and in every later run. This is
 * counter-based generation as in JAX and Philox: the names are hashed to the state of a generator (xoroshiro128+).
 */
import { hash } from 'node:crypto';
import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { xoroshiro128plusFromState } from 'pure-rand/generator/xoroshiro128plus';

/** Gives the next number, from 0 (included) to 1 (excluded), with 53 random bits. */
export type Random = () => number;

/** A generator that depends on the names alone: `createRandom(seed, column, rowId)`. */
export function createRandom(...names: readonly (string | number)[]): Random {
  const digest = hash('sha256', JSON.stringify(names), 'buffer');
  const generator = xoroshiro128plusFromState([0, 4, 8, 12].map((at) => digest.readInt32LE(at)));
  return () => uniformFloat64(generator);
}
