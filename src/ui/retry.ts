import type { FailedCell } from '../app/failed-cells.js';
import type { RetryPlan } from '../app/retry-dataset.js';
import { count, safe } from './text.js';

/** What is about to be tried again, or why nothing is. */
export function renderRetry({ found, failed, chosen }: RetryPlan): string {
  const name = safe(found.metadata.dataset);
  const { unfinished } = found.metadata.rows;
  if (failed.length === 0)
    return unfinished > 0
      ? `nothing failed in ${name}, but ${count(unfinished, 'row')} were not finished: dd run goes on with them`
      : `nothing failed in ${name}`;
  if (chosen.length === 0)
    return `nothing to try again in ${name}: ${kinds(failed)} failed, none of them chosen`;
  const rest = failed.length - chosen.length;
  return `trying again ${kinds(chosen)}${rest > 0 ? `; ${count(rest, 'other failed cell')} left as they are` : ''}`;
}

/** `3 cells of sft_record (2 schema, 1 timeout), 1 of judge (rate)` */
function kinds(cells: readonly FailedCell[]): string {
  const columns = [...new Set(cells.map(({ column }) => column))];
  return columns
    .map((column) => {
      const own = cells.filter((cell) => cell.column === column);
      const classes = [...new Set(own.map(({ failure }) => failure.class))].sort();
      const counts = classes.map(
        (name) => `${own.filter(({ failure }) => failure.class === name).length} ${safe(name)}`,
      );
      return `${count(own.length, 'cell')} of ${safe(column)} (${counts.join(', ')})`;
    })
    .join(', ');
}
