/**
 * Several rows of a seed as one record: those with equal values (`group_by`), or a window that slides over consecutive
 * rows, inside each group when both are asked for.
 *
 * One pass over the seed keeps a position, a size and a group number of each row (12 bytes), and no values. The rows of a
 * record are read again when it is read. Records that are read in their order are read in batches, so that each entry of
 * the seed is read once for a batch, however its groups are mixed.
 */
import { hash } from 'node:crypto';
import type { SeedConfig } from '../core/config.js';
import type { SeedNote } from '../core/events.js';
import { canonicalJson, type Json, type JsonSchema } from '../core/json.js';
import { lastAtMost } from './last-at-most.js';
import type { Seed, SeedColumn, SeedRow } from './types.js';

export type Grouping = Pick<SeedConfig, 'group_by' | 'window'>;

/** The columns that records have beside those they are grouped by. */
export const RECORD_COLUMNS = ['rows', 'row_count'] as const;

export const isGrouped = ({ group_by: by, window }: Grouping): boolean =>
  by !== undefined || window !== undefined;

export const groupColumns = ({ group_by: by }: Grouping): readonly string[] =>
  by === undefined ? [] : [by].flat();

/** The columns of records: those of the groups, then `rows` and `row_count`. */
export function recordColumns(columns: readonly SeedColumn[], grouping: Grouping): readonly SeedColumn[] {
  const by = new Set(groupColumns(grouping));
  const names = columns.map(({ name }) => name);
  const row: JsonSchema = {
    type: 'object',
    properties: Object.fromEntries(columns.map(({ name, schema }) => [name, schema])),
    required: names,
    additionalProperties: false,
  };
  return [
    ...columns.filter(({ name }) => by.has(name)),
    { name: 'rows', schema: { type: 'array', minItems: 1, items: row } },
    { name: 'row_count', schema: { type: 'integer', minimum: 1 } },
  ];
}

/**
 * A seed of records, one an entry, in the order of the first row of their groups. The last window of a group may be
 * short; none is a part of the one before.
 *
 * @param onNote gets the notes of the seed's entries, once each; those of the result have none
 */
export async function groupSeed(
  seed: Seed,
  grouping: Grouping,
  onNote: (note: SeedNote) => void,
): Promise<Seed> {
  const by = groupColumns(grouping);
  const index = await indexRows(seed, by, onNote);
  const records = createRecords(index, grouping.window);
  const read = createRecordReader(seed, index, records);
  return {
    columns: recordColumns(seed.columns, grouping),
    entryCount: records.count,
    notes: seed.notes,
    async read(entry) {
      const rows = await read(entry);
      const [first] = rows;
      if (!first) return { rows: [], notes: [] };
      const shared = Object.fromEntries(by.map((name) => [name, first[name] ?? null]));
      return { rows: [{ ...shared, rows, row_count: rows.length }], notes: [] };
    },
  };
}

/** Where the rows are. A position counts the rows of the whole seed. */
interface RowIndex {
  /** The position of the first row of every entry, then the number of all rows. */
  readonly starts: readonly number[];
  /** The length of each row as JSON, by position. */
  readonly sizes: Uint32Array;
  /** The positions, group after group, in order. */
  readonly order: Uint32Array;
  /** Where each group begins in `order`, then its length. */
  readonly groups: readonly number[];
}

async function indexRows(
  seed: Seed,
  by: readonly string[],
  onNote: (note: SeedNote) => void,
): Promise<RowIndex> {
  const starts = [0];
  const sizes = growingNumbers();
  const groupOf = growingNumbers();
  const numbers = new Map<string, number>();
  const counts: number[] = [];
  for (let entry = 0; entry < seed.entryCount; entry += 1) {
    const { rows, notes } = await seed.read(entry);
    notes.forEach(onNote);
    for (const row of rows) {
      const key = by.length === 0 ? '' : keyOf(row, by);
      const group = numbers.get(key) ?? numbers.size;
      numbers.set(key, group);
      counts[group] = (counts[group] ?? 0) + 1;
      groupOf.add(group);
      sizes.add(JSON.stringify(row).length);
    }
    starts.push((starts.at(-1) ?? 0) + rows.length);
  }
  const groups = [0];
  for (const count of counts) groups.push((groups.at(-1) ?? 0) + count);
  return { starts, sizes: sizes.all(), order: sortedByGroup(groupOf.all(), groups), groups };
}

function keyOf(row: SeedRow, by: readonly string[]): string {
  const values: Json = by.map((name) => row[name] ?? null);
  return hash('sha256', canonicalJson(values), 'base64url').slice(0, 22);
}

/** The positions in the order of their groups, and in their own within each (a counting sort). */
function sortedByGroup(groupOf: Uint32Array, groups: readonly number[]): Uint32Array {
  const next = Uint32Array.from(groups);
  const order = new Uint32Array(groupOf.length);
  for (const [position, group] of groupOf.entries()) {
    const at = next[group] ?? 0;
    order[at] = position;
    next[group] = at + 1;
  }
  return order;
}

interface Records {
  readonly count: number;
  /** The positions of the rows of a record. */
  positions(record: number): Uint32Array;
}

function createRecords({ order, groups }: RowIndex, window: SeedConfig['window']): Records {
  const { size = Infinity, stride = size } = window ?? {};
  /** The number of the first record of each group, then the number of all. */
  const firsts = [0];
  for (let group = 0; group + 1 < groups.length; group += 1) {
    const length = (groups[group + 1] ?? 0) - (groups[group] ?? 0);
    firsts.push((firsts.at(-1) ?? 0) + windowsOf(length, size, stride));
  }
  return {
    count: firsts.at(-1) ?? 0,
    positions(record) {
      const group = lastAtMost(firsts, record);
      const [start = 0, end = 0] = [groups[group], groups[group + 1]];
      const nth = record - (firsts[group] ?? 0);
      const from = nth === 0 ? start : start + nth * stride;
      return order.subarray(from, Math.min(end, from + size));
    },
  };
}

/** Windows begin every `stride` rows, until one has the last row or would begin beyond it. */
const windowsOf = (length: number, size: number, stride: number): number =>
  length <= size ? 1 : Math.min(Math.ceil((length - size) / stride) + 1, Math.ceil(length / stride));

/** A batch holds rows of about so many characters of JSON, and one record at least. */
const BATCH = 16 * 2 ** 20;

type ReadRecord = (record: number) => Promise<readonly SeedRow[]>;

/** Reads the rows of records: a batch of them in their order, one alone when records are read in another order. */
function createRecordReader(
  seed: Seed,
  { starts, sizes }: RowIndex,
  { count, positions }: Records,
): ReadRecord {
  const isSmall = sizes.reduce((sum, size) => sum + size, 0) <= BATCH;
  const nothing = { first: 0, end: 0, rows: new Map<number, SeedRow>() };
  let held = nothing;
  let latest = -1;

  function endOfBatch(first: number): number {
    let left = BATCH;
    for (let record = first; record < count; record += 1) {
      for (const position of positions(record)) left -= sizes[position] ?? 0;
      if (left < 0) return Math.max(record, first + 1);
    }
    return count;
  }

  async function hold(first: number, end: number): Promise<typeof held> {
    const wanted: number[] = [];
    for (let record = first; record < end; record += 1)
      for (const position of positions(record)) wanted.push(position);
    const rows = new Map<number, SeedRow>();
    let read: { readonly entry: number; readonly rows: readonly SeedRow[] } | undefined;
    for (const position of Uint32Array.from(wanted).sort()) {
      if (rows.has(position)) continue;
      const entry = lastAtMost(starts, position);
      if (read?.entry !== entry) read = { entry, rows: (await seed.read(entry)).rows };
      const row = read.rows[position - (starts[entry] ?? 0)];
      if (row) rows.set(position, row);
    }
    return { first, end, rows };
  }

  async function next(record: number, isNext: boolean): Promise<typeof held> {
    // The batch before is not kept while the next one is read.
    held = nothing;
    const batch = await (isSmall ? hold(0, count) : hold(record, isNext ? endOfBatch(record) : record + 1));
    held = batch;
    return batch;
  }

  return async (record) => {
    const isNext = record === latest + 1;
    latest = record;
    const isHeld = record >= held.first && record < held.end;
    const { rows } = isHeld ? held : await next(record, isNext);
    return Array.from(positions(record), (position) => rows.get(position)).filter((row) => row !== undefined);
  };
}

interface GrowingNumbers {
  add(value: number): void;
  all(): Uint32Array;
}

function growingNumbers(): GrowingNumbers {
  let numbers = new Uint32Array(1024);
  let length = 0;
  return {
    add(value) {
      if (length === numbers.length) {
        const longer = new Uint32Array(2 * length);
        longer.set(numbers);
        numbers = longer;
      }
      numbers[length++] = value;
    },
    all: () => numbers.subarray(0, length),
  };
}
