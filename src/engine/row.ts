import type { Json, JsonObject } from '../core/json.js';
import type { Effort, Models } from '../models/types.js';
import { isTrue } from '../template/condition.js';
import type { SampleNames } from './row-identity.js';
import type { FinishedRow, Plan, PlannedColumn, RetryScope } from './types.js';
import type { Failure } from '../core/failure.js';
import type { CellFailure, EventSink } from '../core/events.js';

/** How one cell ended. `blocked`: something it reads from failed, so it was never tried. */
type CellEnd = 'done' | 'skipped' | 'failed' | 'blocked';

export interface RowContext {
  readonly models: Models;
  readonly emit: EventSink;
  /** Every cell is made as usual when left out. */
  readonly retry?: RetryScope | undefined;
}

/**
 * Makes every cell of one row. Each column waits only for the columns it reads from; there is no order
 * between the others. A failed cell takes down what depends on it and nothing else.
 */
export async function makeRow(
  plan: Plan,
  index: number,
  seed: JsonObject,
  samples: SampleNames,
  context: RowContext,
): Promise<FinishedRow> {
  const cells: Record<string, Json> = {};
  const failures: CellFailure[] = [];
  const skipped: string[] = [];
  /** Columns that are tried again in this row, and those that depend on them. */
  const retried = new Set<string>();
  const ends = new Map<string, Promise<CellEnd>>();

  const make = async (planned: PlannedColumn): Promise<CellEnd> => {
    const { column } = planned;
    const upstream =
      planned.dependsOn.length === 0
        ? []
        : await Promise.all(planned.dependsOn.map((name) => ends.get(name)));
    if (upstream.some((end) => end === 'failed' || end === 'blocked')) return 'blocked';

    const sample = samples.get(column.name) ?? '';
    const fate = context.retry?.fate(column.name, sample);
    if (fate !== undefined && fate !== 'retry') return fail(column.name, fate);
    if (fate === 'retry' || planned.dependsOn.some((name) => retried.has(name))) retried.add(column.name);

    const scope = { ...seed, ...cells };
    const skip = decideSkip(planned, scope, upstream.includes('skipped'));
    if (typeof skip === 'string')
      return fail(column.name, { class: 'template', message: skip, attempts: [] });
    if (skip) {
      for (const name of column.makes) cells[name] = null;
      cells[column.name] = planned.skip?.value ?? null;
      skipped.push(column.name);
      context.emit({ kind: 'cell-skipped', row: index, column: column.name });
      return 'skipped';
    }

    const outcome = await column.generate(scope, {
      models: context.retry
        ? withEffort(context.models, effortOf(fate, retried.has(column.name)))
        : context.models,
      row: index,
      sample,
    });
    if (outcome.state === 'failed') return fail(column.name, outcome.failure);
    Object.assign(cells, outcome.cells);
    context.emit({ kind: 'cell-done', row: index, column: column.name });
    return 'done';
  };

  const fail = (column: string, failure: Failure): CellEnd => {
    const cell: CellFailure = { row: index, column, sample: samples.get(column) ?? '', failure };
    failures.push(cell);
    context.emit({ kind: 'cell-failed', ...cell });
    return 'failed';
  };

  for (const planned of plan.columns) ends.set(planned.column.name, make(planned));
  await Promise.all(ends.values());
  return { index, seed, cells, failures, skipped };
}

/** In a retry, stored answers only, but for the cells that failed and what depends on them. */
function effortOf(fate: 'retry' | undefined, isRetried: boolean): Effort {
  if (fate === 'retry') return 'afresh';
  return isRetried ? 'missing' : 'stored';
}

const withEffort = (models: Models, effort: Effort): Models => ({
  ask: (question) => models.ask({ ...question, effort }),
});

/** Whether to skip; a sentence when the condition itself could not be worked out. */
function decideSkip(planned: PlannedColumn, scope: JsonObject, upstreamSkipped: boolean): boolean | string {
  if (upstreamSkipped && planned.propagateSkip) return true;
  if (!planned.skip) return false;
  const text = planned.skip.when.render(scope);
  return text.ok ? isTrue(text.value) : `skip.when: ${text.error}`;
}
