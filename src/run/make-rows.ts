import { DEFAULTS } from '../core/defaults.js';
import { misfitFinder, type Misfit } from '../dataset/parquet-schema.js';
import { runRows } from '../engine/run-rows.js';
import type { FinishedRow, Plan } from '../engine/types.js';
import type { Window } from '../engine/in-flight-window.js';
import type { Json, JsonObject } from '../core/json.js';
import type { Models } from '../models/types.js';
import type { RowSink } from './row-sink.js';
import type { RunRequest } from './request.js';
import type { OpenedRows } from './seed-rows.js';
import type { RowCounts } from '../dataset/metadata.js';
import { isUntried } from '../core/failure.js';
import type { CellFailure, EventSink, RowState } from '../core/events.js';

export interface MakeRowsInput {
  readonly request: Pick<RunRequest, 'plan' | 'preview' | 'onRecord' | 'retry'>;
  readonly rows: OpenedRows;
  readonly models: Models;
  readonly sink: RowSink;
  readonly emit: EventSink;
  readonly stop: AbortSignal;
  readonly leave?: AbortSignal;
  /** The stored answers, when an earlier run may have been broken off. */
  readonly stored?: Models | undefined;
}

/** Makes the rows and hands each to where it goes. */
export async function makeRows(
  input: MakeRowsInput,
): Promise<{ readonly accounts: Accounts; readonly readToEnd: boolean }> {
  const { request, rows, models, sink, emit, stop, leave, stored } = input;
  const { plan } = request;
  const accounts = openAccounts();
  const findMisfit = misfitFinder(plan.output);
  let shown = 0;
  let readToEnd = false;
  const columns = plan.columns.map(({ column: { name, modelAliases } }) => ({ name, modelAliases }));
  const watch: EventSink = (event) => {
    if (event.kind === 'rows-counted') readToEnd = true;
    emit(event);
  };
  let expected = rows.expected();
  emit({ kind: 'start', columns, rows: expected });
  for await (const made of runRows({
    plan,
    seeds: rows.rows,
    models,
    emit: watch,
    stop,
    exitNow: leave,
    window: windowOf(plan),
    retry: request.retry?.scope,
    stored,
  })) {
    if (!readToEnd && rows.expected() !== expected) {
      expected = rows.expected();
      emit({ kind: 'rows-guessed', rows: expected });
    }
    const record = outputRow(made, plan);
    const row = withMisfit(made, findMisfit(record), emit);
    const end = rowEnd(row, plan);
    accounts.add(end, row);
    if (end === 'done' || end === 'skipped') {
      await sink.keep(record);
      if (request.preview || shown === 0) request.onRecord?.(record, row.index);
      shown += 1;
    } else if (end === 'failed') await sink.reject(row);
    if (end !== 'unfinished') emit({ kind: 'row-end', row: row.index, state: end });
  }
  return { accounts, readToEnd };
}

/** A value that its column cannot hold makes the row fail; no value stops the others from being written. */
function withMisfit(row: FinishedRow, misfit: Misfit | undefined, emit: EventSink): FinishedRow {
  if (!misfit || row.failures.length > 0) return row;
  const failure: CellFailure = {
    row: row.index,
    column: misfit.column,
    failure: { class: 'schema', message: misfit.message, attempts: [] },
  };
  emit({ kind: 'cell-failed', ...failure });
  return { ...row, failures: [failure] };
}

/**
 * Rows leave in seed order, so the slowest one holds up those behind it: they may be many, that the models
 * are kept busy meanwhile. Few of them are unfinished at once, for those take the most memory.
 */
function windowOf(plan: Plan): Window {
  const parallel = [...plan.models.values()].reduce(
    (sum, model) => sum + (model.parameters.max_parallel_requests ?? DEFAULTS.max_parallel_requests),
    0,
  );
  return {
    unfinished: Math.max(64, 4 * parallel),
    rows: Math.max(1024, 64 * parallel),
    bytes: 128 * 2 ** 20,
  };
}

function outputRow({ seed, cells }: FinishedRow, plan: Plan): JsonObject {
  const valueOf = (name: string): Json => (Object.hasOwn(cells, name) ? cells[name] : seed[name]) ?? null;
  return Object.fromEntries(plan.output.map(({ name }) => [name, valueOf(name)]));
}

/** How a finished row counts. `unfinished` rows are neither kept nor lost: the next run makes them. */
type RowEnd = RowState | 'unfinished';

function rowEnd(row: FinishedRow, plan: Plan): RowEnd {
  if (row.failures.some(({ failure }) => isUntried(failure))) return 'unfinished';
  if (row.failures.length > 0) return 'failed';
  return plan.columns.length > 0 && row.skipped.length === plan.columns.length ? 'skipped' : 'done';
}

/** Counts rows by how they ended, and failures by class. */
interface Accounts {
  add(end: RowEnd, row: FinishedRow): void;
  counts(filtered: number, due: number | undefined): RowCounts;
  failures(): Readonly<Record<string, number>>;
}

function openAccounts(): Accounts {
  const rows = { done: 0, failed: 0, skipped: 0, filtered: 0, unfinished: 0 };
  const failures = new Map<string, number>();
  return {
    add(end, row) {
      rows[end] += 1;
      if (end !== 'failed') return;
      for (const { failure } of row.failures)
        failures.set(failure.class, (failures.get(failure.class) ?? 0) + 1);
    },
    counts(filtered, due) {
      const seen = rows.done + rows.failed + rows.skipped + rows.unfinished;
      return { ...rows, filtered, unfinished: rows.unfinished + Math.max(0, (due ?? seen) - seen) };
    },
    failures: () => Object.fromEntries([...failures].sort(([a], [b]) => (a < b ? -1 : 1))),
  };
}
