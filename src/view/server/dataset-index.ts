import { isObject, jsonIn, type JsonObject } from '../../core/json.js';
import { runWithTimeout, TimeoutError } from '../../sandbox/run-with-timeout.js';
import { createColumnStore, type ColumnStore } from '../query/columns.js';
import { findRows, type Rows, type ScanHints } from '../query/find.js';
import type { Query } from '../query/types.js';
import { openRowFile, type Lines, type RowFile } from './row-file.js';

/** The rows of one folder of a dataset, to look at, filter and sort. */
export interface DatasetIndex {
  readonly store: ColumnStore;
  /** Rows that can be read. */
  readonly rows: number;
  /** Takes in a part of what is new in the files; false when there is nothing. */
  advance(): Promise<boolean>;
  read(row: number): Promise<StoredRow>;
  /** Rows in the order of a query. Throws `QueryError`; rejects with the signal's reason when it is aborted. */
  find(query: Query, signal: AbortSignal): Promise<Uint32Array>;
  close(): Promise<void>;
}

export interface StoredRow {
  readonly value: JsonObject;
  /** Its text, where it is no JSON object. */
  readonly damaged?: string;
}

/** A query that cannot be answered; the message is for the person who typed it. */
export class QueryError extends Error {}

/** Milliseconds for the regular expressions of a query on one batch of rows. */
const LONGEST_BATCH = 1000;
/** Bytes that are read before others get their turn. */
const STEP = 4 << 20;

/** @param onRow is called with each row when its columns are read, in order. */
export function openDatasetIndex(
  folder: string,
  onRow: (row: number, value: JsonObject) => void = () => undefined,
): DatasetIndex {
  const file = openRowFile(folder);
  const store = createColumnStore();

  /** Reads the columns of the next rows. */
  const readColumns = async (): Promise<boolean> => {
    const lines = await file.read(store.rows, file.rows);
    for (let row = lines.from; row < lines.from + lines.count; row += 1) {
      const value = objectIn(lines.text(row)) ?? {};
      onRow(row, value);
      store.add(value);
    }
    return lines.count > 0;
  };
  const find = async (query: Query, signal: AbortSignal): Promise<Uint32Array> => {
    const source: Rows = {
      store,
      rows: file.rows,
      bounded: (work) => runWithTimeout(work, LONGEST_BATCH),
      scan: (candidates, matches, hints) => scan(file, candidates, matches, hints, signal),
    };
    try {
      return await findRows(source, query);
    } catch (error) {
      if (error instanceof TimeoutError)
        throw new QueryError('The regular expression takes too long on these rows.');
      if (error instanceof SyntaxError) throw new QueryError(error.message);
      throw error;
    }
  };
  return {
    store,
    get rows() {
      return file.rows;
    },
    async advance() {
      // The places of all rows come first: they are quick, and enough to show the rows.
      if ((await file.advance(STEP * 16)) > 0) return true;
      return store.rows < file.rows && readColumns();
    },
    async read(row) {
      const text = (await file.read(row, row + 1)).text(row);
      const value = objectIn(text);
      return value ? { value } : { value: {}, damaged: text };
    },
    find,
    close: () => file.close(),
  };
}

/** Reads candidates, a batch of neighbours at a time, and keeps those that match. */
async function scan(
  file: RowFile,
  candidates: Uint32Array,
  matches: (row: JsonObject) => boolean,
  { search, isSlow }: ScanHints,
  signal: AbortSignal,
): Promise<Uint32Array> {
  const mayHave = search === undefined ? undefined : rawFinder(search);
  const kept: number[] = [];
  let at = 0;
  while (at < candidates.length) {
    signal.throwIfAborted();
    const from = candidates[at] ?? 0;
    const lines = await file.read(from, endOfRun(candidates, at));
    if (lines.count === 0) break;
    const possible = mayHave?.(lines);
    const batch: number[] = [];
    while (at < candidates.length && (candidates[at] ?? 0) < from + lines.count) {
      const row = candidates[at] ?? 0;
      if (!possible || possible.has(row)) batch.push(row);
      at += 1;
    }
    const check = (): readonly number[] => batch.filter((row) => matches(objectIn(lines.text(row)) ?? {}));
    kept.push(...(isSlow ? runWithTimeout(check, LONGEST_BATCH) : check()));
  }
  return Uint32Array.from(kept);
}

/** Neighbours are read together, also over a small gap. */
const GAP = 16;
/** Rows in one batch, whatever their size. */
const MOST_ROWS = 4096;

function endOfRun(candidates: Uint32Array, start: number): number {
  let at = start;
  const isNear = (index: number): boolean =>
    (candidates[index + 1] ?? Infinity) - (candidates[index] ?? 0) <= GAP;
  while (at < start + MOST_ROWS && isNear(at)) at += 1;
  return (candidates[at] ?? 0) + 1;
}

/**
 * Finds the rows of a batch whose bytes have a text in any letter case, without parsing them. `undefined` for texts
 * whose letter cases are not those of single bytes.
 */
function rawFinder(search: string): ((lines: Lines) => ReadonlySet<number>) | undefined {
  if (!/^[ -~]+$/.test(search)) return undefined;
  const written = JSON.stringify(search).slice(1, -1);
  const pattern = new RegExp(written.replaceAll(/[$()*+.?[\\\]^{|}]/g, String.raw`\$&`), 'gi');
  return (lines) => {
    const rows = new Set<number>();
    const text = lines.bytes.toString('latin1');
    pattern.lastIndex = 0;
    for (let match = pattern.exec(text); match; match = pattern.exec(text)) {
      const row = lines.rowAt(match.index);
      rows.add(row);
      pattern.lastIndex = lines.endOf(row);
    }
    return rows;
  };
}

function objectIn(text: string): JsonObject | undefined {
  const value = jsonIn(text);
  return isObject(value) ? value : undefined;
}
