import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { createRandom } from '../core/random.js';
import { err, ok, type Result } from '../core/result.js';
import { lastAtMost } from './last-at-most.js';
import type { Seed, SeedRow } from './types.js';
import type { IndexRange, PartitionBlock } from '../core/config.js';
import type { SeedNote } from '../core/events.js';

/** Which rows of a seed to take, and in which order. All numbers count rows, not files. */
export interface Choice {
  readonly sampling: 'ordered' | 'shuffle';
  /** Drives the shuffle: the same number gives the same order. */
  readonly seed: number;
  /** Only these rows, counted in the seed's own order; all of them when left out. */
  readonly selection?: IndexRange | PartitionBlock | undefined;
  /** So many rows are there at all, by repeating the seed with `cycle`; the selection is cut out of these. */
  readonly head?: number | undefined;
  /** At most this many rows. */
  readonly limit?: number | undefined;
  /** Where the limit is beyond the rows, take them again from the first one, as often as it needs. */
  readonly cycle?: boolean | undefined;
  /** Called with every row of the whole seed, in its own order, when rows are counted before they are chosen. */
  readonly onCounted?: (row: SeedRow) => void;
}

/** A row with its position in the whole seed. */
export interface ChosenRow {
  readonly position: number;
  /** How often all chosen rows came before: 0 for the first time, more only with `cycle`. */
  readonly cycle: number;
  readonly row: SeedRow;
}

export interface ChosenRows {
  /** Rows of the whole seed; `undefined` when they did not have to be counted. */
  readonly total: number | undefined;
  /** The number of chosen rows; `undefined` when it is not known before they are read. */
  readonly count: number | undefined;
  /** Reads lazily, one entry at a time. Can be called again. */
  rows(): AsyncIterable<SeedRow>;
  /** The same rows with their positions. */
  positioned(): AsyncIterable<ChosenRow>;
}

/** A selection that does not fit this seed. */
export interface SelectionError {
  readonly message: string;
  readonly hint?: string;
}

/**
 * Chooses rows in three steps: the selection (a range, or one block of a partition) is cut out of the seed's own
 * order, then shuffled if the recipe says so, then repeated and limited. So the blocks of a partition are disjoint, cover all
 * rows and differ by one row at most, and a larger limit only adds rows. The shuffle is a Fisher-Yates shuffle with
 * a seeded generator (xoroshiro128+), carried out only as far as the limit; each cycle has an order of its own.
 *
 * Without shuffle and selection nothing is read in advance. Otherwise every entry is read once to count its rows,
 * and again when one of its rows is needed: memory holds counts, never rows.
 *
 * @param onNote gets the notes of every entry that is read, once each; not those of `seed.notes`
 */
export async function chooseRows(
  seed: Seed,
  {
    sampling,
    seed: randomSeed,
    selection,
    head = Infinity,
    limit = Infinity,
    cycle = false,
    onCounted,
  }: Choice,
  onNote: (note: SeedNote) => void,
): Promise<Result<ChosenRows, SelectionError>> {
  const reader = createReader(seed, onNote);
  if (sampling === 'ordered' && selection === undefined) {
    const positioned = (): AsyncIterable<ChosenRow> => inOrder(reader, seed.entryCount, limit, cycle);
    return ok({ total: undefined, count: undefined, positioned, rows: () => withoutPosition(positioned()) });
  }
  const starts = await countRows(reader, seed.entryCount, onCounted);
  const total = starts.at(-1) ?? 0;
  const isRepeated = cycle && total > 0 && head !== Infinity;
  const block = blockOf(selection, isRepeated ? head : Math.min(total, head));
  if (!block.ok) return block;
  const { start, size } = block.value;
  const isCycled = cycle && size > 0 && limit !== Infinity;
  const count = isCycled ? limit : Math.min(size, limit);
  const orderOf = (turn: number): Uint32Array | undefined =>
    sampling === 'shuffle'
      ? shuffledPrefix(size, Math.min(size, count - turn * size), seedOfTurn(randomSeed, turn))
      : undefined;
  const rounds = isRepeated ? Math.max(1, Math.ceil(head / total)) : 1;
  const gone = new Set<number>();
  function noteGone(entry: number, position: number): void {
    if (!gone.has(position))
      onNote({ kind: 'filtered', source: `file ${entry + 1}`, reason: GONE, count: 1 });
    gone.add(position);
  }
  const positioned = (): AsyncIterable<ChosenRow> =>
    byPosition(reader, noteGone, starts, placesOf({ start, size }, { total, rounds, count, orderOf }));
  return ok({ total, count, positioned, rows: () => withoutPosition(positioned()) });
}

async function* withoutPosition(rows: AsyncIterable<ChosenRow>): AsyncGenerator<SeedRow> {
  for await (const { row } of rows) yield row;
}

/** Reads entries, and reports the notes of each only the first time. */
type Reader = (entry: number) => Promise<readonly SeedRow[]>;

function createReader(seed: Seed, onNote: (note: SeedNote) => void): Reader {
  const reported = new Set<number>();
  return async (entry) => {
    const { rows, notes } = await seed.read(entry);
    if (!reported.has(entry)) for (const note of notes) onNote(note);
    reported.add(entry);
    return rows;
  };
}

async function* inOrder(
  reader: Reader,
  entryCount: number,
  limit: number,
  isCycled: boolean,
): AsyncIterable<ChosenRow> {
  let left = limit;
  for (let cycle = 0; ; cycle += 1) {
    let position = 0;
    for (let entry = 0; entry < entryCount && left > 0; entry += 1) {
      const rows = await reader(entry);
      for (const row of rows.slice(0, left)) yield { position: position++, cycle, row };
      left -= rows.length;
    }
    if (!isCycled || position === 0 || left <= 0 || limit === Infinity) return;
  }
}

type Place = Omit<ChosenRow, 'row'>;

interface Repetition {
  /** Rows of the seed. */
  readonly total: number;
  /** How often a turn goes through the seed. */
  readonly rounds: number;
  readonly count: number;
  readonly orderOf: (turn: number) => Uint32Array | undefined;
}

/** The places of chosen rows: turn after turn through the block, each in its order, up to the count. */
function* placesOf({ start, size }: Block, { total, rounds, count, orderOf }: Repetition): Generator<Place> {
  for (let turn = 0; turn * size < count; turn += 1) {
    const order = orderOf(turn);
    const end = Math.min(size, count - turn * size);
    for (let nth = 0; nth < end; nth += 1) {
      // Beyond the seed's last row, its first one comes again.
      const place = start + (order?.[nth] ?? nth);
      yield { position: place % total, cycle: Math.floor(place / total) + turn * rounds };
    }
  }
}

/** The first turn has the order of a run without `cycle`. */
const seedOfTurn = (seed: number, turn: number): number =>
  turn === 0 ? seed : Math.floor(createRandom(seed, 'order of turn', turn)() * 2 ** 32);

/** The position of the first row of every entry, then the number of all rows. */
async function countRows(
  reader: Reader,
  entryCount: number,
  onCounted?: (row: SeedRow) => void,
): Promise<readonly number[]> {
  const starts = [0];
  let total = 0;
  for (let entry = 0; entry < entryCount; entry += 1) {
    const rows = await reader(entry);
    if (onCounted) rows.forEach(onCounted);
    total += rows.length;
    starts.push(total);
  }
  return starts;
}

interface Block {
  readonly start: number;
  readonly size: number;
}

function blockOf(selection: Choice['selection'], total: number): Result<Block, SelectionError> {
  if (selection === undefined) return ok({ start: 0, size: total });
  return 'start' in selection ? rangeBlock(selection, total) : partitionBlock(selection, total);
}

function rangeBlock({ start, end }: IndexRange, total: number): Result<Block, SelectionError> {
  if (isCount(start) && isCount(end) && start <= end && end < total)
    return ok({ start, size: end - start + 1 });
  if (start > end)
    return err({
      message: `rows ${start} to ${end} were asked for`,
      hint: '`start` comes before `end`; both rows are taken',
    });
  const hint = total > 0 ? `rows are counted from 0; the last one is ${total - 1}` : undefined;
  return err({
    message: `rows ${start} to ${end} were asked for, but the seed has ${rowsInWords(total)}`,
    ...(hint !== undefined && { hint }),
  });
}

function partitionBlock(
  { index, num_partitions: partitions }: PartitionBlock,
  total: number,
): Result<Block, SelectionError> {
  if (!isCount(index) || !isCount(partitions) || index >= partitions) {
    return err({
      message: `there is no partition ${index} of ${partitions}`,
      hint: 'partitions are counted from 0',
    });
  }
  if (partitions > total) {
    return err({
      message: `${partitions} partitions were asked for, but the seed has ${rowsInWords(total)}`,
      hint: 'a partition must have at least one row',
    });
  }
  const start = index * Math.floor(total / partitions) + Math.min(index, total % partitions);
  return ok({ start, size: shareOf(total, { index, num_partitions: partitions }) });
}

/** The size of a partition: the first `total % num_partitions` have one row more. */
export function shareOf(total: number, { index, num_partitions: partitions }: PartitionBlock): number {
  return Math.floor(total / partitions) + (index < total % partitions ? 1 : 0);
}

function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}

function rowsInWords(total: number): string {
  return total === 1 ? '1 row' : `${total} rows`;
}

/** The first `count` positions of a random order of 0 to `size - 1` (Fisher-Yates, from the front). */
function shuffledPrefix(size: number, count: number, seed: number): Uint32Array {
  const random = xoroshiro128plus(seed);
  const order = Uint32Array.from({ length: size }, (_, position) => position);
  for (let nth = 0; nth < count; nth += 1) {
    const other = uniformInt(random, nth, size - 1);
    const picked = order[other] ?? other;
    order[other] = order[nth] ?? nth;
    order[nth] = picked;
  }
  return order;
}

const GONE = 'a row was there when the rows were counted, and is gone now';

async function* byPosition(
  reader: Reader,
  onGone: (entry: number, position: number) => void,
  starts: readonly number[],
  places: Iterable<Place>,
): AsyncIterable<ChosenRow> {
  let held: { readonly entry: number; readonly rows: readonly SeedRow[] } | undefined;
  for (const { position, cycle } of places) {
    const entry = lastAtMost(starts, position);
    if (held?.entry !== entry) held = { entry, rows: await reader(entry) };
    const row = held.rows[position - (starts[entry] ?? 0)];
    if (row !== undefined) yield { position, cycle, row };
    else onGone(entry, position);
  }
}
