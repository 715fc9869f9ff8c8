import type { JsonObject } from '../../core/json.js';
import { createDuplicateFinder } from '../../core/near-duplicates.js';

/** Rows whose text repeats that of an earlier row. */
export interface DuplicateReport {
  /** The columns that were compared, together. */
  readonly columns: readonly string[];
  /** Rows that were compared: the first 50,000, to keep the memory small. */
  readonly compared: number;
  /** Rows with the words of an earlier row. */
  readonly exact: number;
  /** Rows that share at least `near_share` of their runs of three words with an earlier row. */
  readonly near: number;
  readonly near_share: number;
  /** The first of them. `row` and `of` count the rows of the dataset from 0, failed rows left out. */
  readonly examples: readonly { readonly row: number; readonly of: number; readonly share: number }[];
}

export interface DuplicateCounter {
  add(row: JsonObject): void;
  report(): DuplicateReport;
}

const NEAR_SHARE = 0.8;
const MOST_ROWS = 50_000;
const MOST_EXAMPLES = 10;

export function createDuplicateCounter(columns: readonly string[]): DuplicateCounter {
  const finder = createDuplicateFinder(NEAR_SHARE);
  const examples: DuplicateReport['examples'][number][] = [];
  let [number, compared, exact, near] = [0, 0, 0, 0];
  return {
    add(row) {
      number += 1;
      const text = textOf(row, columns);
      if (number > MOST_ROWS || text === '') return;
      compared += 1;
      const found = finder.add(text, number - 1);
      if (!found) return;
      if (found.share === 1) exact += 1;
      else near += 1;
      if (examples.length < MOST_EXAMPLES) examples.push({ row: number - 1, ...found });
    },
    report: () => ({ columns, compared, exact, near, near_share: NEAR_SHARE, examples }),
  };
}

function textOf(row: JsonObject, columns: readonly string[]): string {
  return columns
    .flatMap((name) => {
      const value = row[name];
      if (value === undefined || value === null || value === '') return [];
      return typeof value === 'string' ? value : JSON.stringify(value);
    })
    .join('\n');
}
