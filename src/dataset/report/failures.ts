import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { isObject, jsonIn } from '../../core/json.js';
import { oneLine } from '../../core/one-line.js';
import { linesOf } from '../../core/read-lines.js';

export interface FailureReport {
  /** Failed cells; a row may have several. */
  readonly cells: number;
  /** By class, the commonest first. */
  readonly classes: readonly FailureClassReport[];
  readonly columns: readonly { readonly column: string; readonly cells: number }[];
}

export interface FailureClassReport {
  readonly class: string;
  readonly cells: number;
  readonly first: { readonly row: number; readonly column: string; readonly message: string };
}

/** The failed cells of a dataset by class and by column. Skips lines that are no failures: the file may have been edited. */
export async function reportFailures(folder: string): Promise<FailureReport> {
  const classes = new Map<string, FailureClassReport>();
  const columns = new Map<string, number>();
  let cells = 0;
  const file = join(folder, 'failures.jsonl');
  for await (const line of existsSync(file) ? linesOf(file) : []) {
    const failure = jsonIn(line);
    if (!isObject(failure)) continue;
    cells += 1;
    const kind = String(failure['class']);
    const column = String(failure['column']);
    const first = { row: Number(failure['row']), column, message: oneLine(String(failure['message'])) };
    const known = classes.get(kind) ?? { class: kind, cells: 0, first };
    classes.set(kind, { ...known, cells: known.cells + 1 });
    columns.set(column, (columns.get(column) ?? 0) + 1);
  }
  return {
    cells,
    classes: [...classes.values()].toSorted((a, b) => b.cells - a.cells),
    columns: Array.from(columns, ([column, number]) => ({ column, cells: number })).toSorted(
      (a, b) => b.cells - a.cells,
    ),
  };
}
