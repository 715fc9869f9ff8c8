import type { Json, JsonObject } from '../core/json.js';
import { createRandom, type Random } from '../core/random.js';
import { wellFormed } from '../core/well-formed.js';
import type { CachePolicy, Models } from '../models/types.js';
import { isTrue } from '../template/condition.js';
import type { IdentifiedRow } from './row-identity.js';
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
 * depend on it, and no others, unless its `on_error` makes it null.
 */
export async function makeRow(
  plan: Plan,
  { index, seed: given, ids }: IdentifiedRow,
  context: RowContext,
): Promise<FinishedRow> {
  // Seeds of plugins may hold half characters too.
  const seed = wellFormed(given);
  const cells: Record<string, Json> = {};
  const failures: CellFailure[] = [];
  const nulled: CellFailure[] = [];
  const skipped: string[] = [];
  /** Columns that are retried in this row, and columns that depend on them. */
  const retried = new Set<string>();
  const ends = new Map<string, Promise<CellEnd>>();

  const make = async (planned: PlannedColumn): Promise<CellEnd> => {
    const { column } = planned;
    const upstream =
      planned.dependsOn.length === 0
        ? []
        : await Promise.all(planned.dependsOn.map((name) => ends.get(name)));
    if (upstream.some((end) => end === 'failed' || end === 'blocked')) return 'blocked';

    const rowId = ids.get(column.name) ?? '';
    const fate = context.retry?.fate(column.name, rowId);
    if (fate !== undefined && fate !== 'retry') return fail(planned, fate);
    if (fate === 'retry' || planned.dependsOn.some((name) => retried.has(name))) retried.add(column.name);

    const scope = { ...seed, ...cells };
    const skip = decideSkip(planned, scope, upstream.includes('skipped'), () =>
      createRandom(plan.randomSeed, column.name, rowId, 'skip'),
    );
    if (typeof skip === 'string') return fail(planned, { class: 'template', message: skip, attempts: [] });
    if (skip) {
      for (const name of column.makes) cells[name] = null;
      cells[column.name] = planned.skip?.value ?? null;
      skipped.push(column.name);
      context.emit({ kind: 'cell-skipped', row: index, column: column.name });
      return 'skipped';
    }

    const outcome = await column.generate(scope, {
      models: context.retry
        ? withCachePolicy(context.models, cachePolicyOf(fate, retried.has(column.name)))
        : context.models,
      row: index,
      rowId,
      random: () => createRandom(plan.randomSeed, column.name, rowId),
    });
    if (outcome.state === 'failed') return fail(planned, outcome.failure);
    Object.assign(cells, wellFormed(outcome.cells));
    context.emit({ kind: 'cell-done', row: index, column: column.name });
    return 'done';
  };

  const fail = ({ column: { name, makes }, onError }: PlannedColumn, failure: Failure): CellEnd => {
    const cell: CellFailure = { row: index, column: name, sample: ids.get(name) ?? '', failure };
    // What every cell would meet is not about this one: the next run makes it.
    if (onError === 'fail' || isUntried(failure)) {
      failures.push(cell);
      context.emit({ kind: 'cell-failed', ...cell });
      return 'failed';
    }
    for (const made of makes) cells[made] = null;
    if (onError === 'keep_raw') cells[rawColumn(name)] = wellFormed(lastAnswer(failure));
    const instead: CellFailure = { ...cell, instead: onError };
    nulled.push(instead);
    context.emit({ kind: 'cell-failed', ...instead });
    return 'done';
  };

  for (const planned of plan.columns) ends.set(planned.column.name, make(planned));
  await Promise.all(ends.values());
  return { index, seed, cells, failures, nulled, skipped };
}

/** In a retry, only cells that failed and cells that depend on them may send requests. */
function cachePolicyOf(fate: 'retry' | undefined, isRetried: boolean): CachePolicy {
  if (fate === 'retry') return 'refresh';
  return isRetried ? 'cache-first' : 'cache-only';
}

const withCachePolicy = (models: Models, cachePolicy: CachePolicy): Models => ({
  ask: (request) => models.ask({ ...request, cachePolicy }),
});

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
