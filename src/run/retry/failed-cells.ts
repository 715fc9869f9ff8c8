import { join } from 'node:path';
import type { RetryScope } from '../../engine/types.js';
import { isObject, jsonIn, type JsonObject } from '../../core/json.js';
import { linesOf } from '../../core/read-lines.js';
import type { Attempt, Failure, FailureClass } from '../../core/failure.js';

/** A line of a dataset's `failures.jsonl`. */
export interface FailedCell {
  readonly column: string;
  readonly sample: string;
  readonly failure: Failure;
  /** The row was made once more, so there is nothing to retry. */
  readonly isReplaced?: boolean;
}

/** Which failed cells to retry; all of them when both lists are empty. */
export interface CellChoice {
  readonly classes: readonly string[];
  readonly columns: readonly string[];
}

/** Reads the failures of a dataset. Skips lines that are not failures: the file may have been edited. */
export async function readFailedCells(dataset: string): Promise<readonly FailedCell[]> {
  const cells: FailedCell[] = [];
  for await (const line of linesOf(join(dataset, 'failures.jsonl'))) {
    const cell = failedCell(line);
    if (cell) cells.push(cell);
  }
  return cells;
}

export function choose(
  cells: readonly FailedCell[],
  { classes, columns }: CellChoice,
): readonly FailedCell[] {
  return cells.filter(
    ({ column, failure }) =>
      (classes.length === 0 || classes.includes(failure.class)) &&
      (columns.length === 0 || columns.includes(column)),
  );
}

/** Retries the chosen cells; the other failed cells keep their failures. */
export function retryScope(
  cells: readonly FailedCell[],
  chosen: readonly FailedCell[],
  mayAsk = false,
): RetryScope {
  const keyOf = (column: string, sample: string): string => JSON.stringify([column, sample]);
  const fates = new Map<string, 'retry' | Failure>();
  for (const { column, sample, failure } of cells) fates.set(keyOf(column, sample), failure);
  for (const { column, sample } of chosen) fates.set(keyOf(column, sample), 'retry');
  return { fate: (column, sample) => fates.get(keyOf(column, sample)), mayAsk };
}

function failedCell(line: string): FailedCell | undefined {
  const record = jsonIn(line);
  if (!isObject(record)) return undefined;
  const { column, sample, message, hint, attempts } = record;
  if (typeof column !== 'string') return undefined;
  return {
    column,
    sample: typeof sample === 'string' ? sample : '',
    ...(record['instead'] === 'next_attempt' && { isReplaced: true }),
    failure: {
      class: String(record['class']) as FailureClass,
      message: String(message),
      ...(typeof hint === 'string' && { hint }),
      attempts: Array.isArray(attempts) ? attempts.filter(isObject).map(attempt) : [],
    },
  };
}

const attempt = ({ alias, class: kind, message, answer }: JsonObject): Attempt => ({
  ...(typeof alias === 'string' && { alias }),
  class: String(kind) as FailureClass,
  message: String(message),
  ...(typeof answer === 'string' && { answer }),
});
