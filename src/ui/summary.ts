import type { Metadata } from '../dataset/metadata.js';
import type { CellFailure } from '../engine/types.js';
import type { NoteSummary } from '../seeds/notes.js';
import { count, duration, safe } from './text.js';
import { renderUsage } from './usage.js';

/**
 * The counts at the end of a run: what became of every row, and what it took.
 *
 * @param examples failed cells that are told, one of each class
 */
export function renderSummary(
  metadata: Metadata,
  notes: readonly NoteSummary[],
  examples: readonly CellFailure[] = [],
): string {
  const usage = renderUsage(metadata);
  return [
    rowsLine(metadata),
    ...failureLines(metadata),
    ...examples.map(exampleLine),
    ...notes.map(noteLine),
    ...(usage === undefined ? [] : ['', usage, '']),
  ].join('\n');
}

function rowsLine({ rows, seconds, fabricated, seed_read_to_end, status }: Metadata): string {
  const parts = [
    `${count(rows.done, 'row')} done`,
    ...(['failed', 'skipped', 'filtered', 'unfinished'] as const)
      .filter((state) => rows[state] > 0)
      .map((state) => `${rows[state]} ${state}`),
  ];
  if (!seed_read_to_end && status !== 'finished') parts.push('the rest of the seed not read');
  const made = fabricated ? ' · fabricated: no model was asked' : '';
  return `${parts.join(', ')} in ${duration(seconds)}${made}`;
}

function failureLines({ failures, rows, parts }: Metadata): readonly string[] {
  if (rows.failed === 0) return [];
  const classes = Object.entries(failures).map(([name, number]) => `${number} ${name}`);
  const where = parts > 0 ? ' (each with its reason in failures.jsonl)' : '';
  return [`failures: ${classes.join(', ')}${where}`];
}

function exampleLine({ row, column, failure: { message, hint } }: CellFailure): string {
  const todo = hint === undefined ? '' : `; ${safe(hint)}`;
  return `  such as row ${row}, ${safe(column)}: ${safe(message)}${todo}`;
}

/** Notes that say the same, on one line. */
export function noteLine({ kind, reason, count: number, sources }: NoteSummary): string {
  const [first = ''] = sources;
  const where = sources.length > 1 ? `${sources.length} files, first ${first}` : first;
  return `${kind} ${number}: ${safe(reason)} (${safe(where)})`;
}

/** A cell that failed, for a preview: nothing else would tell its reason. */
export function renderFailure({ row, column, failure }: CellFailure): string {
  const { message, hint, attempts } = failure;
  const answer = attempts.at(-1)?.answer;
  return [
    `row ${row}, column ${column}: ${safe(message)}`,
    ...(hint === undefined ? [] : [`  ${safe(hint)}`]),
    ...(answer === undefined ? [] : [`  the last answer: ${safe(answer).slice(0, 500)}`]),
  ].join('\n');
}
