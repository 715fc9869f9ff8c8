/**
 * A hash join: an index from keys to the places of rows is made of every stage but the first, whose rows are then read
 * in order. Memory holds the keys, and the last blocks that were read, never all rows. As in SQL, null equals nothing.
 */
import { canonicalJson } from '../../core/json.js';
import type { Seed, SeedRow } from '../types.js';
import type { RowTable } from './table.js';

export type JoinConfig = {
  readonly on: string | readonly string[];
  readonly how?: 'inner' | 'left';
};

/** Reads the entries of the first table, each row with its partners of the others: in their order, the last table fastest. */
export async function joinTables(
  first: RowTable,
  others: readonly RowTable[],
  { on, how = 'inner' }: JoinConfig,
): Promise<Seed['read']> {
  const keys = [on].flat();
  const lookups: Lookup[] = [];
  for (const table of others) lookups.push(await createLookup(table, keys));
  const named = keys.map((key) => `\`${key}\``).join(', ');

  return async (entry) => {
    const rows: SeedRow[] = [];
    const alone = new Map<string, number>();
    for (const row of await first.read(entry)) {
      let joined: readonly SeedRow[] = [row];
      for (const { stage, find } of lookups) {
        const partners = await find(keyOf(row, keys));
        if (partners.length > 0)
          joined = joined.flatMap((left) => partners.map((right) => ({ ...right, ...left })));
        else if (how === 'inner') {
          joined = [];
          alone.set(stage, (alone.get(stage) ?? 0) + 1);
          break;
        }
      }
      rows.push(...joined);
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
  };
}

interface Lookup {
  readonly stage: string;
  /** The rows with this key, in order. */
  find(key: string | undefined): Promise<readonly SeedRow[]>;
}

/** Where a row is in its table. */
type Place = readonly [entry: number, row: number];

async function createLookup(table: RowTable, keys: readonly string[]): Promise<Lookup> {
  const places = new Map<string, Place[]>();
  for (let entry = 0; entry < table.entryCount; entry += 1)
    for (const [index, row] of (await table.read(entry)).entries()) {
      const key = keyOf(row, keys);
      if (key === undefined) continue;
      const same = places.get(key) ?? [];
      places.set(key, same);
      same.push([entry, index]);
    }
  const read = keepLast(table.read);
  return {
    stage: table.stage,
    async find(key) {
      const rows: SeedRow[] = [];
      for (const [entry, index] of (key === undefined ? undefined : places.get(key)) ?? []) {
        const row = (await read(entry))[index];
        if (row) rows.push(row);
      }
      return rows;
    },
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
