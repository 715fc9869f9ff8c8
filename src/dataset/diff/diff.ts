import type { Json, JsonObject } from '../../core/json.js';
import { runRows, type RunRow } from '../browse-rows.js';
import { hash53 } from '../hash53.js';
import { openLineReader, type LinePlace } from '../line-places.js';
import { createFieldDiffs, type FieldDiff } from './fields.js';

/** Two datasets side by side: what `dd diff --json` prints. */
export interface DatasetDiff {
  /** Of this shape: keys may be added without a new version. */
  readonly version: 1;
  /** The column by which rows are paired; `null` for their number. */
  readonly by: string | null;
  readonly rows: {
    readonly a: number;
    readonly b: number;
    /** In both, with the same cells in the columns that are compared. */
    readonly same: number;
    readonly changed: number;
    /** Only in B. */
    readonly gained: number;
    /** Only in A. */
    readonly lost: number;
    /** Of the lost rows, those that failed in B; of the gained, those that had failed in A. */
    readonly lost_failed: number;
    readonly gained_failed: number;
  };
  /** The first keys. */
  readonly gained: readonly Json[];
  readonly lost: readonly Json[];
  readonly columns: { readonly only_a: readonly string[]; readonly only_b: readonly string[] };
  readonly fields: readonly FieldDiff[];
}

/** One of the datasets. */
export interface DiffSide {
  readonly folder: string;
  readonly parts: number;
  readonly columns: readonly string[];
}

export interface DiffOptions {
  readonly by: string | undefined;
  /** Compare only these; empty for all. */
  readonly columns: readonly string[];
}

const MOST_KEYS = 10;

/**
 * Compares two datasets, B row by row with the rows of A that have the same key. Rows with the same key are paired in
 * order. Of A, only hashes and places are kept: some 100 bytes a row.
 */
export async function diffDatasets(
  a: DiffSide,
  b: DiffSide,
  { by, columns }: DiffOptions,
): Promise<DatasetDiff> {
  const isCompared = (name: string): boolean => columns.length === 0 || columns.includes(name);
  const shared = a.columns.filter((name) => b.columns.includes(name) && isCompared(name) && name !== by);
  const fields = createFieldDiffs();
  const before = await indexRows(a, by);
  const failedInB = new Set<number>();
  const lines = openLineReader(a.folder);
  const count = { b: 0, same: 0, changed: 0, gained: 0, gained_failed: 0 };
  const gained: Json[] = [];
  try {
    for await (const { row, id, key } of keyedRows(b, by)) {
      if (row.state === 'failed') {
        failedInB.add(id);
        continue;
      }
      count.b += 1;
      const old = before.take(id);
      if (!old) {
        count.gained += 1;
        if (before.failed.has(id)) count.gained_failed += 1;
        if (gained.length < MOST_KEYS) gained.push(key);
      } else if (old.hash === hashOf(row.row)) count.same += 1;
      else {
        const oldRow = await lines.read(old.place);
        const changed = shared.filter((name) =>
          fields.compare(name, key, oldRow[name] ?? null, row.row[name] ?? null),
        );
        count[changed.length > 0 ? 'changed' : 'same'] += 1;
      }
    }
    const lost = before.left();
    const keysOf = async ({ place, number }: IndexedRow): Promise<Json> =>
      by === undefined ? number : ((await lines.read(place))[by] ?? null);
    return {
      version: 1,
      by: by ?? null,
      rows: {
        a: before.rows,
        ...count,
        lost: lost.length,
        lost_failed: lost.filter(({ id }) => failedInB.has(id)).length,
      },
      gained,
      lost: await Promise.all(lost.slice(0, MOST_KEYS).map(keysOf)),
      columns: {
        only_a: a.columns.filter((name) => isCompared(name) && !b.columns.includes(name)),
        only_b: b.columns.filter((name) => isCompared(name) && !a.columns.includes(name)),
      },
      fields: fields.diffs(),
    };
  } finally {
    await lines.close();
  }
}

/** True when nothing is different. */
export function isSameDataset({ rows, columns }: DatasetDiff): boolean {
  return rows.changed + rows.gained + rows.lost === 0 && columns.only_a.length + columns.only_b.length === 0;
}

interface IndexedRow {
  readonly id: number;
  readonly number: number;
  readonly hash: number;
  readonly place: LinePlace;
}

interface RowIndex {
  readonly rows: number;
  readonly failed: ReadonlySet<number>;
  /** The row with this id, once. */
  take(id: number): IndexedRow | undefined;
  /** The rows that were not taken, in order. */
  left(): readonly IndexedRow[];
}

async function indexRows(side: DiffSide, by: string | undefined): Promise<RowIndex> {
  const slots = new Map<number, number>();
  const failed = new Set<number>();
  // A number of each in lists of their own: objects would take three times the memory.
  const [ids, numbers, hashes, files, offsets, lengths]: [
    number[],
    number[],
    number[],
    number[],
    number[],
    number[],
  ] = [[], [], [], [], [], []];
  for await (const { row, id, places } of keyedRows(side, by)) {
    const [place] = places;
    if (row.state === 'failed') failed.add(id);
    else if (place) {
      slots.set(id, ids.length);
      ids.push(id);
      numbers.push(row.number);
      hashes.push(hashOf(row.row));
      files.push(Number(place.file));
      offsets.push(place.offset);
      lengths.push(place.length);
    }
  }
  const at = (slot: number): IndexedRow => ({
    id: ids[slot] ?? 0,
    number: numbers[slot] ?? 0,
    hash: hashes[slot] ?? 0,
    place: { file: files[slot] ?? 0, offset: offsets[slot] ?? 0, length: lengths[slot] ?? 0 },
  });
  return {
    rows: ids.length,
    failed,
    take(id) {
      const slot = slots.get(id);
      slots.delete(id);
      return slot === undefined ? undefined : at(slot);
    },
    left: () => Array.from(slots.values(), at),
  };
}

interface KeyedRow {
  readonly row: RunRow;
  readonly key: Json;
  /** A hash of the key, and of how many rows before have the same one. */
  readonly id: number;
  readonly places: readonly LinePlace[];
}

async function* keyedRows({ folder, parts }: DiffSide, by: string | undefined): AsyncGenerator<KeyedRow> {
  const seen = new Map<number, number>();
  const reader = openLineReader(folder);
  try {
    for await (const { row, places } of runRows(folder, parts, reader)) {
      const values: JsonObject = row.state === 'failed' ? row.seed : row.row;
      const key = by === undefined ? row.number : (values[by] ?? null);
      const text = JSON.stringify(key);
      const first = hash53(text);
      const times = seen.get(first) ?? 0;
      seen.set(first, times + 1);
      yield { row, key, id: times === 0 ? first : hash53(`${text} ${times}`), places };
    }
  } finally {
    await reader.close();
  }
}

const hashOf = (row: JsonObject): number => hash53(JSON.stringify(row));
