import type { Json, JsonObject } from '../core/json.js';
import type { CellOutcome } from '../columns/types.js';
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
  readonly emit: EventSink;
  /** Left out, every cell is made as usual. */
  readonly retry?: RetryScope | undefined;
}

/**
 * Makes every cell of one row. A column waits only for the columns it reads. A failed cell blocks the cells that
 * depend on it, and no others, unless its `on_error` makes it null. A cell that is made at once costs no promise: rows
 * of samplers and expressions consist of nothing else.
 */
export async function makeRow(
  plan: Plan,
  { index, attempt = 0, seed: given, ids }: IdentifiedRow,
  context: RowContext,
): Promise<FinishedRow> {
  // Seeds of plugins may hold half characters too.
  const seed = wellFormed(given);
  const cells: Record<string, Json> = {};
  /** What a cell can read: the seed's values and the cells so far. */
  let scope: Record<string, Json> = { ...seed };
  /** A cell that is still being made has the scope, and must not see it change. */
  let isScopeHeld = false;
  const failures: CellFailure[] = [];
  const nulled: CellFailure[] = [];
  const skipped: string[] = [];
  /** Columns that are retried in this row, and columns that depend on them. */
  const retried = new Set<string>();
  const ends = new Map<string, CellEnd | Promise<CellEnd>>();

  const keep = (made: JsonObject): void => {
    if (isScopeHeld) scope = { ...scope };
    isScopeHeld = false;
    for (const [name, value] of Object.entries(made)) {
      scope[name] = value;
      cells[name] = value;
    }
  };

  const make = (planned: PlannedColumn): CellEnd | Promise<CellEnd> => {
    const upstream = planned.dependsOn.map((name) => ends.get(name));
    return upstream.every((end) => typeof end !== 'object')
      ? makeCell(planned, upstream)
      : Promise.all(upstream).then((settled) => makeCell(planned, settled));
  };

  const makeCell = (
    planned: PlannedColumn,
    upstream: readonly (CellEnd | undefined)[],
  ): CellEnd | Promise<CellEnd> => {
    const { column } = planned;
    if (upstream.some((end) => end === 'failed' || end === 'blocked')) return 'blocked';

    const rowId = ids.get(column.name) ?? '';
    const fate = context.retry?.fate(column.name, rowId);
    if (fate !== undefined && fate !== 'retry') return fail(planned, fate);
    if (fate === 'retry' || planned.dependsOn.some((name) => retried.has(name))) retried.add(column.name);

    const skip = decideSkip(planned, scope, upstream.includes('skipped'), () =>
      createRandom(plan.randomSeed, column.name, rowId, 'skip'),
    );
    if (typeof skip === 'string') return fail(planned, { class: 'template', message: skip, attempts: [] });
    if (skip) {
      keep({
        ...Object.fromEntries(column.makes.map((name) => [name, null])),
        [column.name]: planned.skip?.value ?? null,
      });
      skipped.push(column.name);
      context.emit({ kind: 'cell-skipped', row: index, column: column.name });
      return 'skipped';
    }

    const outcome = column.generate(scope, {
      models: context.retry
        ? withCachePolicy(
            context.models,
            cachePolicyOf(fate, context.retry.mayAsk === true || retried.has(column.name)),
          )
        : context.models,
      row: index,
      rowId,
      random: () => randomsOf(plan, column.name).of(withoutSample(rowId)),
    });
    if ('state' in outcome) return finish(planned, outcome);
    isScopeHeld = true;
    return outcome.then((made) => finish(planned, made));
  };

  const finish = (planned: PlannedColumn, outcome: CellOutcome): CellEnd => {
    if (outcome.state === 'failed') return fail(planned, outcome.failure);
    keep(wellFormed(outcome.cells));
    context.emit({ kind: 'cell-done', row: index, column: planned.column.name });
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
      context.emit({ kind: 'cell-failed', ...cell });
      return 'failed';
    }
    keep({
      ...Object.fromEntries(makes.map((made) => [made, null])),
      ...(onError === 'keep_raw' && { [rawColumn(name)]: wellFormed(lastAnswer(failure)) }),
    });
    const instead: CellFailure = { ...cell, instead: onError };
    nulled.push(instead);
    context.emit({ kind: 'cell-failed', ...instead });
    return 'done';
  };

  for (const planned of plan.columns) ends.set(planned.column.name, make(planned));
  const pending = [...ends.values()].filter((end) => typeof end === 'object');
  if (pending.length > 0) await Promise.all(pending);
  return { index, attempt, seed, cells, failures, nulled, skipped };
}

/** The generators of each column, for all rows of a plan. */
const randoms = new WeakMap<Plan, Map<string, ReturnType<typeof createRandoms>>>();

function randomsOf(plan: Plan, column: string): ReturnType<typeof createRandoms> {
  const known = randoms.get(plan) ?? new Map<string, ReturnType<typeof createRandoms>>();
  randoms.set(plan, known);
  const found = known.get(column) ?? createRandoms(plan.randomSeed, column);
  known.set(column, found);
  return found;
}

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
