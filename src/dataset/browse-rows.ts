import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { isObject, type JsonObject } from '../core/json.js';
import { readLines } from './read-rows.js';
import { REJECTED } from './writer.js';
import { openLineReader, placedLines, placedRows, type LinePlace, type LineReader } from './line-places.js';

/** What `dd show` goes through: rows of a run, or attempts that `accept` did not take. */
export type ShownRow = RunRow | RejectedAttempt;

/** A line of `rejected.jsonl`. `number` is that of its row in the seed. */
export interface RejectedAttempt {
  readonly state: 'rejected';
  readonly number: number;
  readonly rejection: JsonObject;
}

/** A row of a run. `number` counts the rows that were made and those that failed, in seed order from 0. */
export type RunRow = MadeRow | FailedRow;

export interface MadeRow {
  readonly state: 'done';
  readonly number: number;
  readonly row: JsonObject;
}

export interface FailedRow {
  readonly state: 'failed';
  readonly number: number;
  /** The short values of its seed row. */
  readonly seed: JsonObject;
  /** Its lines of `failures.jsonl`. */
  readonly failures: readonly JsonObject[];
}

/** Rows to go through forwards and backwards. */
export interface RowBrowser<Row = RunRow> {
  /** The wanted row at `index`, from 0; `undefined` behind the last one. */
  at(index: number): Promise<Row | undefined>;
  close(): Promise<void>;
}

/** Opens a browser on the wanted rows of a dataset. Of rows that were read, it keeps only the places. */
export async function openRowBrowser(
  folder: string,
  parts: number,
  isWanted: (row: RunRow) => boolean,
): Promise<RowBrowser> {
  const reader = openLineReader(folder);
  const rows = runRows(folder, parts, reader);
  const seen: { readonly number: number; readonly places: readonly LinePlace[]; readonly isMade: boolean }[] =
    [];
  return {
    async at(index) {
      const known = seen[index];
      if (known) {
        const lines = await Promise.all(known.places.map(reader.read));
        return known.isMade
          ? { state: 'done', number: known.number, row: lines[0] ?? {} }
          : failedRow(known.number, lines);
      }
      for (;;) {
        const { value, done } = await rows.next();
        if (done === true) return undefined;
        const { row, places } = value;
        if (!isWanted(row)) continue;
        seen.push({ number: row.number, places, isMade: row.state === 'done' });
        if (seen.length > index) return row;
      }
    },
    async close() {
      await rows.return(undefined);
      await reader.close();
    },
  };
}

/** The attempts that `accept` did not take, in the order in which they were made. */
export function openRejectedBrowser(folder: string): RowBrowser<RejectedAttempt> {
  const reader = openLineReader(folder);
  const lines = existsSync(join(folder, REJECTED)) ? placedLines(folder, 'rejected') : undefined;
  const seen: LinePlace[] = [];
  return {
    async at(index) {
      const known = seen[index];
      if (known) return attemptOf(await reader.read(known));
      for (;;) {
        const next = await lines?.next();
        if (!next || next.done === true) return undefined;
        seen.push(next.value.place);
        if (seen.length > index) return attemptOf(next.value.row);
      }
    },
    async close() {
      await lines?.return(undefined);
      await reader.close();
    },
  };
}

const attemptOf = (rejection: JsonObject): RejectedAttempt => ({
  state: 'rejected',
  number: Number(rejection['row']),
  rejection,
});

/** A row with the lines that it was read from: one, or one for each failed cell. */
export interface PlacedRunRow {
  readonly row: RunRow;
  readonly places: readonly LinePlace[];
}

/** Rows that were made and rows that failed, in the order of the seed. */
export async function* runRows(
  folder: string,
  parts: number,
  { read }: Pick<LineReader, 'read'>,
): AsyncGenerator<PlacedRunRow, undefined> {
  const failed = await failedRows(folder);
  const rejected = await rejectedRows(folder);
  const withLines = async (number: number, places: readonly LinePlace[]): Promise<PlacedRunRow> => {
    failed.delete(number);
    return { row: failedRow(number, await Promise.all(places.map(read))), places };
  };
  let number = 0;
  for await (const made of placedRows(folder, parts)) {
    for (let places = failed.get(number); places || rejected.has(number); places = failed.get(number)) {
      if (places) yield await withLines(number, places);
      number += 1;
    }
    yield { row: { state: 'done', number, row: made.row }, places: [made.place] };
    number += 1;
  }
  for (const [last, places] of failed) yield await withLines(last, places);
  return undefined;
}

/** The places of failed cells, by row. */
async function failedRows(folder: string): Promise<Map<number, readonly LinePlace[]>> {
  const failed = new Map<number, LinePlace[]>();
  if (!existsSync(join(folder, 'failures.jsonl'))) return failed;
  for await (const { row: failure, place } of placedLines(folder, 'failures')) {
    // Its row is in the dataset.
    if (failure['instead'] !== undefined) continue;
    const number = Number(failure['row']);
    const places = failed.get(number) ?? [];
    places.push(place);
    failed.set(number, places);
  }
  return failed;
}

/** The numbers of rows that `accept` took in no attempt. */
export async function rejectedRows(folder: string): Promise<ReadonlySet<number>> {
  const rejected = new Set<number>();
  const file = join(folder, REJECTED);
  for await (const { row, instead } of existsSync(file) ? readLines(file) : [])
    if (instead === undefined) rejected.add(Number(row));
  return rejected;
}

function failedRow(number: number, failures: readonly JsonObject[]): FailedRow {
  const seed = failures[0]?.['seed'];
  return {
    state: 'failed',
    number,
    seed: isObject(seed) ? seed : {},
    failures: failures.map(({ seed: _same, ...failure }) => failure),
  };
}
