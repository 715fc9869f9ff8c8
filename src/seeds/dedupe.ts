import { createHash } from 'node:crypto';
import type { Dedupe } from '../core/config.js';
import type { SeedNote } from '../core/events.js';
import { canonicalJson } from '../core/json.js';
import type { RowIdentity, Seed, SeedRow } from './types.js';

/**
 * Leaves out the copies that resuming, forking and checkpoints create: the longest conversation stays. Reads every
 * entry once to compare; memory holds 8 bytes per part. A copy is counted as filtered, with the file of the longer
 * row. There are three ways to know a copy:
 *
 * * by its id, if no other row can have it by chance;
 * * by its beginning: every row gets a chain of hashes, one for each prefix of its parts (each hash covers the one
 *   before). A row is a copy when its last hash occurs in the chain of a longer row;
 * * by its content: every part gets a hash, and a row is a copy when a longer row has a share of its parts.
 */
export async function dedupeSeed(
  seed: Seed,
  identify: (row: SeedRow) => RowIdentity,
  dedupe: Dedupe = true,
): Promise<Seed> {
  const finders = findersOf(dedupe);
  const hashing = dedupe === true ? 'chain' : dedupe.by === 'content' ? 'parts' : 'none';
  const prints: Fingerprint[] = [];
  for (let entry = 0; entry < seed.entryCount; entry++) {
    const { rows } = await seed.read(entry);
    rows.forEach((row, index) => {
      const { isIdCommon, ...identity } = identify(row);
      const isCommon = isIdCommon === true && dedupe === true;
      const known = isCommon ? { ...identity, id: undefined } : identity;
      const print = fingerprint(row, entry, index, known, hashing);
      const isAlone = rows.length === 1 || identity.id === undefined;
      prints.push(isAlone ? print : { ...print, source: `${print.source} (${identity.id})` });
    });
  }
  const copies = findCopies(prints, finders);
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

/** A fingerprint of a row, small even for a large row. */
interface Fingerprint {
  readonly entry: number;
  readonly row: number;
  readonly id: string | undefined;
  readonly source: string;
  /** How many parts it has. */
  readonly length: number;
  /** Of the parts, or of the first 1, 2, … parts; none when only the id counts. */
  readonly hashes: readonly bigint[];
}

type Hashing = 'chain' | 'parts' | 'none';

/** Compares rows with the longer ones that were kept. */
interface Finder {
  /** Why a row is left out. */
  find(print: Fingerprint): string | undefined;
  keep(print: Fingerprint): void;
}

function findersOf(dedupe: Dedupe): readonly Finder[] {
  if (dedupe === true) return [byId(), byBeginning()];
  return [dedupe.by === 'trace_id' ? byId() : byContent(dedupe.share ?? 1)];
}

function byId(): Finder {
  const sources = new Map<string, string>();
  return {
    find: ({ id }) => copyOf(id === undefined ? undefined : sources.get(id), 'same id'),
    keep({ id, source }) {
      if (id !== undefined) sources.set(id, source);
    },
  };
}

function byBeginning(): Finder {
  const sources = new Map<bigint, string>();
  return {
    find({ hashes }) {
      const last = hashes.at(-1);
      return copyOf(last === undefined ? undefined : sources.get(last), 'its beginning');
    },
    keep({ hashes, source }) {
      for (const hash of hashes) sources.set(hash, source);
    },
  };
}

const copyOf = (source: string | undefined, how: string): string | undefined =>
  source === undefined ? undefined : `a copy of a longer or equal conversation in ${source} (${how})`;

/** A part that more rows have in common, such as a greeting, says nothing about where it comes from. */
const mostOwners = 100;

function byContent(share: number): Finder {
  const kept: string[] = [];
  const owners = new Map<bigint, number[]>();
  return {
    find({ hashes }) {
      const parts = new Set(hashes);
      const shared = new Map<number, number>();
      for (const part of parts) {
        for (const owner of owners.get(part) ?? []) shared.set(owner, (shared.get(owner) ?? 0) + 1);
      }
      let [best, most] = [-1, 0];
      for (const [owner, count] of shared) if (count > most) [best, most] = [owner, count];
      if (most === 0 || most < share * parts.size) return undefined;
      return `${most} of its ${parts.size} messages are in ${kept[best] ?? ''}`;
    },
    keep({ hashes, source }) {
      const index = kept.push(source) - 1;
      for (const part of new Set(hashes)) {
        const list = owners.get(part);
        if (!list) owners.set(part, [index]);
        else if (list.length < mostOwners) list.push(index);
      }
    },
  };
}

/** From the longest to the shortest, so that of two copies the longer one is kept. */
function findCopies(
  prints: readonly Fingerprint[],
  finders: readonly Finder[],
): ReadonlyMap<string, SeedNote> {
  const copies = new Map<string, SeedNote>();
  const longestFirst = prints.toSorted((a, b) => b.length - a.length);
  for (const print of longestFirst) {
    const reason = finders.map((finder) => finder.find(print)).find((found) => found !== undefined);
    if (reason === undefined) for (const finder of finders) finder.keep(print);
    else
      copies.set(key(print.entry, print.row), { kind: 'filtered', source: print.source, reason, count: 1 });
  }
  return copies;
}

function fingerprint(
  row: SeedRow,
  entry: number,
  index: number,
  { id, parts }: RowIdentity,
  hashing: Hashing,
): Fingerprint {
  let before = 0n;
  const hashed = hashing === 'none' ? [] : parts;
  const hashes = hashed.map((part) => {
    const digest = createHash('sha256')
      .update(hashing === 'chain' ? before.toString(36) : '')
      .update(canonicalJson(part))
      .digest();
    before = digest.readBigUInt64BE();
    return before;
  });
  return {
    entry,
    row: index,
    id,
    source: String(row['source_path'] ?? id ?? ''),
    length: parts.length,
    hashes,
  };
}

const key = (entry: number, row: number): string => `${entry}:${row}`;
