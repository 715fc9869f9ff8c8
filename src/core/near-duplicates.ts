import { hash } from 'node:crypto';
import { closeSync, openSync, readSync, writeSync } from 'node:fs';
import { mixed, wordsOf } from './words.js';

/**
 * Finds texts that are nearly equal to an earlier one, without comparing every pair: MinHash with locality-sensitive
 * hashing (Broder 1997; Indyk and Motwani 1998). A text is the set of its runs of three words. Each run is hashed
 * once, into one of 128 bins; a bin keeps its least hash, and an empty bin takes another's ("Optimal Densification
 * for Fast and Accurate Minwise Hashing", Shrivastava 2017). Bins are grouped into bands, and only texts with an
 * equal band are compared: by the 512 least hashes of their runs, which is exact up to 512 runs and has an error of
 * about 0.01 beyond ("bottom-k sketch"). A text takes about 200 bytes of memory with a share of 0.9, and four for each
 * of these hashes, at most 2 kB; hashes can be moved to a file.
 */
export interface DuplicateFinder {
  /** Looks for an earlier text like this one, and remembers this one under `id` if there is none. */
  add(text: string, id: number): Duplicate | undefined;
  close(): void;
}

export interface Duplicate {
  /** The `id` of the earlier text. */
  readonly of: number;
  /** Of the runs of three words that one or both have, the share that both have (Jaccard similarity). */
  readonly share: number;
}

/** A file for hashes that do not fit into memory. */
export interface Overflow {
  readonly path: string;
  /** So many pieces of 4 MB stay in memory. Default 16. */
  readonly pieces?: number;
}

/**
 * @param share from which texts count as duplicates, above 0; with 1 only equal texts do
 * @param overflow where hashes go when they take more than 64 MB; close the finder then
 */
export function createDuplicateFinder(share: number, overflow?: Overflow): DuplicateFinder {
  const equal = createEqualTexts();
  const sketches = createSketches(overflow);
  const index = share < 1 ? createIndex(share, sketches) : undefined;
  return {
    add(text, id) {
      const key = keyOf(text);
      const same = equal.find(key);
      if (same !== undefined) return { of: same, share: 1 };
      const near = index?.add(runsOf(text), id);
      if (near === undefined) equal.add(key, id);
      return near;
    },
    close: sketches.close,
  };
}

/** 96 bits of the SHA-256 of a text. */
type TextKey = readonly [number, number, number];

function keyOf(text: string): TextKey {
  const digest = hash('sha256', text, 'buffer');
  return [digest.readUInt32LE(0), digest.readUInt32LE(4), digest.readUInt32LE(8)];
}

interface EqualTexts {
  find(key: TextKey): number | undefined;
  add(key: TextKey, id: number): void;
}

/** Texts by their keys, in a hash table with open addressing. */
function createEqualTexts(): EqualTexts {
  let size = 2 ** 12;
  let count = 0;
  /** Three words for each text. */
  let hashes = new Uint32Array(3 * size);
  /** Each id plus 1; 0 for an empty slot. */
  let ids = new Float64Array(size);
  const slotOf = ([first, second, third]: TextKey): number => {
    let slot = first & (size - 1);
    while (
      ids[slot] !== 0 &&
      (hashes[3 * slot] !== first || hashes[3 * slot + 1] !== second || hashes[3 * slot + 2] !== third)
    )
      slot = (slot + 1) & (size - 1);
    return slot;
  };
  const insert = (key: TextKey, id: number): void => {
    const slot = slotOf(key);
    hashes.set(key, 3 * slot);
    ids[slot] = id;
  };
  const grow = (): void => {
    const [oldHashes, oldIds] = [hashes, ids];
    size *= 2;
    hashes = new Uint32Array(3 * size);
    ids = new Float64Array(size);
    oldIds.forEach((id, slot) => {
      const at = (word: number): number => oldHashes[3 * slot + word] ?? 0;
      if (id !== 0) insert([at(0), at(1), at(2)], id);
    });
  };
  return {
    find(key) {
      const id = ids[slotOf(key)] ?? 0;
      return id === 0 ? undefined : id - 1;
    },
    add(key, id) {
      count += 1;
      if (count > 0.7 * size) grow();
      insert(key, id + 1);
    },
  };
}

const RUN = 3;

/** The different hashes of a text's runs of words, in order. */
function runsOf(text: string): Uint32Array {
  const words = wordsOf(text);
  const first = Math.min(RUN, words.length);
  const runs = new Uint32Array(words.length === 0 ? 0 : words.length - first + 1);
  for (let end = first; end > 0 && end <= words.length; end += 1) {
    let run = 0;
    for (let at = Math.max(0, end - RUN); at < end; at += 1)
      run = Math.imul(run, 31) + (words[at]?.hash ?? 0);
    runs[end - first] = mixed(run);
  }
  runs.sort();
  let count = 0;
  for (const run of runs) if (count === 0 || run !== runs[count - 1]) runs[count++] = run;
  return runs.subarray(0, count);
}

const BINS = 128;
const EMPTY = 0xffffffff;

/** The least hash of each bin. */
function binsOf(runs: Uint32Array): Uint32Array {
  const least = new Uint32Array(BINS).fill(EMPTY);
  for (const run of runs) {
    const bin = run % BINS;
    if (run >>> 7 < (least[bin] ?? 0)) least[bin] = run >>> 7;
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
  /** @param runs in order */
  add(runs: Uint32Array, id: number): Duplicate | undefined;
}

/** The texts by their bands: a hash table for each. */
function createIndex(share: number, sketches: Sketches): RunIndex {
  const size = bandSize(share);
  const tables = Array.from({ length: BINS / size }, createTable);
  let ids = new Float64Array(2 ** 10);
  let texts = 0;

  const keysOf = (bins: Uint32Array): readonly number[] =>
    tables.map((_, band) => {
      let key = band;
      for (let at = band * size; at < (band + 1) * size; at += 1)
        key = mixed(Math.imul(key, 31) + (bins[at] ?? 0));
      return key;
    });

  return {
    add(runs, id) {
      if (runs.length === 0) return undefined;
      const keys = keysOf(binsOf(runs));
      const sketch = runs.subarray(0, SKETCH);
      const candidates = new Set(keys.flatMap((key, band) => tables[band]?.find(key) ?? []));
      let best: { readonly number: number; readonly share: number } | undefined;
      // Of equally similar texts, the first.
      for (const number of [...candidates].sort((a, b) => a - b)) {
        const common = commonShare(sketch, sketches.get(number));
        if (common >= share && common > (best?.share ?? 0)) best = { number, share: common };
      }
      if (best) return { of: ids[best.number] ?? 0, share: Math.round(best.share * 1000) / 1000 };
      if (texts === ids.length) ids = grownArray(ids, new Float64Array(texts * 2));
      ids[texts] = id;
      sketches.add(sketch);
      for (const [band, key] of keys.entries()) tables[band]?.insert(key, texts);
      texts += 1;
      return undefined;
    },
  };
}

function grownArray<T extends Float64Array | Uint32Array>(from: T, to: T): T {
  to.set(from);
  return to;
}

interface Sketches {
  add(sketch: Uint32Array): void;
  get(number: number): Uint32Array;
  close(): void;
}

/** Hashes in a piece of memory, and the pieces that stay in memory where there is a file for others. */
const PIECE = 2 ** 20;
const MOST_PIECES = 16;

/** The sketches of all texts, one behind the other in large pieces; the oldest pieces go to a file. */
function createSketches(overflow: Overflow | undefined): Sketches {
  const pieces: (Uint32Array | undefined)[] = [];
  let used = PIECE;
  let moved = 0;
  let file: number | undefined;
  let starts = new Float64Array(2 ** 10);
  let lengths = new Uint32Array(2 ** 10);
  let count = 0;
  const move = (path: string): void => {
    file ??= openSync(path, 'w+');
    const piece = pieces[moved];
    if (piece) writeSync(file, piece, 0, piece.byteLength, moved * PIECE * 4);
    pieces[moved] = undefined;
    moved += 1;
  };
  return {
    add(sketch) {
      if (used + sketch.length > PIECE) {
        pieces.push(new Uint32Array(PIECE));
        used = 0;
        if (overflow && pieces.length - moved > (overflow.pieces ?? MOST_PIECES)) move(overflow.path);
      }
      pieces.at(-1)?.set(sketch, used);
      if (count === starts.length) {
        starts = grownArray(starts, new Float64Array(count * 2));
        lengths = grownArray(lengths, new Uint32Array(count * 2));
      }
      starts[count] = (pieces.length - 1) * PIECE + used;
      lengths[count] = sketch.length;
      count += 1;
      used += sketch.length;
    },
    get(number) {
      const [start = 0, length = 0] = [starts[number], lengths[number]];
      const piece = pieces[Math.floor(start / PIECE)];
      if (piece) return piece.subarray(start % PIECE, (start % PIECE) + length);
      const sketch = new Uint32Array(length);
      if (file !== undefined) readSync(file, sketch, 0, sketch.byteLength, start * 4);
      return sketch;
    },
    close() {
      if (file !== undefined) closeSync(file);
      file = undefined;
    },
  };
}

interface Table {
  find(key: number): readonly number[];
  insert(key: number, number: number): void;
}

/** Numbers by 32-bit keys, several under one key: open addressing, at most four of five slots full. */
function createTable(): Table {
  let size = 2 ** 10;
  let count = 0;
  let keys = new Uint32Array(size);
  /** Each number plus 1; 0 for an empty slot. */
  let numbers = new Uint32Array(size);
  const next = (slot: number): number => (slot + 1 === size ? 0 : slot + 1);
  const put = (key: number, number: number): boolean => {
    let slot = key % size;
    for (let same = 0; numbers[slot] !== 0; slot = next(slot))
      if (keys[slot] === key && (same += 1) >= MOST_CANDIDATES) return false;
    keys[slot] = key;
    numbers[slot] = number + 1;
    return true;
  };
  const grow = (): void => {
    const [oldKeys, oldNumbers] = [keys, numbers];
    size = Math.ceil(size * 1.5);
    keys = new Uint32Array(size);
    numbers = new Uint32Array(size);
    oldNumbers.forEach((number, slot) => {
      if (number !== 0) put(oldKeys[slot] ?? 0, number - 1);
    });
  };
  return {
    find(key) {
      const found: number[] = [];
      for (let slot = key % size; numbers[slot] !== 0; slot = next(slot))
        if (keys[slot] === key) found.push((numbers[slot] ?? 1) - 1);
      return found;
    },
    insert(key, number) {
      if (count + 1 > 0.8 * size) grow();
      if (put(key, number)) count += 1;
    },
  };
}

/** The most bins in a band with which 999 of 1,000 pairs of this share still have a band in common. */
function bandSize(share: number): number {
  const sizes = [32, 16, 8, 4, 2, 1];
  return sizes.find((size) => (1 - share ** size) ** (BINS / size) < 0.001) ?? 1;
}
