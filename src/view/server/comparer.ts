import { comparedPath, compareRows, pairRows, type Pairing, type RowPrints } from '../query/pairs.js';
import type { PairView } from '../query/types.js';
import type { OpenDataset } from './dataset.js';

/** Compares the open datasets with each other, by their numbers. */
export interface Comparer {
  /** The row that belongs to a row of a dataset; `undefined` if there is no such dataset. */
  pair(dataset: number, row: number, other: number): Promise<PairView | undefined>;
  /** Brings the column up to date that says how each row compares with the other dataset. */
  mark(dataset: number, other: number): Promise<void>;
}

interface Compared {
  readonly a: RowPrints;
  readonly b: RowPrints;
  /** How many rows they had. */
  readonly rows: number;
  readonly pairing: Pairing;
}

/**
 * Rows are compared when those of both datasets have been read; while there are more to read, the comparison before
 * stays, which holds for the rows that it has.
 */
export function createComparer(datasets: readonly OpenDataset[]): Comparer {
  const known = new Map<string, Compared>();
  const compare = async (dataset: number, other: number): Promise<Pairing | undefined> => {
    const [one, two] = [datasets[dataset], datasets[other]];
    if (!one || !two) return undefined;
    const before = known.get(`${dataset} ${other}`);
    const isOfSame = before !== undefined && before.a === one.prints && before.b === two.prints;
    const isUpToDate = isOfSame && before.rows === before.a.rows + before.b.rows;
    if (isUpToDate || !one.isRead || !two.isRead) return isOfSame ? before.pairing : undefined;
    const [failedInA, failedInB] = [await one.failedRows(), await two.failedRows()];
    const { prints: a } = one;
    const { prints: b } = two;
    if (!a || !b) return undefined;
    const pairing = pairRows({ prints: a, failed: failedInA }, { prints: b, failed: failedInB });
    known.set(`${dataset} ${other}`, { a, b, rows: a.rows + b.rows, pairing });
    one.mark(comparedPath(other), compareRows(a, b, pairing));
    return pairing;
  };
  return {
    async mark(dataset, other) {
      if (dataset !== other) await compare(dataset, other);
    },
    async pair(dataset, row, other) {
      const [one, two] = [datasets[dataset], datasets[other]];
      if (!one || !two || one === two) return undefined;
      const pairing = await compare(dataset, other);
      if (!pairing) return { by: 'trace_id', isRead: false };
      const there = pairing.rows[row] ?? -1;
      const record = there === -1 ? undefined : await two.record(there);
      return { by: pairing.by, isRead: one.isRead && two.isRead, ...(record && { record }) };
    },
  };
}
