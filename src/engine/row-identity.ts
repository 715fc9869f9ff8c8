/**
 * Row identity: which rows are the same to a column. Answers are stored under it, so it decides which of them a
 * later run finds again.
 *
 * A column's row is identified by a hash of the seed values that the column reads, directly or through other
 * columns, and by a number that counts the rows with equal values in the order of the whole seed, before rows are
 * cut out of it or shuffled. So a row keeps its answers when rows are appended, shuffled, removed or divided into
 * partitions, or when a seed column changes that the column does not read. Rows with equal values are separate
 * samples with separate answers, in every partition and in every cycle of a seed that is repeated, and so are columns that differ only in their name.
 *
 * The number says which sample of equal requests it is, and nothing else. So a stored answer that was counted
 * otherwise (within a partition, as in early versions, or from a seed that is a part of this one) is one more sample of
 * the same request: no two rows of a run get the same one.
 */
import { hash } from 'node:crypto';
import { canonicalJson, type Json, type JsonObject } from '../core/json.js';
import type { Plan } from './types.js';

/** The identity of one row for each column, by column name. */
export type RowIds = Pick<ReadonlyMap<string, string>, 'get'>;

/** A seed row with its number in the run. */
export interface IdentifiedRow {
  readonly index: number;
  /** How often it was made before; see `attempts.ts`. */
  readonly attempt?: number;
  readonly seed: JsonObject;
  readonly ids: RowIds;
}

/** The same row, to be made once more: its columns draw other numbers and get other answers. */
export function nextAttempt(row: IdentifiedRow, attempt: number): IdentifiedRow {
  if (attempt === 0) return row;
  const idOf = (name: string): string | undefined => {
    const id = row.ids.get(name);
    return id === undefined ? undefined : `${id}@${attempt}`;
  };
  return { ...row, attempt, ids: { get: idOf } };
}

/** Rows of a run, in its order. */
export interface SeedRows extends AsyncIterable<JsonObject> {
  /** Given when these are not simply the first rows of the seed: the numbers were counted over the whole seed. */
  readonly cut?: SeedCut | undefined;
}

export interface SeedCut {
  readonly repeats: Pick<RepeatNumbers, 'at' | 'totals'>;
  /** The same rows, with their positions in the whole seed. */
  readonly positioned: AsyncIterable<PositionedRow>;
}

export interface PositionedRow {
  readonly position: number;
  /** How often the rows came before. */
  readonly cycle: number;
  readonly row: JsonObject;
}

/** Numbers the rows of a run and identifies them. */
export async function* identifyRows(plan: Plan, seeds: SeedRows): AsyncGenerator<IdentifiedRow> {
  let index = 0;
  if (seeds.cut) {
    const { repeats, positioned } = seeds.cut;
    const groups = seedColumnGroups(plan);
    const idsOf = createIdWriter(plan, groups);
    for await (const { row, position, cycle } of positioned) {
      const digests = groups.digests(row);
      const totals = cycle === 0 ? [] : repeats.totals(digests);
      const numbers = repeats.at(position).map((number, group) => number + cycle * (totals[group] ?? 0));
      yield { index, seed: row, ids: idsOf(digests, numbers) };
      index += 1;
    }
    return;
  }
  const idsOf = createRowIds(plan);
  for await (const seed of seeds) {
    yield { index, seed, ids: idsOf(seed) };
    index += 1;
  }
}

/** Returns a function that identifies one row. Call it once for each row, in the order of the whole seed. */
export function createRowIds(plan: Plan): (seed: JsonObject) => RowIds {
  const groups = seedColumnGroups(plan);
  const idsOf = createIdWriter(plan, groups);
  const count = createRepeatCounter();
  return (seed) => {
    const digests = groups.digests(seed);
    return idsOf(digests, digests.map(count.next));
  };
}

/** How many equal rows came before each row of a whole seed: one number for each group of seed columns. */
export interface RepeatNumbers {
  /** Call it for each row of the seed, in the seed's own order. */
  add(seed: JsonObject): void;
  /** The numbers of the row at a position. */
  at(position: number): readonly number[];
  /** How many rows of the whole seed have these digests, one for each group. */
  totals(digests: readonly string[]): readonly number[];
}

export function createRepeatNumbers(plan: Plan): RepeatNumbers {
  const { digests, size } = seedColumnGroups(plan);
  const count = createRepeatCounter();
  let numbers = new Uint32Array(size * FIRST_SIZE);
  let end = 0;
  return {
    add(seed) {
      if (end + size > numbers.length) {
        const longer = new Uint32Array(2 * numbers.length);
        longer.set(numbers);
        numbers = longer;
      }
      numbers.set(digests(seed).map(count.next), end);
      end += size;
    },
    at: (position) => Array.from({ length: size }, (_, group) => numbers[position * size + group] ?? 0),
    totals: (given) => given.map(count.total),
  };
}

/** The groups of seed columns that columns read. */
interface SeedColumnGroups {
  readonly size: number;
  /** The number of a column's group. */
  groupOf(column: string): number;
  /** A digest of the values of each group. */
  digests(seed: JsonObject): readonly string[];
}

function seedColumnGroups({ columns }: Plan): SeedColumnGroups {
  const groups = new Map<string, readonly string[]>();
  for (const { seedColumns } of columns) groups.set(seedColumns.join('\n'), seedColumns);
  const numbers = new Map([...groups.keys()].map((group, number) => [group, number]));
  const byColumn = new Map(
    columns.map(({ column, seedColumns }) => [column.name, numbers.get(seedColumns.join('\n')) ?? 0]),
  );
  const isConstant = [...groups.values()].every((keys) => keys.length === 0);
  const nothing = Array.from(groups, () => NOTHING);
  return {
    size: groups.size,
    groupOf: (column) => byColumn.get(column) ?? 0,
    digests(seed) {
      if (isConstant) return nothing;
      const hashes = new Map<string, string>();
      return Array.from(groups.values(), (keys) =>
        keys.length === 0
          ? NOTHING
          : digest(keys.map((key) => [key, valueHash(seed, key, hashes)].join(':')).join('\n')),
      );
    },
  };
}

/** Returns a function that identifies a row by the digests of its values and the numbers of equal rows before it. */
function createIdWriter(
  { columns, recipe }: Plan,
  { groupOf }: SeedColumnGroups,
): (digests: readonly string[], repeats: readonly number[]) => RowIds {
  const duplicates = duplicateColumns(recipe.columns);
  const parts = new Map(
    columns.map(({ column: { name } }) => {
      const duplicate = duplicates.get(name) ?? 0;
      return [name, { group: groupOf(name), suffix: duplicate === 0 ? '' : `${SAMPLE}${duplicate}` }];
    }),
  );
  return (digests, repeats) => {
    const texts = digests.map((digest, group) => `${digest}#${repeats[group]}`);
    return {
      get(name) {
        const part = parts.get(name);
        return part && (texts[part.group] ?? '') + part.suffix;
      },
    };
  };
}

const SAMPLE = '~';

/**
 * The identity without the number that tells columns of the same configuration apart: random numbers depend on the
 * column's name in any case, and must not change when another column is added.
 */
export function withoutSample(rowId: string): string {
  return rowId.includes(SAMPLE) ? rowId.replace(/~\d+/, '') : rowId;
}

/** For each column, the number of earlier columns with the same configuration, as far as requests depend on it. */
function duplicateColumns(configs: Plan['recipe']['columns']): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  return new Map(
    configs.map(({ name, on_error: _noRequest, ...config }) => {
      const text = canonicalJson(config as unknown as Json);
      const earlier = counts.get(text) ?? 0;
      counts.set(text, earlier + 1);
      return [name, earlier];
    }),
  );
}

function valueHash(seed: JsonObject, key: string, hashes: Map<string, string>): string {
  const known = hashes.get(key);
  if (known !== undefined) return known;
  const hash = digest(canonicalJson(seed[key] ?? null));
  hashes.set(key, hash);
  return hash;
}

/** The digest of no values. */
const NOTHING = digest('');

/** 128 bits, enough to tell rows apart. */
function digest(text: string): string {
  return hash('sha256', text, 'base64url').slice(0, 22);
}

/** Counts how often each digest came. */
interface RepeatCounter {
  /** How often it came before. */
  next(digest: string): number;
  /** How often it came, of one that came at least once. */
  total(digest: string): number;
}

function createRepeatCounter(): RepeatCounter {
  const seen = createSeenDigests();
  /** Only digests that came more than once. */
  const repeats = new Map<string, number>();
  return {
    next(digest) {
      if (seen.add(digest)) return 0;
      const count = (repeats.get(digest) ?? 0) + 1;
      repeats.set(digest, count);
      return count;
    },
    total: (digest) => 1 + (repeats.get(digest) ?? 0),
  };
}

/** A set of digests that can only grow. */
interface SeenDigests {
  /** Adds a digest; false when it was there. */
  add(digest: string): boolean;
}

const FIRST_SIZE = 1024;

/**
 * A hash set with open addressing. It keeps 64 bits of each digest in 11 to 22 bytes. A million digests take up
 * to 22 MB here, 85 MB in a `Set` of numbers and 177 MB in a `Set` of texts, once for each group of seed columns
 * that columns read; so it keeps the memory of a run of a million rows flat. Two of a million digests
 * have the same 64 bits in one of ten million runs; then one row is asked again when the other is removed.
 *
 * Digests are texts of at least 22 characters, made by a cryptographic hash.
 */
export function createSeenDigests(): SeenDigests {
  /** Two words for each digest, at the slot that the first word gives or after it; an empty slot has two zeros. */
  let words = new Uint32Array(2 * FIRST_SIZE);
  let count = 0;

  function put(high: number, low: number): boolean {
    const mask = words.length / 2 - 1;
    for (let slot = high & mask; ; slot = (slot + 1) & mask) {
      const [first, second] = [words[2 * slot], words[2 * slot + 1]];
      if (first === high && second === low) return false;
      if (first !== 0 || second !== 0) continue;
      words[2 * slot] = high;
      words[2 * slot + 1] = low;
      return true;
    }
  }

  function grow(): void {
    const before = words;
    words = new Uint32Array(2 * before.length);
    for (let at = 0; at < before.length; at += 2) {
      const [high = 0, low = 0] = [before[at], before[at + 1]];
      if (high !== 0 || low !== 0) put(high, low);
    }
  }

  return {
    add(digest) {
      if (4 * count >= 3 * (words.length / 2)) grow();
      const isNew = put(wordOf(digest, 0), wordOf(digest, 11) || 1);
      if (isNew) count += 1;
      return isNew;
    },
  };
}

/** FNV-1a (Fowler, Noll, Vo) over eleven characters. */
function wordOf(digest: string, from: number): number {
  let word = 0x811c9dc5;
  for (let at = from; at < from + 11; at += 1) word = Math.imul(word ^ digest.charCodeAt(at), 0x01000193);
  return word >>> 0;
}
