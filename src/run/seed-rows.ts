import { DEFAULTS } from '../core/defaults.js';
import { homedir } from 'node:os';
import { dirname } from 'node:path';
import {
  createRepeatNumbers,
  type PositionedRow,
  type RepeatNumbers,
  type SeedRows,
} from '../engine/row-identity.js';
import type { Plan, PlannedSeed } from '../engine/types.js';
import { canonicalJson, type JsonObject } from '../core/json.js';
import { err, ok, type Result } from '../core/result.js';
import { dedupeSeed } from '../seeds/dedupe.js';
import { entriesOfRows } from '../seeds/entries.js';
import { groupColumns, groupSeed, isGrouped } from '../seeds/group.js';
import { createRedactor } from '../redact/index.js';
import { redactSeed } from '../seeds/redact-seed.js';
import { chooseRows, type ChosenRows } from '../seeds/select.js';
import { filterSeed } from '../seeds/where.js';
import type { RunProblem } from './problem.js';
import type { RowIdentity, Seed, SeedContext } from '../seeds/types.js';
import type { PartitionBlock, SeedConfig } from '../core/config.js';
import type { SeedNote } from '../core/events.js';

/** Which rows of a seed to take: all of them, in order, where nothing else is said. */
export interface RowSelection {
  /** At most this many. */
  readonly limit?: number | undefined;
  /** The rows of the whole run, before a partition is cut out of them. */
  readonly total?: number | undefined;
  /** Without a seed, or with `cycle`, there is no end: the reader stops when it has enough. */
  readonly isEndless?: boolean;
  /** Shuffle before taking them. Default: the recipe's `sampling_strategy`. */
  readonly shuffle?: boolean;
  /** Seed of every random choice. Default: the recipe's. */
  readonly seed?: number | undefined;
  /** One block of the rows, in place of the recipe's `selection_strategy`. */
  readonly partition?: PartitionBlock | undefined;
}

export interface RowsRequest {
  readonly rows?: RowSelection | undefined;
  readonly env: SeedContext['env'];
  readonly onNote?: (note: SeedNote) => void;
}

export interface OpenedRows {
  /** Can be read several times. */
  readonly rows: SeedRows;
  /** How many there are, where that is known before they are read. */
  readonly count: number | undefined;
  /** The count, or an estimate from the rows read so far. */
  expected(): number;
}

/** Opens the plan's seed and selects its rows; a recipe without a seed gets empty rows. */
export async function openRows(
  plan: Plan,
  {
    rows: {
      limit: most,
      total,
      isEndless = false,
      shuffle = false,
      seed: randomSeed = plan.randomSeed,
      partition,
    } = {},
    env,
    onNote = () => undefined,
  }: RowsRequest,
): Promise<Result<OpenedRows, RunProblem>> {
  if (!plan.seed && isEndless) return ok(endlessRows(partition));
  if (!plan.seed) return openEmptyRows(plan, most ?? total ?? DEFAULTS.seedless_rows, partition);
  const { config, type } = plan.seed;
  const end = isEndless && config.cycle === true ? Number.MAX_SAFE_INTEGER : undefined;
  const limit = most ?? (partition ? undefined : total) ?? end;
  const context = { baseDir: dirname(plan.file), env, homeDir: homedir() };
  const opened = await type.open(config.source, context);
  if (!opened.ok) return err({ ...opened.error, at: ['seed_config', 'source', opened.error.key] });
  for (const note of opened.value.notes) onNote(note);

  const missing = missingColumn(opened.value, config);
  if (missing) return err(missing);

  const { seed, guess } = guessingSeed(await wantedRows(opened.value, plan.seed, randomSeed, onNote));
  const repeats = createRepeatNumbers(plan);
  const chosen = await chooseRows(
    seed,
    {
      sampling: shuffle ? 'shuffle' : (config.sampling_strategy ?? 'ordered'),
      seed: randomSeed,
      selection: partition ?? config.selection_strategy ?? undefined,
      limit,
      ...(partition && { head: total }),
      cycle: config.cycle,
      onCounted: repeats.add,
    },
    onNote,
  );
  if (!chosen.ok)
    return err(partition ? chosen.error : { ...chosen.error, at: ['seed_config', 'selection_strategy'] });
  const { count } = chosen.value;
  const isCycled = config.cycle === true && limit !== undefined;
  const expected = (): number => count ?? (isCycled ? limit : Math.min(guess(), limit ?? Infinity));
  return ok({ rows: readAgain(chosen.value, repeats), count, expected });
}

/** Empty rows without an end. Those of partitions take turns, so that each has rows, and numbers, of its own. */
function endlessRows({ index, num_partitions: partitions }: PartitionBlock = ALL_ROWS): OpenedRows {
  async function* positioned(): AsyncGenerator<PositionedRow> {
    for (let position = index; ; position += partitions) yield { position, cycle: 0, row: {} };
  }
  async function* rows(): AsyncGenerator<JsonObject> {
    for (;;) yield {};
  }
  const cut = {
    repeats: { at: (position: number) => [position], totals: () => [] },
    positioned: again(positioned),
  };
  return { rows: { ...again(rows), cut }, count: undefined, expected: () => Infinity };
}

const ALL_ROWS: PartitionBlock = { index: 0, num_partitions: 1 };

/** Empty rows of a recipe without a seed. A partition is one block of them, as of a seed's rows. */
async function openEmptyRows(
  plan: Plan,
  rows: number,
  partition: PartitionBlock | undefined,
): Promise<Result<OpenedRows, RunProblem>> {
  const seed: Seed = { columns: [], notes: [], ...entriesOfRows(rows, () => ({})) };
  const repeats = createRepeatNumbers(plan);
  const choice = { sampling: 'ordered', seed: 0, selection: partition, onCounted: repeats.add } as const;
  const chosen = await chooseRows(seed, choice, () => undefined);
  if (!chosen.ok) return chosen;
  const count = chosen.value.count ?? rows;
  return ok({ rows: readAgain(chosen.value, repeats), count, expected: () => count });
}

/** Rows that can be read several times. Equal rows were counted over the whole seed if there is a total. */
function readAgain({ rows, positioned, total }: ChosenRows, repeats: RepeatNumbers): SeedRows {
  return {
    ...again(rows),
    ...(total !== undefined && { cut: { repeats, positioned: again(positioned) } }),
  };
}

const again = <T>(iterate: () => AsyncIterable<T>): AsyncIterable<T> => ({
  [Symbol.asyncIterator]: () => iterate()[Symbol.asyncIterator](),
});

/** Columns that are not known before the seed is opened are not checked with the recipe. */
function missingColumn({ columns }: Seed, config: SeedConfig): RunProblem | undefined {
  const missing = groupColumns(config).find((name) => columns.every((column) => column.name !== name));
  if (missing === undefined) return undefined;
  return { message: `the seed has no column \`${missing}\``, at: ['seed_config', 'group_by'] };
}

/**
 * Removes duplicates, then redacts secrets, then applies the conditions, which only see redacted rows; then makes
 * records of several rows.
 */
async function wantedRows(
  seed: Seed,
  { config, type, where }: PlannedSeed,
  randomSeed: number,
  onNote: (note: SeedNote) => void,
): Promise<Seed> {
  const { dedupe = false } = config;
  const unique = dedupe === false ? seed : await dedupeSeed(seed, type.identify ?? wholeRow, dedupe);
  const redact = config.redact ?? type.redact ?? false;
  const clean =
    redact === false ? unique : redactSeed(unique, await createRedactor(redact === true ? {} : redact));
  const wanted = where ? filterSeed(clean, where, randomSeed) : clean;
  return isGrouped(config) ? groupSeed(wanted, config, onNote) : wanted;
}

/** A seed with an estimate of its rows: the average of the entries read so far, times all entries; one each at first. */
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
