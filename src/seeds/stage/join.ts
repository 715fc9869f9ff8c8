/**
 * A hash join: an index from keys to the places of rows is made of every stage but the first, whose rows are then read
 * in order. Memory holds the keys, and the last blocks that were read, never all rows, nor all that a block becomes where
 * keys are frequent. As in SQL, null equals nothing.
 */
import { canonicalJson } from '../../core/json.js';
import type { Seed, SeedRow } from '../types.js';
import type { RowTable } from './table.js';

export type JoinConfig = {
  readonly on: string | readonly string[];
  readonly how?: 'inner' | 'left';
};

/**
 * The entries of the first table, each row with its partners of the others: in their order, the last table fastest.
 * Where keys are so frequent that an entry would become too many rows, it is read in several.
 */
export async function joinTables(
  first: RowTable,
  others: readonly RowTable[],
  { on, how = 'inner' }: JoinConfig,
): Promise<Pick<Seed, 'entryCount' | 'read'>> {
  const keys = [on].flat();
  const lookups: Lookup[] = [];
  for (const table of others) lookups.push(await createLookup(table, keys));
  const named = keys.map((key) => `\`${key}\``).join(', ');
  const productOf = (row: SeedRow): Product => {
    const key = keyOf(row, keys);
    const partners = lookups.map(({ find }) => find(key));
    const missing = how === 'inner' ? partners.findIndex(({ length }) => length === 0) : -1;
    if (missing !== -1) return { size: 0, partners: [], alone: lookups[missing]?.stage };
    return { size: partners.reduce((size, { length }) => size * Math.max(1, length), 1), partners };
  };
  const most = lookups.reduce((product, { mostEqual }) => product * Math.max(1, mostEqual), 1);
  const cuts = most <= FEW_PARTNERS ? undefined : await cutEntries(first, productOf);

  return {
    entryCount: cuts?.length ?? first.entryCount,
    async read(entry) {
      const { of, from, to } = cuts?.[entry] ?? { of: entry, from: 0, to: Infinity };
      const rows: SeedRow[] = [];
      const alone = new Map<string, number>();
      let at = 0;
      for (const row of await first.read(of)) {
        const product = productOf(row);
        if (product.alone !== undefined && at >= from)
          alone.set(product.alone, (alone.get(product.alone) ?? 0) + 1);
        for (let index = Math.max(0, from - at); index < Math.min(product.size, to - at); index += 1)
          rows.push(await rowAt(row, product.partners, index, lookups));
        at += product.size;
        if (at >= to) break;
      }
      return {
        rows,
        notes: Array.from(alone, ([stage, count]) => ({
          kind: 'filtered',
          source: first.stage,
          reason: `no row of stage \`${stage}\` with the same ${named}`,
          count,
        })),
      };
    },
  };
}

/** What a row of the first table becomes: one row for each combination of partners. */
interface Product {
  readonly size: number;
  /** Of each other table. */
  readonly partners: readonly (readonly Place[])[];
  /** The stage that has no partner for it, so that there is no row. */
  readonly alone?: string | undefined;
}

/** A part of the rows that an entry of the first table becomes. */
interface Cut {
  readonly of: number;
  readonly from: number;
  readonly to: number;
}

/** An entry has at most 500 rows of the first table: with so few partners, they are made at once. */
const FEW_PARTNERS = 10;

/** Rows of a part. */
const MOST_ROWS = 5000;

async function cutEntries(first: RowTable, productOf: (row: SeedRow) => Product): Promise<readonly Cut[]> {
  const cuts: Cut[] = [];
  for (let of = 0; of < first.entryCount; of += 1) {
    const sizes = (await first.read(of)).map((row) => productOf(row).size);
    const all = sizes.reduce((sum, size) => sum + size, 0);
    let from = 0;
    do {
      const to = from + MOST_ROWS;
      cuts.push({ of, from, to: to >= all ? Infinity : to });
      from = to;
    } while (from < all);
  }
  return cuts;
}

/** The combination of partners with this number: the digits of a number whose bases are how many partners there are. */
async function rowAt(
  row: SeedRow,
  partners: Product['partners'],
  index: number,
  lookups: readonly Lookup[],
): Promise<SeedRow> {
  const places: (Place | undefined)[] = [];
  let rest = index;
  for (const own of partners.toReversed()) {
    const base = Math.max(1, own.length);
    places.unshift(own[rest % base]);
    rest = Math.floor(rest / base);
  }
  let joined = row;
  for (const [table, place] of places.entries())
    if (place) joined = { ...(await lookups[table]?.read(place)), ...joined };
  return joined;
}

interface Lookup {
  readonly stage: string;
  /** The most rows with one key. */
  readonly mostEqual: number;
  /** Where the rows with this key are, in order. */
  find(key: string | undefined): readonly Place[];
  read(place: Place): Promise<SeedRow | undefined>;
}

/** Where a row is in its table. */
type Place = readonly [entry: number, row: number];

async function createLookup(table: RowTable, keys: readonly string[]): Promise<Lookup> {
  const places = new Map<string, Place[]>();
  let mostEqual = 0;
  for (let entry = 0; entry < table.entryCount; entry += 1)
    for (const [index, row] of (await table.read(entry)).entries()) {
      const key = keyOf(row, keys);
      if (key === undefined) continue;
      const same = places.get(key) ?? [];
      places.set(key, same);
      same.push([entry, index]);
      mostEqual = Math.max(mostEqual, same.length);
    }
  const read = keepLast(table.read);
  return {
    stage: table.stage,
    mostEqual,
    find: (key) => (key === undefined ? undefined : places.get(key)) ?? [],
    read: async ([entry, row]) => (await read(entry))[row],
  };
}

function keyOf(row: SeedRow, keys: readonly string[]): string | undefined {
  const values = keys.map((key) => row[key] ?? null);
  return values.includes(null) ? undefined : canonicalJson(values);
}

/** Blocks of 500 rows that stay in memory. */
const MOST_KEPT = 64;

/** Keeps the entries that were read last: partners of neighbours are often neighbours. */
function keepLast(read: RowTable['read']): RowTable['read'] {
  const kept = new Map<number, Promise<readonly SeedRow[]>>();
  return (entry) => {
    const found = kept.get(entry) ?? read(entry);
    kept.delete(entry);
    kept.set(entry, found);
    const [oldest] = kept.keys();
    if (kept.size > MOST_KEPT && oldest !== undefined) kept.delete(oldest);
    return found;
  };
}
