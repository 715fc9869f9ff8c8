import { isUntried } from '../core/failure.js';
import type { RowState } from '../core/events.js';
import type { AcceptCounts, Metadata, RowCounts } from '../dataset/metadata.js';
import { createValidityCounter } from '../dataset/report/validity.js';
import { isAccepted } from '../engine/attempts.js';
import type { FinishedRow, Plan } from '../engine/types.js';

/** How a finished row counts. `unfinished` rows are not kept and not lost: the next run makes them. */
export type RowEnd = RowState | 'unfinished';

/** A row that was not tried, or met a refused key, is `unfinished`: the failure says nothing about the row. */
export function rowEnd(row: FinishedRow, plan: Plan): RowEnd {
  if (row.failures.some(({ failure }) => isUntried(failure))) return 'unfinished';
  if (row.failures.length > 0) return 'failed';
  if (row.rejection) return 'rejected';
  return plan.columns.length > 0 && row.skipped.length === plan.columns.length ? 'skipped' : 'done';
}

/** Counts rows by how they ended, and failures by class. */
export interface RowCounter {
  add(end: RowEnd, row: FinishedRow): void;
  /** @param due how many rows there are, or are wanted; those that are missing when the run was stopped are `unfinished` */
  counts(filtered: number, due: number | undefined): RowCounts;
  failures(): Readonly<Record<string, number>>;
  /** Failed cells of rows that were kept, by column. */
  nullCells(): Readonly<Record<string, number>>;
  /** Of the rows that were kept: how many cells of `validation` columns are valid. */
  validity(): Metadata['validity'];
  /** The counts of `accept`; `undefined` without. */
  accept(): AcceptCounts | undefined;
}

/**
 * @param wanted how many rows must be accepted; `undefined` without `accept`, `Infinity` for all that the seed gives
 * @param validated the names of the `validation` columns
 */
export function createRowCounter(wanted?: number, validated: readonly string[] = []): RowCounter {
  const validity = createValidityCounter();
  const rows = { done: 0, failed: 0, skipped: 0, filtered: 0, unfinished: 0, rejected: 0 };
  const attempts = { accepted: 0, rejected: 0, failed: 0 };
  const failures = new Map<string, number>();
  const nullCells = new Map<string, number>();
  return {
    add(end, row) {
      rows[end] += 1;
      if (wanted !== undefined && end !== 'unfinished')
        for (const attempt of [...(row.earlier ?? []), row])
          attempts[isAccepted(attempt) ? 'accepted' : attempt.rejection ? 'rejected' : 'failed'] += 1;
      if (end === 'failed') for (const { failure } of row.failures) bump(failures, failure.class);
      if (end === 'done') for (const name of validated) validity.add(name, row.cells[name]);
      if (end === 'done') for (const { column } of row.nulled) bump(nullCells, column);
    },
    counts(filtered, due) {
      const { rejected, ...counted } = rows;
      // Where so many rows are wanted, others are made in place of lost ones.
      const lost = Number.isFinite(wanted) ? 0 : rows.failed + rejected;
      const seen = rows.done + rows.skipped + rows.unfinished + lost;
      const unfinished = rows.unfinished + Math.max(0, (due ?? seen) - seen);
      return { ...counted, filtered, unfinished, ...(wanted !== undefined && { rejected }) };
    },
    failures: () => sorted(failures),
    nullCells: () => sorted(nullCells),
    validity() {
      const reports = validity.reports().map(({ name, ...counts }) => [name, counts] as const);
      return reports.length === 0 ? undefined : Object.fromEntries(reports);
    },
    accept: () =>
      wanted === undefined ? undefined : { wanted: Number.isFinite(wanted) ? wanted : null, ...attempts },
  };
}

function bump(counts: Map<string, number>, name: string): void {
  counts.set(name, (counts.get(name) ?? 0) + 1);
}

const sorted = (counts: ReadonlyMap<string, number>): Readonly<Record<string, number>> =>
  Object.fromEntries([...counts].sort(([a], [b]) => (a < b ? -1 : 1)));
