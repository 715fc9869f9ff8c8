import { isDeepStrictEqual } from 'node:util';
import type { JsonObject } from '../core/json.js';
import type { Seed, SeedContext, SeedType } from '../seeds/types.js';

/**
 * Opens a seed and checks what dd relies on: it has the columns it promised, each entry gives the same rows every
 * time it is read, and an entry can be read in any order. Returns what is wrong, a sentence each; empty when the
 * seed type behaves.
 */
export async function checkSeedType(
  type: SeedType,
  source: JsonObject,
  context: Partial<SeedContext> = {},
): Promise<readonly string[]> {
  const full = { baseDir: '/', env: {}, homeDir: '/nonexistent', ...context };
  const promised = type.columns(source, full.baseDir);
  const opened = await type.open(source, full);
  if (!opened.ok) return [`it could not be opened: ${opened.error.key}: ${opened.error.message}`];
  const seed = opened.value;
  const problems: string[] = [];
  if (!isDeepStrictEqual(promised, seed.columns))
    problems.push('`columns()` promises other columns than the opened seed has');
  const names = new Set(seed.columns.map(({ name }) => name));
  const first = await readAll(seed);
  const again = (await readAll(seed, true)).toReversed();
  for (const [entry, rows] of first.entries()) {
    if (!isDeepStrictEqual(rows, again[entry]))
      problems.push(`entry ${entry} gives other rows when read again`);
    for (const row of rows)
      for (const name of Object.keys(row))
        if (!names.has(name)) problems.push(`entry ${entry} has a value for \`${name}\`, which is no column`);
  }
  return [...new Set(problems)];
}

async function readAll(seed: Seed, isBackwards = false): Promise<readonly (readonly JsonObject[])[]> {
  const read: (readonly JsonObject[])[] = [];
  for (let step = 0; step < seed.entryCount; step += 1)
    read.push((await seed.read(isBackwards ? seed.entryCount - 1 - step : step)).rows);
  return read;
}
