import type { Seed, SeedRow } from './types.js';

/** Rows for each entry. */
const ROWS_AN_ENTRY = 500;

/** The entries of rows that are at hand: only those of one entry are in memory twice. */
export function entriesOfRows(
  count: number,
  rowAt: (index: number) => SeedRow,
): Pick<Seed, 'entryCount' | 'read'> {
  return {
    entryCount: Math.ceil(count / ROWS_AN_ENTRY),
    async read(entry) {
      const start = entry * ROWS_AN_ENTRY;
      const length = Math.max(0, Math.min(ROWS_AN_ENTRY, count - start));
      return { rows: Array.from({ length }, (_, index) => rowAt(start + index)), notes: [] };
    },
  };
}
