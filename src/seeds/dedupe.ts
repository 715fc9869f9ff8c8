import { createHash } from 'node:crypto';
import { canonicalJson } from '../core/json.js';
import type { RowIdentity, Seed, SeedRow } from './types.js';
import type { SeedNote } from '../core/events.js';

/** A fingerprint of a row, small even for a large row. */
interface Fingerprint {
  readonly entry: number;
  readonly row: number;
  readonly id: string | undefined;
  readonly source: string;
  /** Hashes of the first 1, 2, … parts: the last hash of a shorter copy is one of these. */
  readonly chain: readonly bigint[];
}

/**
 * Leaves out the copies that resuming, forking and checkpoints create: of a conversation and its beginnings only the
 * longest stays. Every row gets a chain of hashes, one for each prefix of its parts (each hash covers the one
 * before), so that a row is a copy when its last hash occurs in the chain of a longer row, or when it has the same
 * id. Reads every entry once to compare; memory holds 8 bytes per part. A copy is counted as filtered, with the file
 * of the longer row.
 */
export async function dedupeSeed(seed: Seed, identify: (row: SeedRow) => RowIdentity): Promise<Seed> {
  const prints: Fingerprint[] = [];
  for (let entry = 0; entry < seed.entryCount; entry++) {
    const { rows } = await seed.read(entry);
    rows.forEach((row, index) => prints.push(fingerprint(row, entry, index, identify(row))));
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

/** From the longest to the shortest: a row that equals a longer one or its beginning is a copy. */
function findCopies(prints: readonly Fingerprint[]): ReadonlyMap<string, SeedNote> {
  const copies = new Map<string, SeedNote>();
  const byId = new Map<string, Fingerprint>();
  const byHash = new Map<bigint, Fingerprint>();
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

function fingerprint(row: SeedRow, entry: number, index: number, { id, parts }: RowIdentity): Fingerprint {
  let before = 0n;
  const chain = parts.map((part) => {
    const digest = createHash('sha256').update(before.toString(36)).update(canonicalJson(part)).digest();
    before = digest.readBigUInt64BE();
    return before;
  });
  return { entry, row: index, id, source: String(row['source_path'] ?? id ?? ''), chain };
}

const key = (entry: number, row: number): string => `${entry}:${row}`;
