import { DEFAULTS } from '../core/defaults.js';
import { typeMismatchFinder, type TypeMismatch } from '../dataset/parquet-schema.js';
import type { RowCounts } from '../dataset/metadata.js';
import { runRows } from '../engine/run-rows.js';
import type { FinishedRow, Plan, RetryScope } from '../engine/types.js';
import type { Window } from '../engine/in-flight-window.js';
import { isUntried } from '../core/failure.js';
import type { Json, JsonObject } from '../core/json.js';
import type { Models } from '../models/types.js';
import type { PassingRow } from '../processors/types.js';
import type { UsageEntry } from '../models/usage/usage.js';
import { stopOnErrorRate } from './error-rate.js';
import { stopOnFailingColumn } from './failing-column.js';
import { openModels, type RunModelsOptions } from './open-models.js';
import type { RowSink } from './row-sink.js';
import type { OpenedRows } from './seed-rows.js';
import { stopOnFatal, type RunStopper } from './stop.js';
import type { CellFailure, EventSink, RowState, StopReason } from '../core/events.js';

export interface RunPlanInput
  extends Omit<RunModelsOptions, 'emit'>, Omit<MakeRowsInput, 'models' | 'emit' | 'stored' | 'stopper'> {
  /** Look for the resume point of an earlier run. */
  readonly resume: boolean;
  readonly onEvent: EventSink;
}

export interface RunResult extends MadeRows {
  /** Why the run was stopped early, if it was. */
  readonly reason: StopReason | undefined;
  readonly usage: readonly UsageEntry[];
}

/** The third step of a run: makes the rows, with models and a store that are open meanwhile. */
export async function runPlan(input: RunPlanInput): Promise<RunResult> {
  const { plan, stopper, onEvent, resume } = input;
  const early = stopOnErrorRate(stopOnFatal(onEvent, stopper), stopper, plan.recipe.run_config ?? {});
  const isReal = input.answers.dryRun !== true && input.retry === undefined;
  const emit = isReal ? stopOnFailingColumn(early, stopper, plan) : early;
  const { models, stored, close } = await openModels({ ...input, emit });
  try {
    const made = await makeRows({ ...input, models, emit, stored: resume ? stored() : undefined });
    return { ...made, reason: stopper.reason, usage: models.usage() };
  } finally {
    await close();
  }
}

export interface MakeRowsInput {
  readonly plan: Plan;
  readonly rows: OpenedRows;
  readonly models: Models;
  /** The stored answers, when an earlier run may have been interrupted. */
  readonly stored?: Models | undefined;
  readonly retry?: RetryScope | undefined;
  readonly sink: RowSink;
  readonly emit: EventSink;
  readonly stopper: Pick<RunStopper, 'stopped' | 'exitNow'>;
  /** Called with the first row, or with all. */
  readonly onRecord?: ((row: JsonObject, number: number) => void) | undefined;
  /** Called with every row. */
  readonly onRow?: ((row: JsonObject) => void) | undefined;
  readonly showAll?: boolean;
}

export interface MadeRows {
  readonly counter: RowCounter;
  /** True when the last row of the seed was started. */
  readonly readToEnd: boolean;
}

/** Makes the rows and passes each to the sink. */
export async function makeRows(input: MakeRowsInput): Promise<MadeRows> {
  const { plan, rows, models, stored, retry, sink, emit, stopper, onRecord, onRow, showAll = false } = input;
  const counter = createRowCounter();
  const findMismatch = typeMismatchFinder(plan.made);
  let shown = 0;
  let readToEnd = false;
  const columns = plan.columns.map(({ column: { name, modelAliases } }) => ({ name, modelAliases }));
  const watchEnd: EventSink = (event) => {
    if (event.kind === 'rows-counted') readToEnd = true;
    emit(event);
  };
  let expected = rows.expected();
  emit({ kind: 'start', columns, rows: expected });
  const finished = runRows({
    plan,
    seeds: rows.rows,
    models,
    stored,
    retry,
    window: windowOf(plan),
    emit: watchEnd,
    stop: stopper.stopped,
    exitNow: stopper.exitNow,
  });
  const passing = async function* (): AsyncGenerator<PassingRow> {
    for await (const made of finished) {
      if (!readToEnd && rows.expected() !== expected) {
        expected = rows.expected();
        emit({ kind: 'rows-guessed', rows: expected });
      }
      const { row, record } = withTypeMismatches(made, plan, findMismatch, emit);
      const end = rowEnd(row, plan);
      counter.add(end, row);
      const failures = row.failures.length + row.nulled.length > 0 ? [...row.failures, ...row.nulled] : [];
      if (end !== 'unfinished' && failures.length > 0) await sink.fail(failures, row.seed);
      if (end === 'done' || end === 'skipped') yield { row: record, number: row.index };
      if (end !== 'unfinished') emit({ kind: 'row-end', row: row.index, state: end });
    }
  };
  for await (const { row, number } of sink.process(passing())) {
    await sink.keep(row);
    onRow?.(row);
    // Processors may make several rows of one, or change their order.
    if (showAll || shown === 0) onRecord?.(row, plan.processors.length > 0 ? shown : number);
    shown += 1;
  }
  return { counter, readToEnd };
}

/**
 * The row as it is written. A value that its column cannot hold makes its row fail, or is null by `on_error`; the other
 * rows are written.
 */
function withTypeMismatches(
  row: FinishedRow,
  plan: Plan,
  find: (record: JsonObject) => TypeMismatch | undefined,
  emit: EventSink,
): { readonly row: FinishedRow; readonly record: JsonObject } {
  const record = madeRow(row, plan);
  const mismatch = row.failures.length > 0 ? undefined : find(record);
  if (!mismatch) return { row, record };
  const { column, message } = mismatch;
  const { onError = 'fail' } = plan.columns.find((planned) => planned.column.makes.includes(column)) ?? {};
  const failure: CellFailure = {
    row: row.index,
    column,
    failure: { class: 'schema', message, attempts: [] },
    ...(onError !== 'fail' && { instead: onError }),
  };
  emit({ kind: 'cell-failed', ...failure });
  if (onError === 'fail') return { row: { ...row, failures: [failure] }, record };
  const nulled = { ...row, cells: { ...row.cells, [column]: null }, nulled: [...row.nulled, failure] };
  return withTypeMismatches(nulled, plan, find, emit);
}

/**
 * Rows are yielded in seed order, so a slow row holds back the finished rows behind it. Many of those may wait,
 * to keep the models busy; few rows may be unfinished, because they take the most memory.
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

function madeRow({ seed, cells }: FinishedRow, plan: Plan): JsonObject {
  const valueOf = (name: string): Json => (Object.hasOwn(cells, name) ? cells[name] : seed[name]) ?? null;
  return Object.fromEntries(plan.made.map(({ name }) => [name, valueOf(name)]));
}

/** How a finished row counts. `unfinished` rows are not kept and not lost: the next run makes them. */
type RowEnd = RowState | 'unfinished';

/** A row that was not tried, or met a refused key, is `unfinished`: the failure says nothing about the row. */
function rowEnd(row: FinishedRow, plan: Plan): RowEnd {
  if (row.failures.some(({ failure }) => isUntried(failure))) return 'unfinished';
  if (row.failures.length > 0) return 'failed';
  return plan.columns.length > 0 && row.skipped.length === plan.columns.length ? 'skipped' : 'done';
}

/** Counts rows by how they ended, and failures by class. */
interface RowCounter {
  add(end: RowEnd, row: FinishedRow): void;
  /** @param due how many rows there are; rows that were never started are `unfinished` */
  counts(filtered: number, due: number | undefined): RowCounts;
  failures(): Readonly<Record<string, number>>;
  /** Failed cells of rows that were kept, by column. */
  nullCells(): Readonly<Record<string, number>>;
}

function createRowCounter(): RowCounter {
  const rows = { done: 0, failed: 0, skipped: 0, filtered: 0, unfinished: 0 };
  const failures = new Map<string, number>();
  const nullCells = new Map<string, number>();
  const bump = (counts: Map<string, number>, name: string): unknown =>
    counts.set(name, (counts.get(name) ?? 0) + 1);
  const sorted = (counts: ReadonlyMap<string, number>): Readonly<Record<string, number>> =>
    Object.fromEntries([...counts].sort(([a], [b]) => (a < b ? -1 : 1)));
  return {
    add(end, row) {
      rows[end] += 1;
      if (end === 'failed') for (const { failure } of row.failures) bump(failures, failure.class);
      if (end === 'done') for (const { column } of row.nulled) bump(nullCells, column);
    },
    counts(filtered, due) {
      const seen = rows.done + rows.failed + rows.skipped + rows.unfinished;
      return { ...rows, filtered, unfinished: rows.unfinished + Math.max(0, (due ?? seen) - seen) };
    },
    failures: () => sorted(failures),
    nullCells: () => sorted(nullCells),
  };
}
