import type { Json, JsonObject } from '../core/json.js';
import type { CellOutcome, MediaFiles } from '../columns/types.js';
import { createRandom, createRandoms, type Random } from '../core/random.js';
import { wellFormed } from '../core/well-formed.js';
import type { CachePolicy, Models } from '../models/types.js';
import { withCachePolicy } from '../models/models.js';
import { isTrue } from '../template/condition.js';
import { withoutSample, type IdentifiedRow } from './row-identity.js';
import type { FinishedRow, Plan, PlannedColumn, RetryScope } from './types.js';
import { isUntried, type Failure } from '../core/failure.js';
import { lastAnswer, rawColumn } from '../columns/raw-column.js';
import type { CellFailure, EventSink } from '../core/events.js';

/** How a cell ended. `blocked`: a cell that it reads failed, so it was never tried. */
type CellEnd = 'done' | 'skipped' | 'failed' | 'blocked';

export interface RowContext {
  readonly models: Models;
  readonly media?: MediaFiles | undefined;
  readonly emit: EventSink;
  /** Left out, every cell is made as usual. */
  readonly retry?: RetryScope | undefined;
}

/** A column of a plan, with what is the same in every row. */
interface Step {
  readonly planned: PlannedColumn;
  readonly name: string;
  /** The places of the columns that it depends on: steps before it. */
  readonly dependsOn: readonly number[];
  /** The generators of its cells. */
  readonly randoms: ReturnType<typeof createRandoms>;
}

const known = new WeakMap<Plan, readonly Step[]>();

function stepsOf(plan: Plan): readonly Step[] {
  const found = known.get(plan);
  if (found) return found;
  const places = new Map(plan.columns.map(({ column }, place) => [column.name, place]));
  const steps = plan.columns.map((planned, place) => ({
    planned,
    name: planned.column.name,
    dependsOn: planned.dependsOn.flatMap((name) => {
      const at = places.get(name);
      return at === undefined || at >= place ? [] : [at];
    }),
    randoms: createRandoms(plan.randomSeed, planned.column.name),
  }));
  known.set(plan, steps);
  return steps;
}

const NOTHING: readonly never[] = [];

/**
 * Makes every cell of one row. A column waits only for the columns it reads. A failed cell blocks the cells that
 * depend on it, and no others, unless its `on_error` makes it null. Cells that are made at once cost no promise, and
 * neither does a row of nothing else, as of samplers and expressions.
 */
export function makeRow(
  plan: Plan,
  { index, attempt = 0, seed: given, ids }: IdentifiedRow,
  { models, media, emit, retry }: RowContext,
): FinishedRow | Promise<FinishedRow> {
  const steps = stepsOf(plan);
  // Seeds of plugins may hold half characters too.
  const seed = wellFormed(given);
  let cells: Record<string, Json> = {};
  /** What a cell can read: the seed's values and the cells so far. Without a seed these are the same. */
  const isSeedless = Object.keys(seed).length === 0;
  let scope: Record<string, Json> = isSeedless ? cells : { ...seed };
  /** A cell that is still being made has the scope, and must not see it change. */
  let isScopeHeld = false;
  const failures: CellFailure[] = [];
  const nulled: CellFailure[] = [];
  const skipped: string[] = [];
  /** Columns that are retried in this row, and columns that depend on them. */
  const retried = retry && new Set<string>();
  const ends: (CellEnd | Promise<CellEnd>)[] = [];

  const keep = (name: string, value: Json): void => {
    if (isScopeHeld) scope = { ...scope };
    isScopeHeld = false;
    scope[name] = value;
    if (isSeedless) cells = scope;
    else cells[name] = value;
  };
  const keepAll = (made: JsonObject): void => {
    for (const name of Object.keys(made)) keep(name, made[name] ?? null);
  };

  const make = (step: Step): CellEnd | Promise<CellEnd> => {
    if (step.dependsOn.length === 0) return makeCell(step, NOTHING);
    const upstream = step.dependsOn.map((place) => ends[place]);
    return areSettled(upstream)
      ? makeCell(step, upstream)
      : Promise.all(upstream).then((settled) => makeCell(step, settled));
  };

  const makeCell = (step: Step, upstream: readonly (CellEnd | undefined)[]): CellEnd | Promise<CellEnd> => {
    const { planned, name, randoms } = step;
    const { column } = planned;
    if (upstream.includes('failed') || upstream.includes('blocked')) return 'blocked';

    const rowId = ids.get(name) ?? '';
    const fate = retry?.fate(name, rowId);
    if (fate !== undefined && fate !== 'retry') return fail(planned, fate);
    if (retried && (fate === 'retry' || planned.dependsOn.some((other) => retried.has(other))))
      retried.add(name);

    const skip = decideSkip(planned, scope, upstream.includes('skipped'), () =>
      createRandom(plan.randomSeed, name, withoutSample(rowId), 'skip'),
    );
    if (typeof skip === 'string') return fail(planned, { class: 'template', message: skip, attempts: [] });
    if (skip) {
      for (const made of column.makes) keep(made, null);
      keep(name, planned.skip?.value ?? null);
      skipped.push(name);
      emit({ kind: 'cell-skipped', row: index, column: name });
      return 'skipped';
    }

    const outcome = column.generate(scope, {
      models: retry
        ? withCachePolicy(models, cachePolicyOf(fate, retry.mayAsk === true || retried?.has(name) === true))
        : models,
      media,
      row: index,
      rowId,
      random: () => randoms.of(withoutSample(rowId)),
      note: (text) => emit({ kind: 'cell-note', column: name, text, rows: 1 }),
    });
    if ('state' in outcome) return finish(planned, outcome);
    isScopeHeld = true;
    return outcome.then((made) => finish(planned, made));
  };

  const finish = (planned: PlannedColumn, outcome: CellOutcome): CellEnd => {
    if (outcome.state === 'failed') return fail(planned, outcome.failure);
    const { name } = planned.column;
    if (outcome.state === 'value') keep(name, wellFormed(outcome.value));
    else keepAll(wellFormed(outcome.cells));
    emit({ kind: 'cell-done', row: index, column: name });
    return 'done';
  };

  const fail = ({ column: { name, makes }, onError }: PlannedColumn, failure: Failure): CellEnd => {
    const cell: CellFailure = {
      row: index,
      ...(attempt > 0 && { attempt }),
      column: name,
      sample: ids.get(name) ?? '',
      failure,
    };
    // What every cell would meet is not about this one: the next run makes it.
    if (onError === 'fail' || isUntried(failure)) {
      failures.push(cell);
      emit({ kind: 'cell-failed', ...cell });
      return 'failed';
    }
    for (const made of makes) keep(made, null);
    if (onError === 'keep_raw') keep(rawColumn(name), wellFormed(lastAnswer(failure)));
    const instead: CellFailure = { ...cell, instead: onError };
    nulled.push(instead);
    emit({ kind: 'cell-failed', ...instead });
    return 'done';
  };

  for (const step of steps) ends.push(make(step));
  const finished = (): FinishedRow => ({ index, attempt, seed, cells, failures, nulled, skipped });
  return areSettled(ends) ? finished() : Promise.all(ends).then(finished);
}

const areSettled = (
  ends: readonly (CellEnd | Promise<CellEnd> | undefined)[],
): ends is readonly (CellEnd | undefined)[] => ends.every((end) => typeof end !== 'object');

/** In a retry, only cells that failed and cells that depend on them may send requests. */
function cachePolicyOf(fate: 'retry' | undefined, mayAsk: boolean): CachePolicy {
  if (fate === 'retry') return 'refresh';
  return mayAsk ? 'cache-first' : 'cache-only';
}

/** True to skip the cell; a sentence when the condition could not be evaluated. */
function decideSkip(
  planned: PlannedColumn,
  scope: JsonObject,
  upstreamSkipped: boolean,
  random: () => Random,
): boolean | string {
  if (upstreamSkipped && planned.propagateSkip) return true;
  if (!planned.skip) return false;
  const { when } = planned.skip;
  const text = when.render(scope, when.usesRandom === true ? { random: random() } : {});
  return text.ok ? isTrue(text.value) : `skip.when: ${text.error}`;
}
