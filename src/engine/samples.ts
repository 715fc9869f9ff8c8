import { hash } from 'node:crypto';
import { canonicalJson, type Json, type JsonObject } from '../json.js';
import { createSeenDigests } from './seen-digests.js';
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
