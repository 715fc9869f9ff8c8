import { misfitFinder, type Misfit } from '../dataset/misfits.js';
import { runRows } from '../engine/run-rows.js';
import type { CellFailure, EventSink, FinishedRow, Plan } from '../engine/types.js';
import type { Window } from '../engine/window.js';
import type { Json, JsonObject } from '../json.js';
import type { Models } from '../models/types.js';
import { openAccounts, rowEnd, type Accounts } from './row-accounts.js';
import type { RowSink } from './row-sink.js';
import type { RunRequest } from './run-request.js';
import type { OpenedRows } from './seed-rows.js';

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
    leave,
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
    (sum, model) => sum + (model.parameters.max_parallel_requests ?? 4),
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
