import { basename } from 'node:path';
import type { ListedRun } from '../app/list-runs.js';
import { renderTable } from './table.js';
import { safe } from './text.js';

/** Runs as a table: when, what, how it ended, how many rows. */
export function renderRuns(runs: readonly ListedRun[]): string {
  const rows = runs.map((run) => [
    run.started_at.slice(0, 16).replace('T', ' '),
    safe(run.recipe),
    datasetOf(run),
    run.fabricated ? `${run.status} (fabricated)` : run.status,
    run.rows ? `${run.rows.done} done, ${run.rows.failed} failed` : '',
  ]);
  return renderTable([['started', 'recipe', 'dataset', 'status', 'rows'], ...rows]);
}

/** A name alone would say that there is something to open. */
function datasetOf({ dataset, dataset_exists, status }: ListedRun): string {
  const name = safe(basename(dataset));
  if (dataset_exists) return name;
  return status === 'running' ? `${name} (not there yet)` : `${name} (not there)`;
}
