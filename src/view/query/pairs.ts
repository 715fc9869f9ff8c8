/**
 * Which rows of two datasets belong together, and what is another in them. Rows are paired by `trace_id`, or by their
 * number in the seed if one of the datasets has no such column, as `dd diff` does it. Of each row only hashes are kept:
 * one of its trace and one of each made cell, so comparing 100,000 rows reads no file.
 */
import { canonicalJson, type Json, type JsonObject } from '../../core/json.js';
import { hash53 } from '../../dataset/hash53.js';
import { valueAt, type Query, type ViewColumn } from './types.js';

/** The hashes of the rows of a dataset. */
export interface RowPrints {
  readonly rows: number;
  /** One a row, of its trace and of how many rows before have the same one; `undefined` without such a column. */
  readonly traces: readonly number[] | undefined;
  /** One a row, by the path of a score. */
  readonly scores: ReadonlyMap<string, readonly number[]>;
  /** One a row, by the path of another made cell, or of the reasons of a score. */
  readonly texts: ReadonlyMap<string, readonly number[]>;
  /** Takes in the next row. */
  add(row: JsonObject): void;
}

/** How a row is, compared with the row of the other dataset. */
export type RowState = 'new score' | 'new text' | 'same' | 'only here';

export interface Pairing {
  readonly by: 'trace_id' | 'number';
  /** The row of the other dataset that belongs to each row, or -1. */
  readonly rows: Int32Array;
}

/** One of the datasets. */
export interface PairSide {
  readonly prints: RowPrints;
  /** Numbers in the seed of the rows that failed: they are in no file of rows. */
  readonly failed: ReadonlySet<number>;
}

const TRACE = 'trace_id';

export function createRowPrints(columns: readonly ViewColumn[]): RowPrints {
  const made = columns.filter(({ group }) => group !== 'seed');
  const ofScores = made.filter(({ group }) => group === 'scores');
  const paths = made.filter(({ group }) => group === 'made').map(({ path }) => path);
  const reasons = ofScores.flatMap((column) => column.reasons ?? []);
  const listsOf = (names: readonly string[]) => new Map(names.map((path) => [path, [] as number[]]));
  const scores = listsOf(ofScores.map(({ path }) => path));
  const texts = listsOf([...paths, ...reasons]);
  const traces: number[] | undefined = columns.some(({ path }) => path === TRACE) ? [] : undefined;
  const seen = new Map<number, number>();
  let rows = 0;
  return {
    get rows() {
      return rows;
    },
    traces,
    scores,
    texts,
    add(row) {
      for (const [path, hashes] of [...scores, ...texts]) hashes.push(hashOf(valueAt(row, path)));
      rows += 1;
      if (!traces) return;
      const trace = hashOf(valueAt(row, TRACE));
      const times = seen.get(trace) ?? 0;
      seen.set(trace, times + 1);
      traces.push(times === 0 ? trace : hash53(`${trace} ${times}`));
    },
  };
}

/** Pairs each row of a dataset with one of another. */
export function pairRows(a: PairSide, b: PairSide): Pairing {
  const isByTrace = a.prints.traces !== undefined && b.prints.traces !== undefined;
  const idsOf = ({ prints, failed }: PairSide): readonly number[] =>
    isByTrace ? (prints.traces ?? []) : seedNumbers(prints.rows, failed);
  const there = new Map(idsOf(b).map((id, row) => [id, row]));
  return {
    by: isByTrace ? 'trace_id' : 'number',
    rows: Int32Array.from(idsOf(a), (id) => there.get(id) ?? -1),
  };
}

/** Compares each row with the row that belongs to it, in the columns that both datasets have. */
export function compareRows(a: RowPrints, b: RowPrints, { rows }: Pairing): readonly RowState[] {
  const isAnother = (kind: 'scores' | 'texts'): ((row: number, other: number) => boolean) => {
    const both = [...a[kind]].flatMap(([path, hashes]) => {
      const others = b[kind].get(path);
      return others ? [[hashes, others] as const] : [];
    });
    return (row, other) => both.some(([hashes, others]) => hashes[row] !== others[other]);
  };
  const [hasOtherScore, hasOtherText] = [isAnother('scores'), isAnother('texts')];
  return Array.from(rows, (other, row) => {
    if (other === -1) return 'only here';
    if (hasOtherScore(row, other)) return 'new score';
    return hasOtherText(row, other) ? 'new text' : 'same';
  });
}

/** The column of a table that holds the state of each row, compared with the dataset of a number. */
export const comparedPath = (other: number): string => `@compared.${other}`;

/** The numbers of the datasets with which a query compares. */
export function comparedIn({ filters, sort }: Query): readonly number[] {
  const paths = [...filters, ...(sort ? [sort] : [])].map(({ path }) => path);
  return paths.flatMap((path) => (/^@compared\.\d{1,6}$/.test(path) ? [Number(path.split('.')[1])] : []));
}

/** True for equal values, in whatever order their keys are. */
export const isSameValue = (a: Json | undefined, b: Json | undefined): boolean =>
  canonicalJson(a ?? null) === canonicalJson(b ?? null);

/** Most of a row is text, which is hashed as it is: writing it as JSON first would take twice the time. */
const hashOf = (value: Json | undefined): number =>
  hash53(typeof value === 'string' ? value : `\u0000${canonicalJson(value ?? null)}`);

function seedNumbers(rows: number, failed: ReadonlySet<number>): readonly number[] {
  let number = -1;
  return Array.from({ length: rows }, () => {
    do number += 1;
    while (failed.has(number));
    return number;
  });
}
