import { createHash } from 'node:crypto';
import { canonicalJson } from '../core/json.js';
import type { RowIdentity, Seed, SeedRow } from './types.js';
import type { SeedNote } from '../core/events.js';

/** A row as far as finding copies needs it: small, whatever the row. */
interface Print {
  readonly entry: number;
  readonly row: number;
  readonly id: string | undefined;
  readonly source: string;
  /** Hash of the first n parts, for n from 1 to all: a copy that was broken off ends in one of these. */
  readonly chain: readonly bigint[];
}

/**
 * The seed without the shorter copies that resuming, forking and checkpoints leave behind; each one left out
 * is counted as filtered, with the file that holds the longer one. Reads every entry once to compare.
 */
export async function dedupeSeed(seed: Seed, identify: (row: SeedRow) => RowIdentity): Promise<Seed> {
  const prints: Print[] = [];
  for (let entry = 0; entry < seed.entryCount; entry++) {
    const { rows } = await seed.read(entry);
    rows.forEach((row, index) => prints.push(printOf(row, entry, index, identify(row))));
  }
  const copies = findCopies(prints);
  return {
    ...seed,
    async read(entry) {
      const { rows, notes } = await seed.read(entry);
      const left = rows.map((_, index) => copies.get(key(entry, index)));
      return {
        rows: rows.filter((_, index) => left[index] === undefined),
        notes: [...notes, ...left.filter((note) => note !== undefined)],
      };
    },
  };
}

/** Goes from the longest to the shortest: whatever is the same as, or the start of, a longer one is a copy. */
function findCopies(prints: readonly Print[]): ReadonlyMap<string, SeedNote> {
  const copies = new Map<string, SeedNote>();
  const byId = new Map<string, Print>();
  const byHash = new Map<bigint, Print>();
  const longestFirst = prints.toSorted((a, b) => b.chain.length - a.chain.length);
  for (const print of longestFirst) {
    const last = print.chain.at(-1);
    const sameId = print.id === undefined ? undefined : byId.get(print.id);
    const longer = sameId ?? (last === undefined ? undefined : byHash.get(last));
    if (longer) {
      const reason = `a copy of a longer or equal conversation in ${longer.source}`;
      copies.set(key(print.entry, print.row), { kind: 'filtered', source: print.source, reason, count: 1 });
      continue;
    }
    if (print.id !== undefined) byId.set(print.id, print);
    for (const hash of print.chain) byHash.set(hash, print);
  }
  return copies;
}

function printOf(row: SeedRow, entry: number, index: number, { id, parts }: RowIdentity): Print {
  let before = 0n;
  const chain = parts.map((part) => {
    const digest = createHash('sha256').update(before.toString(36)).update(canonicalJson(part)).digest();
    before = digest.readBigUInt64BE();
    return before;
  });
  return { entry, row: index, id, source: String(row['source_path'] ?? id ?? ''), chain };
}

const key = (entry: number, row: number): string => `${entry}:${row}`;
