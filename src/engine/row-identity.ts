import { hash } from 'node:crypto';
import { canonicalJson, type Json, type JsonObject } from '../core/json.js';
import type { Plan } from './types.js';

/** The identity of a row for each column, by column name. */
export type SampleNames = ReadonlyMap<string, string>;

/** A seed row with its place in the run. */
export interface NamedSeed {
  readonly index: number;
  readonly seed: JsonObject;
  readonly samples: SampleNames;
}

/**
 * Names rows by what a column can see of them: the values of the seed columns it reads, directly or through
 * others. Rows that look the same to it are numbered in seed order. So a row keeps its answers when rows are
 * appended, shuffled or left out, or when a seed column changes that the column never reads; and equal rows
 * are distinct samples, whatever the order in which their requests go out; so are columns that are the same
 * but for their name.
 *
 * Call the result once per row, in seed order.
 */
export function nameSamples({ columns, recipe }: Plan): (seed: JsonObject) => SampleNames {
  const seen = createSeenDigests();
  /** How often those came again that did. */
  const repeats = new Map<string, number>();
  const countOf = (look: string): number => {
    if (seen.add(look)) return 0;
    const count = (repeats.get(look) ?? 0) + 1;
    repeats.set(look, count);
    return count;
  };
  const twins = numberTwins(recipe.columns);
  return (seed) => {
    const hashes = new Map<string, string>();
    const names = new Map<string, string>();
    const byView = new Map<string, string>();
    for (const { column, seedColumns } of columns) {
      const view = seedColumns.join('\n');
      let name = byView.get(view);
      if (name === undefined) {
        const look = digest(
          seedColumns.map((key) => [key, valueHash(seed, key, hashes)].join(':')).join('\n'),
        );
        name = `${look}#${countOf(look)}`;
        byView.set(view, name);
      }
      const twin = twins.get(column.name) ?? 0;
      names.set(column.name, twin === 0 ? name : `${name}~${twin}`);
    }
    return names;
  };
}

/** Numbers seed rows and names what each column sees of them. */
export async function* nameSeeds(plan: Plan, seeds: AsyncIterable<JsonObject>): AsyncGenerator<NamedSeed> {
  const samplesOf = nameSamples(plan);
  let index = 0;
  for await (const seed of seeds) {
    yield { index, seed, samples: samplesOf(seed) };
    index += 1;
  }
}

/** For each column the number of earlier ones with the very same configuration. */
function numberTwins(configs: Plan['recipe']['columns']): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  return new Map(
    configs.map(({ name, ...config }) => {
      const look = canonicalJson(config as unknown as Json);
      const twin = counts.get(look) ?? 0;
      counts.set(look, twin + 1);
      return [name, twin];
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

/** 128 bits are plenty to tell rows apart. */
function digest(text: string): string {
  return hash('sha256', text, 'base64url').slice(0, 22);
}

/** Which digests have come before. */
interface SeenDigests {
  /** Notes a digest; false when it was noted before. */
  add(digest: string): boolean;
}

const FIRST_SIZE = 1024;

/**
 * Keeps 64 bits of each digest, 11 to 22 bytes with the room between them; a Set of the texts takes over a hundred,
 * and a run may have millions of rows. That any two of a million have the same 64 bits happens to one set of rows
 * in ten million.
 *
 * Digests are texts of at least 22 characters that were made by a cryptographic hash.
 */
export function createSeenDigests(): SeenDigests {
  /** Two words a digest, at or behind the place that the first word gives; none is there where both are 0. */
  let words = new Uint32Array(2 * FIRST_SIZE);
  let count = 0;

  function put(high: number, low: number): boolean {
    const mask = words.length / 2 - 1;
    for (let at = high & mask; ; at = (at + 1) & mask) {
      const [there, below] = [words[2 * at], words[2 * at + 1]];
      if (there === high && below === low) return false;
      if (there !== 0 || below !== 0) continue;
      words[2 * at] = high;
      words[2 * at + 1] = low;
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

/** 32 bits of eleven characters, after Fowler, Noll and Vo. */
function wordOf(digest: string, from: number): number {
  let word = 0x811c9dc5;
  for (let at = from; at < from + 11; at += 1) word = Math.imul(word ^ digest.charCodeAt(at), 0x01000193);
  return word >>> 0;
}
