import type { EventSink } from '../core/events.js';
import type { Failure } from '../core/failure.js';
import type { Plan } from '../engine/types.js';
import type { RunStopper } from './stop.js';

/** A column that fails in so many rows, the first ones it is tried in, is a mistake of the recipe. */
const FIRST_ROWS = 10;

/**
 * Stops the run when an expression, or the rendering of a prompt, has failed in each of the first rows that reached
 * it: the answers it reads were paid for, and those of all other rows would be lost in the same way. What reads only
 * the seed is tried before the first call (`checkFirstRows`); what reads answers can be tried only when there are
 * some. Early rows go first in the queues of models, so little more than these rows is paid for. A run that made no
 * call has paid for nothing and goes on.
 */
export function stopOnFailingColumn(emit: EventSink, stopper: RunStopper, plan: Plan): EventSink {
  if (plan.recipe.run_config?.disable_early_shutdown === true) return emit;
  const expressions = new Set(
    plan.columns.flatMap(({ column, columnType }) => (columnType === 'expression' ? [column.name] : [])),
  );
  const failed = new Map(plan.columns.map(({ column: { name } }) => [name, 0]));
  let hasCalled = false;
  const isMistake = (column: string, { class: failureClass }: Failure): boolean =>
    failureClass === 'template' ||
    failureClass === 'constraint' ||
    (expressions.has(column) && failureClass !== 'stopped');
  return (event) => {
    emit(event);
    if (event.kind === 'call-end') hasCalled = true;
    // One that has worked once is out of suspicion.
    if (event.kind === 'cell-done') failed.delete(event.column);
    if (event.kind !== 'cell-failed' || event.instead || !isMistake(event.column, event.failure)) return;
    const before = failed.get(event.column);
    if (before === undefined) return;
    failed.set(event.column, before + 1);
    if (hasCalled && before + 1 >= FIRST_ROWS)
      stopper.stop(reasonFor(event.column, event.failure, before + 1));
  };
}

function reasonFor(column: string, { message }: Failure, rows: number): Parameters<RunStopper['stop']>[0] {
  return {
    kind: 'limit',
    limit: 'error-rate',
    message: `column \`${column}\` failed in each of the first ${rows} rows: ${message}`,
    hint: 'correct it, or leave such rows out with `skip`, then run the same command again; --set run_config.disable_early_shutdown=true turns this limit off',
  };
}
