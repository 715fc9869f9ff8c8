import { DEFAULTS } from '../core/defaults.js';
import { typeMismatchFinder, type TypeMismatch } from '../dataset/parquet-schema.js';
import type { AcceptCounts } from '../dataset/metadata.js';
import { createQuota, untilEnough } from '../engine/attempts.js';
import { runRows, type RunRowsInput } from '../engine/run-rows.js';
import type { FinishedRow, Plan, RetryScope } from '../engine/types.js';
import type { Window } from '../engine/in-flight-window.js';
import type { Json, JsonObject } from '../core/json.js';
import type { Models } from '../models/types.js';
import type { PassingRow } from '../processors/types.js';
import type { UsageEntry } from '../models/usage/usage.js';
import { stopOnErrorRate } from './error-rate.js';
import { stopOnFailingColumn } from './failing-column.js';
import { openModels, type OpenedModels, type RunModelsOptions } from './open-models.js';
import { createRowCounter, rowEnd, type RowCounter } from './row-counter.js';
import type { RowSink } from './row-sink.js';
import type { OpenedRows } from './seed-rows.js';
import { stopOnFatal, type RunStopper } from './stop.js';
import type { CellFailure, EventSink, RunEvent, StopReason } from '../core/events.js';

export interface RunPlanInput
  extends Omit<RunModelsOptions, 'emit'>, Omit<MakeRowsInput, 'models' | 'emit' | 'stored' | 'stopper'> {
  /** Look for the resume point of an earlier run. */
  readonly resume: boolean;
  readonly onEvent: EventSink;
  /** Workers make the cells. */
  readonly queue?: RunOnQueue | undefined;
}

/** Lets workers make the cells of a run; see `queue/run-on-queue.ts`. */
export type RunOnQueue = (opened: OpenedModels, input: RunPlanInput) => Promise<QueuedRun>;

export interface QueuedRun extends Required<Pick<RunRowsInput, 'arrive' | 'retry'>> {
  readonly models: Models;
  readonly usage: () => readonly UsageEntry[];
  close(): Promise<void>;
}

export interface RunResult extends MadeRows {
  /** Why the run was stopped early, if it was. */
  readonly reason: StopReason | undefined;
  readonly usage: readonly UsageEntry[];
}

/** The third step of a run: makes the rows, with models and a store that are open meanwhile. */
export async function runPlan(input: RunPlanInput): Promise<RunResult> {
  const { plan, stopper, resume } = input;
  let isAsking = false;
  const notes = new Map<string, Extract<RunEvent, { readonly kind: 'cell-note' }>>();
  const onEvent: EventSink = (event) => {
    if (event.kind === 'cell-note') {
      const key = `${event.column} ${event.text}`;
      notes.set(key, { ...event, rows: (notes.get(key)?.rows ?? 0) + event.rows });
      return;
    }
    if (event.kind === 'call-start') isAsking = true;
    input.onEvent(event);
  };
  const early = stopOnErrorRate(stopOnFatal(onEvent, stopper), stopper, plan.recipe.run_config ?? {});
  const isReal = input.answers.dryRun !== true && input.retry === undefined;
  const emit = isReal ? stopOnFailingColumn(early, stopper, plan) : early;
  const opened = await openModels({ ...input, emit });
  const { models, stored, close } = opened;
  try {
    const queued = await input.queue?.(opened, input);
    const making = makeRows({
      ...input,
      models,
      emit,
      stored: resume && !queued ? stored() : undefined,
      isAsking: () => isAsking,
      ...(queued && { models: queued.models, arrive: queued.arrive, retry: queued.retry }),
    });
    const made = await making.finally(() => queued?.close());
    for (const note of notes.values()) input.onEvent(note);
    return { ...made, reason: stopper.reason, usage: queued?.usage() ?? models.usage() };
  } finally {
    await close();
  }
}

export interface MakeRowsInput {
  readonly plan: Plan;
  readonly rows: OpenedRows;
  /** With `accept`: how many rows must be accepted, `Infinity` for all that the seed gives. */
  readonly wanted?: number | undefined;
  readonly models: Models;
  /** True once a request was sent: then rows may be started that are needed only probably. */
  readonly isAsking?: () => boolean;
  /** The stored answers, when an earlier run may have been interrupted. */
  readonly stored?: Models | undefined;
  /** Sends rows to workers before they are made here. */
  readonly arrive?: RunRowsInput['arrive'];
  readonly retry?: RetryScope | undefined;
  readonly sink: RowSink;
  readonly emit: EventSink;
  readonly stopper: Pick<RunStopper, 'stopped' | 'exitNow' | 'stop' | 'finish'>;
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
  const { plan, rows, wanted, models, stored, retry, sink, emit, stopper } = input;
  const { onRecord, onRow, showAll = false, isAsking = () => true, arrive } = input;
  const validated = plan.recipe.columns.filter(({ column_type: type }) => type === 'validation');
  const counter = createRowCounter(
    wanted,
    validated.map(({ name }) => name),
  );
  const findMismatch = typeMismatchFinder(plan.made);
  const recordOf = recordMaker(plan);
  const check = (row: FinishedRow): CheckedRow => {
    const { record } = row;
    return record ? { row, record } : withTypeMismatches(row, plan, recordOf, findMismatch, emit);
  };
  let shown = 0;
  let readToEnd = false;
  const columns = plan.columns.map(({ column: { name, modelAliases } }) => ({ name, modelAliases }));
  const watchEnd: EventSink = (event) => {
    if (event.kind === 'rows-counted') readToEnd = true;
    emit(event);
  };
  const guess = (): number => guessRows(rows, counter.accept());
  let expected = guess();
  emit({
    kind: 'start',
    columns,
    rows: expected,
    ...(wanted !== undefined && { wanted: Number.isFinite(wanted) ? wanted : null }),
  });
  const finished = runRows({
    plan,
    seeds: rows.rows,
    models,
    media: sink.media,
    // Where rows are chosen, it is not known which rows behind the resume point are needed.
    stored: wanted === undefined ? stored : undefined,
    retry,
    arrive: arrive && ((read, room) => arrive(afterEach(read, tellGuess), room)),
    window: windowOf(plan),
    emit: watchEnd,
    stop: stopper.stopped,
    exitNow: stopper.exitNow,
    complete: (made) => {
      const { row, record } = check(made);
      return { ...row, record };
    },
    quota: plan.accept && wanted !== undefined ? createQuota(wanted, plan.accept, isAsking) : undefined,
  });
  const tellGuess = (): void => {
    if (readToEnd || guess() === expected) return;
    expected = guess();
    emit({ kind: 'rows-guessed', rows: expected });
  };
  const onCounted = (count: number): void => watchEnd({ kind: 'rows-counted', rows: count });
  const passing = async function* (): AsyncGenerator<PassingRow> {
    for await (const made of wantedRows(finished, input, onCounted)) {
      const { row, record } = check(made);
      const end = rowEnd(row, plan);
      counter.add(end, row);
      if (end !== 'unfinished' && !isSound(row)) await tellLost({ ...row, record }, sink, emit);
      if (end === 'done' || end === 'skipped') yield { row: record, number: row.index };
      if (end !== 'unfinished') emit({ kind: 'row-end', row: row.index, state: end });
      tellGuess();
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

/** The values that are read, with a call after each. */
async function* afterEach<T>(values: AsyncGenerator<T>, call: () => void): AsyncGenerator<T> {
  for await (const value of values) {
    call();
    yield value;
  }
}

/** True for a row with nothing to tell. */
const isSound = ({ failures, nulled, rejection, earlier }: FinishedRow): boolean =>
  failures.length === 0 && nulled.length === 0 && !rejection && (earlier ?? []).length === 0;

/** Writes down the failed cells and the rejection of a row and of its earlier attempts. */
async function tellLost(row: FinishedRow, sink: RowSink, emit: EventSink): Promise<void> {
  for (const each of [...(row.earlier ?? []), row]) {
    const instead = each === row ? {} : { instead: 'next_attempt' as const };
    const failed = each.failures.map((failure) => ({ ...failure, ...instead }));
    await sink.fail([...failed, ...each.nulled], each.seed);
    const { index, attempt, rejection, record } = each;
    if (!rejection || !record) continue;
    await sink.reject({ row: index, attempt, ...instead, ...rejection, record });
    emit({ kind: 'row-rejected', row: index, attempt, reason: rejection.reason });
  }
}

/** With `accept`, the rows up to the last one that is needed. */
function wantedRows(
  rows: AsyncIterable<FinishedRow>,
  { plan: { accept }, wanted, stopper }: MakeRowsInput,
  onCounted: (rows: number) => void,
): AsyncIterable<FinishedRow> {
  if (!accept || wanted === undefined) return rows;
  return untilEnough(rows, accept, {
    wanted,
    onEnough({ index }) {
      onCounted(index + 1);
      stopper.finish();
    },
    onHopeless: (row, count, accepted) => stopper.stop(hopeless(row, count, accepted)),
  });
}

function hopeless({ rejection, failures }: FinishedRow, rows: number, accepted: number): StopReason {
  const read = Object.entries(rejection?.read ?? {}).map(([path, value]) => `${path} = ${excerpt(value)}`);
  const last = failures[0]?.failure.message ?? (read.length > 0 ? read.join(', ') : rejection?.reason);
  const which = accepted === 0 ? `none of the first ${rows} rows` : `none of the last ${rows} rows`;
  return {
    kind: 'limit',
    limit: 'accept',
    message: `${which} was accepted; the last one: ${last}`,
    hint: 'rejected.jsonl and failures.jsonl have the rows: correct `accept`, or write a larger `give_up_after` under it, then run the same command again',
  };
}

function excerpt(value: Json): string {
  const text = JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}

/** Where rows are chosen, as many as it takes if they go on being accepted as often as so far. */
function guessRows({ count, expected }: OpenedRows, accept: AcceptCounts | undefined): number {
  if (!accept || accept.wanted === null) return expected();
  const { wanted, accepted, rejected, failed } = accept;
  const made = accepted + rejected + failed;
  const needed = Math.ceil((wanted * (made + 1)) / (accepted + 1));
  return Math.max(Math.min(needed, count ?? Infinity), Math.min(wanted, count ?? Infinity));
}

interface CheckedRow {
  readonly row: FinishedRow;
  readonly record: JsonObject;
}

/**
 * The row as it is written. A value that its column cannot hold makes its row fail, or is null by `on_error`; the other
 * rows are written.
 */
function withTypeMismatches(
  row: FinishedRow,
  plan: Plan,
  recordOf: RecordMaker,
  find: (record: JsonObject) => TypeMismatch | undefined,
  emit: EventSink,
): CheckedRow {
  const record = recordOf(row);
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
  return withTypeMismatches(nulled, plan, recordOf, find, emit);
}

/** The last step of an attempt before `accept` judges it, where no one is told. */
export function completer(plan: Plan): (row: FinishedRow) => FinishedRow {
  const [recordOf, find] = [recordMaker(plan), typeMismatchFinder(plan.made)];
  return (row) => withTypeMismatches(row, plan, recordOf, find, () => undefined).row;
}

/**
 * Rows are yielded in seed order, so a slow row holds back the finished rows behind it. Many of those may wait,
 * to keep the models busy; few rows may be unfinished, because they take the most memory.
 */
/** Requests that may be in flight, to all models. */
export const parallelOf = (plan: Plan): number =>
  [...plan.models.values()].reduce(
    (sum, model) => sum + (model.parameters.max_parallel_requests ?? DEFAULTS.max_parallel_requests),
    0,
  );

export function windowOf(plan: Plan): Window {
  const parallel = parallelOf(plan);
  return {
    unfinished: Math.max(64, 4 * parallel),
    rows: Math.max(1024, 64 * parallel),
    bytes: 128 * 2 ** 20,
  };
}

/** The row as it is written, if no value is of a wrong type. */
type RecordMaker = (row: FinishedRow) => JsonObject;

/** Every record is a copy of the same empty one: such objects are small, and quick to fill and to write. */
export function recordMaker({ made }: Plan): RecordMaker {
  const names = made.map(({ name }) => name);
  const empty: JsonObject = Object.fromEntries(names.map((name) => [name, null]));
  return ({ seed, cells }) => {
    const record: Record<string, Json> = { ...empty };
    // It has them all already, so a column called `__proto__` is a value like any other.
    for (const name of names) record[name] = (Object.hasOwn(cells, name) ? cells[name] : seed[name]) ?? null;
    return record;
  };
}
