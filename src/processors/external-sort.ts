/**
 * Sorts any number of rows in bounded memory: an external merge sort (Knuth, volume 3, section 5.4). Rows are collected
 * up to a limit, sorted, and written to a temporary file, a run; the runs are then merged. Both steps are stable.
 */
import { linesOf } from '../core/read-lines.js';
import { lineOf, openLines, rowOf } from './temporary-rows.js';
import type { PassingRow, ProcessorContext } from './types.js';

export type Order = 'asc' | 'desc';

export type SortKey = null | boolean | number | string;

export interface SortOptions extends Pick<ProcessorContext, 'temporaryFile'> {
  readonly keysOf: (row: PassingRow) => readonly SortKey[];
  /** One for each key. */
  readonly orders: readonly Order[];
  /** The characters of the rows that are in memory at once. */
  readonly runCharacters?: number;
  /** The runs that are merged at once: each has an open file. */
  readonly fanIn?: number;
}

/** A row with what it is sorted by. */
interface Keyed {
  readonly keys: readonly SortKey[];
  /** `lineOf` the row: a text takes less memory than the row itself. */
  readonly line: string;
}

const RUN_CHARACTERS = 32 * 2 ** 20;

/** For the objects around a row, when its size in memory is estimated. */
const ROW_OVERHEAD = 200;

/** The rows in order. Reads all of them before it gives the first. */
export async function* sortRows(
  rows: AsyncIterable<PassingRow>,
  options: SortOptions,
): AsyncGenerator<PassingRow> {
  const { keysOf, orders, temporaryFile, runCharacters = RUN_CHARACTERS, fanIn = 32 } = options;
  const compare = comparison(orders);
  const sorted = (batch: readonly Keyed[]): readonly Keyed[] =>
    batch.toSorted((a, b) => compare(a.keys, b.keys));
  let runs: string[] = [];
  let batch: Keyed[] = [];
  let characters = 0;
  for await (const passing of rows) {
    const line = lineOf(passing);
    batch.push({ keys: keysOf(passing), line });
    characters += line.length + ROW_OVERHEAD;
    if (characters < runCharacters) continue;
    runs.push(await writeRun(sorted(batch), temporaryFile));
    [batch, characters] = [[], 0];
  }
  if (runs.length === 0) {
    for (const { line } of sorted(batch)) yield rowOf(line);
    return;
  }
  if (batch.length > 0) runs.push(await writeRun(sorted(batch), temporaryFile));
  batch = [];
  while (runs.length > fanIn) {
    const merged: string[] = [];
    for (let at = 0; at < runs.length; at += fanIn)
      merged.push(await writeRun(merge(runs.slice(at, at + fanIn), compare), temporaryFile));
    runs = merged;
  }
  for await (const { line } of merge(runs, compare)) yield rowOf(line);
}

async function writeRun(
  batch: Iterable<Keyed> | AsyncIterable<Keyed>,
  temporaryFile: SortOptions['temporaryFile'],
): Promise<string> {
  const path = await temporaryFile();
  const file = await openLines(path);
  for await (const { keys, line } of batch) await file.add(`${JSON.stringify(keys)}\t${line}`);
  await file.close();
  return path;
}

async function* keyedOf(path: string): AsyncGenerator<Keyed> {
  for await (const text of linesOf(path)) {
    const tab = text.indexOf('\t');
    yield { keys: JSON.parse(text.slice(0, tab)) as readonly SortKey[], line: text.slice(tab + 1) };
  }
}

/** The rows of sorted runs, in order; of equal ones, that of the earlier run first. */
async function* merge(paths: readonly string[], compare: Comparison): AsyncGenerator<Keyed> {
  const runs = paths.map(keyedOf);
  const heads: (Keyed | undefined)[] = [];
  const advance = async (run: number): Promise<void> => {
    const next = await runs[run]?.next();
    heads[run] = next?.done === false ? next.value : undefined;
  };
  try {
    for (const run of runs.keys()) await advance(run);
    for (;;) {
      let least: { readonly run: number; readonly head: Keyed } | undefined;
      for (const [run, head] of heads.entries())
        if (head && (!least || compare(head.keys, least.head.keys) < 0)) least = { run, head };
      if (!least) return;
      yield least.head;
      await advance(least.run);
    }
  } finally {
    for (const run of runs) await run.return(undefined);
  }
}

type Comparison = (a: readonly SortKey[], b: readonly SortKey[]) => number;

function comparison(orders: readonly Order[]): Comparison {
  return (a, b) => {
    for (const [index, order] of orders.entries()) {
      const [one = null, other = null] = [a[index], b[index]];
      if (one === other) continue;
      // Rows without a value come last in both orders.
      if (one === null) return 1;
      if (other === null) return -1;
      return order === 'desc' ? compareValues(other, one) : compareValues(one, other);
    }
    return 0;
  };
}

const KINDS = ['boolean', 'number', 'string'];

/** Numbers by value and texts by code unit, the same on every machine; of different types booleans come first, texts last. */
function compareValues(a: boolean | number | string, b: boolean | number | string): number {
  if (typeof a !== typeof b) return KINDS.indexOf(typeof a) - KINDS.indexOf(typeof b);
  return a < b ? -1 : a > b ? 1 : 0;
}
