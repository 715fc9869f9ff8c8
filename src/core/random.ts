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
  return randomOf(JSON.stringify(names));
}

/**
 * Generators for the cells of a column: `of(row)` depends on the names and the row alone. The names are hashed once, and
 * each row once for all columns; the two are mixed by rounds of ChaCha, so that no two columns or rows are related.
 */
export function createRandoms(...names: readonly (string | number)[]): { of(row: string): Random } {
  const column = digestWords(JSON.stringify(names));
  return {
    of(row) {
      if (row !== lastRow) [lastRow, lastWords] = [row, digestWords(row)];
      const generator = xoroshiro128plusFromState(chachaMixed(column, lastWords));
      return () => uniformFloat64(generator);
    },
  };
}

/** 128 bits. */
type Words = readonly [number, number, number, number];

/** The columns of a row ask one after the other. */
let [lastRow, lastWords]: [string | undefined, Words] = [undefined, [0, 0, 0, 0]];

function randomOf(names: string): Random {
  const generator = xoroshiro128plusFromState([...digestWords(names)]);
  return () => uniformFloat64(generator);
}

function digestWords(text: string): Words {
  // As text: a buffer would take twice as long.
  const digest = hash('sha256', text, 'binary');
  return [int32At(digest, 0), int32At(digest, 4), int32At(digest, 8), int32At(digest, 12)];
}

/** Four bytes, the lowest first. */
const int32At = (bytes: string, at: number): number =>
  bytes.charCodeAt(at) |
  (bytes.charCodeAt(at + 1) << 8) |
  (bytes.charCodeAt(at + 2) << 16) |
  (bytes.charCodeAt(at + 3) << 24);

/** Four quarter rounds of ChaCha over the row's words, with the column's as the key added before each. */
function chachaMixed(key: Words, [w, x, y, z]: Words): [number, number, number, number] {
  let [a, b, c, d] = [w, x, y, z];
  for (let round = 0; round < 4; round += 1) {
    a = (a + key[0]) | 0;
    b = (b + key[1]) | 0;
    c = (c + key[2]) | 0;
    d = (d + key[3] + round) | 0;
    a = (a + b) | 0;
    d = rotated(d ^ a, 16);
    c = (c + d) | 0;
    b = rotated(b ^ c, 12);
    a = (a + b) | 0;
    d = rotated(d ^ a, 8);
    c = (c + d) | 0;
    b = rotated(b ^ c, 7);
  }
  return [a, b, c, d];
}

const rotated = (word: number, bits: number): number => (word << bits) | (word >>> (32 - bits));
