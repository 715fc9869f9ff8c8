import { DEFAULTS } from '../core/defaults.js';
import { homedir } from 'node:os';
import { dirname } from 'node:path';
import type { Plan, PlannedSeed } from '../engine/types.js';
import { canonicalJson, type JsonObject } from '../core/json.js';
import { err, ok, type Result } from '../core/result.js';
import { dedupeSeed } from '../seeds/dedupe.js';
import { createRedactor, redactSeed } from '../redact/index.js';
import { chooseRows } from '../seeds/select.js';
import { filterSeed } from '../seeds/where.js';
import type { RunProblem } from './problem.js';
import type { RowIdentity, Seed, SeedContext } from '../seeds/types.js';
import type { PartitionBlock } from '../core/config.js';
import type { SeedNote } from '../core/events.js';

export interface RowsRequest {
  readonly limit: number | undefined;
  readonly shuffle: boolean;
  readonly seed: number;
  /** Goes before the recipe's own `selection_strategy`. */
  readonly partition: PartitionBlock | undefined;
  readonly env: SeedContext['env'];
  readonly onNote: (note: SeedNote) => void;
}

export interface OpenedRows {
  /** Each time from the first one on. */
  readonly rows: AsyncIterable<JsonObject>;
  /** How many there will be, where that is known before they are read. */
  readonly count: number | undefined;
  /** The best guess where it is not known: what has been read so far tells what the rest will give. */
  expected(): number;
}

/** Opens the plan's seed and chooses its rows; a recipe without a seed gets empty ones. */
export async function openRows(plan: Plan, request: RowsRequest): Promise<Result<OpenedRows, RunProblem>> {
  if (!plan.seed) {
    const count = request.limit ?? DEFAULTS.seedless_rows;
    return ok({ rows: again(() => emptyRows(count)), count, expected: () => count });
  }
  const { config, type } = plan.seed;
  const context = { baseDir: dirname(plan.file), env: request.env, homeDir: homedir() };
  const opened = await type.open(config.source, context);
  if (!opened.ok) return err({ ...opened.error, at: ['seed_config', 'source', opened.error.key] });
  for (const note of opened.value.notes) request.onNote(note);

  const { seed, guess } = guessingSeed(await wantedRows(opened.value, plan.seed));
  const chosen = await chooseRows(
    seed,
    {
      sampling: request.shuffle ? 'shuffle' : (config.sampling_strategy ?? 'ordered'),
      seed: request.seed,
      selection: request.partition ?? config.selection_strategy ?? undefined,
      limit: request.limit,
    },
    request.onNote,
  );
  if (!chosen.ok)
    return err(
      request.partition ? chosen.error : { ...chosen.error, at: ['seed_config', 'selection_strategy'] },
    );
  const { count } = chosen.value;
  const expected = (): number => count ?? Math.min(guess(), request.limit ?? Number.POSITIVE_INFINITY);
  return ok({ rows: again(chosen.value.rows), count, expected });
}

function again<T>(iterate: () => AsyncIterable<T>): AsyncIterable<T> {
  return { [Symbol.asyncIterator]: () => iterate()[Symbol.asyncIterator]() };
}

/**
 * Copies are left out first: what is left stands for all of them. Then secrets are replaced, before anything
 * else sees a row; then conditions are asked.
 */
async function wantedRows(seed: Seed, { config, type, where }: PlannedSeed): Promise<Seed> {
  const unique = config.dedupe === true ? await dedupeSeed(seed, type.identify ?? wholeRow) : seed;
  const redact = config.redact ?? type.redact ?? false;
  const clean =
    redact === false ? unique : redactSeed(unique, await createRedactor(redact === true ? {} : redact));
  return where ? filterSeed(clean, where) : clean;
}

/** A seed, and how many rows it will give if all its entries are like those that were read. One each at first. */
function guessingSeed(seed: Seed): { readonly seed: Seed; guess(): number } {
  const counted = new Set<number>();
  let rows = 0;
  return {
    seed: {
      ...seed,
      async read(entry) {
        const found = await seed.read(entry);
        if (!counted.has(entry)) rows += found.rows.length;
        counted.add(entry);
        return found;
      },
    },
    guess: () => (counted.size === 0 ? seed.entryCount : Math.round((seed.entryCount * rows) / counted.size)),
  };
}

const wholeRow = (row: JsonObject): RowIdentity => ({ id: canonicalJson(row), parts: [] });

async function* emptyRows(count: number): AsyncGenerator<JsonObject> {
  for (let row = 0; row < count; row++) yield {};
}
