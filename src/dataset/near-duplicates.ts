import { createHash } from 'node:crypto';
import { mixed, wordsOf } from './words.js';

/**
 * Finds texts that are nearly equal to an earlier one, without comparing every pair: MinHash with locality-sensitive
 * hashing (Broder 1997; Indyk and Motwani 1998). A text is the set of its runs of three words. Each run is hashed
 * once, into one of 128 bins; a bin keeps its least hash, and an empty bin takes another's ("Optimal Densification
 * for Fast and Accurate Minwise Hashing", Shrivastava 2017). Bins are grouped into bands, and only texts with an
 * equal band are compared: by the 512 least hashes of their runs, which is exact up to 512 runs and has an error of
 * about 0.01 beyond ("bottom-k sketch"). A text takes at most 2.4 kB of memory, however long it is.
 */
export interface DuplicateFinder {
  /** Looks for an earlier text like this one, and remembers this one under `id` if there is none. */
  add(text: string, id: number): Duplicate | undefined;
}

export interface Duplicate {
  /** The `id` of the earlier text. */
  readonly of: number;
  /** Of the runs of three words that one or both have, the share that both have (Jaccard similarity). */
  readonly share: number;
}

/** @param share from which texts count as duplicates, above 0; with 1 only equal texts do. */
export function createDuplicateFinder(share: number): DuplicateFinder {
  const equal = new Map<string, number>();
  const index = share < 1 ? createIndex(share) : undefined;
  return {
    add(text, id) {
      const key = createHash('sha256').update(text).digest().toString('latin1', 0, 12);
      const same = equal.get(key);
      if (same !== undefined) return { of: same, share: 1 };
      const near = index?.add(runsOf(text), id);
      if (near === undefined) equal.set(key, id);
      return near;
    },
  };
}

const RUN = 3;

/** The different hashes of a text's runs of words. */
function runsOf(text: string): ReadonlySet<number> {
  const words = wordsOf(text);
  const runs = new Set<number>();
  for (let end = Math.min(RUN, words.length); end > 0 && end <= words.length; end += 1) {
    let run = 0;
    for (let at = Math.max(0, end - RUN); at < end; at += 1)
      run = Math.imul(run, 31) + (words[at]?.hash ?? 0);
    runs.add(mixed(run));
  }
  return runs;
}

const BINS = 128;
const EMPTY = 0xffffffff;

/** The least hash of each bin. */
function binsOf(runs: ReadonlySet<number>): Uint32Array {
  const least = new Uint32Array(BINS).fill(EMPTY);
  for (const hash of runs) {
    const bin = hash % BINS;
    if (hash >>> 7 < (least[bin] ?? 0)) least[bin] = hash >>> 7;
  }
  const bins = new Uint32Array(BINS);
  for (let bin = 0; bin < BINS; bin += 1) {
    let found = least[bin] ?? 0;
    for (let step = 1; found === EMPTY; step += 1)
      found = least[mixed(bin * 0x10001 + Math.imul(step, 0x9e3779b9)) % BINS] ?? 0;
    bins[bin] = found;
  }
  return bins;
}

const SKETCH = 512;

/** The least hashes, in order. */
const sketchOf = (runs: ReadonlySet<number>): Uint32Array => Uint32Array.from(runs).sort().slice(0, SKETCH);

/** The share of common hashes among the least hashes of both. */
function commonShare(a: Uint32Array, b: Uint32Array): number {
  // A complete set says all; of two sketches, only as many hashes as one has are the least of both.
  const most = a.length < SKETCH && b.length < SKETCH ? Infinity : SKETCH;
  let [inA, inB, same, seen] = [0, 0, 0, 0];
  while (seen < most && (inA < a.length || inB < b.length)) {
    const [one = Infinity, other = Infinity] = [a[inA], b[inB]];
    if (one <= other) inA += 1;
    if (other <= one) inB += 1;
    if (one === other) same += 1;
    seen += 1;
  }
  return same / seen;
}

/** A band that very many texts share, such as a template, says little: only about so many are found by it. */
const MOST_CANDIDATES = 32;

interface RunIndex {
  add(runs: ReadonlySet<number>, id: number): Duplicate | undefined;
}

/** The texts by their bands, in a hash table with open addressing. */
function createIndex(share: number): RunIndex {
  const size = bandSize(share);
  const bands = BINS / size;
  const texts: { readonly id: number; readonly sketch: Uint32Array }[] = [];
  let table = createTable(2 ** 15);

  const keysOf = (bins: Uint32Array): readonly number[] =>
    Array.from({ length: bands }, (_, band) => {
      let key = band;
      for (const bin of bins.subarray(band * size, (band + 1) * size)) key = mixed(Math.imul(key, 31) + bin);
      return key;
    });

  return {
    add(runs, id) {
      if (runs.size === 0) return undefined;
      const keys = keysOf(binsOf(runs));
      const sketch = sketchOf(runs);
      let best: Duplicate | undefined;
      for (const number of new Set(keys.flatMap((key) => table.find(key)))) {
        const text = texts[number];
        const common = text ? commonShare(sketch, text.sketch) : 0;
        if (text && common >= share && common > (best?.share ?? 0)) best = { of: text.id, share: common };
      }
      if (best) return { of: best.of, share: Math.round(best.share * 1000) / 1000 };
      const number = texts.push({ id, sketch }) - 1;
      if (texts.length * bands * 2 > table.size) table = table.grown();
      for (const key of keys) table.insert(key, number);
      return undefined;
    },
  };
}

interface Table {
  readonly size: number;
  find(key: number): readonly number[];
  insert(key: number, number: number): void;
  grown(): Table;
}

/** Numbers by 32-bit keys, several under one key. */
function createTable(size: number): Table {
  const keys = new Uint32Array(size);
  /** Each number plus 1; 0 for an empty slot. */
  const numbers = new Uint32Array(size);
  const next = (slot: number): number => (slot + 1) & (size - 1);
  const insert = (key: number, number: number): void => {
    let slot = key & (size - 1);
    for (let same = 0; numbers[slot] !== 0; slot = next(slot))
      if (keys[slot] === key && (same += 1) >= MOST_CANDIDATES) return;
    keys[slot] = key;
    numbers[slot] = number + 1;
  };
  return {
    size,
    insert,
    find(key) {
      const found: number[] = [];
      for (let slot = key & (size - 1); numbers[slot] !== 0; slot = next(slot))
        if (keys[slot] === key) found.push((numbers[slot] ?? 1) - 1);
      return found;
    },
    grown() {
      const larger = createTable(size * 4);
      numbers.forEach((number, slot) => {
        if (number !== 0) larger.insert(keys[slot] ?? 0, number - 1);
      });
      return larger;
    },
  };
}

/** The most bins in a band with which 999 of 1,000 pairs of this share still have a band in common. */
function bandSize(share: number): number {
  const sizes = [32, 16, 8, 4, 2, 1];
  return sizes.find((size) => (1 - share ** size) ** (BINS / size) < 0.001) ?? 1;
}
