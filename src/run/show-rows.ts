import { err, ok, type Result } from '../core/result.js';
import {
  openRejectedBrowser,
  openRowBrowser,
  type RowBrowser,
  type RunRow,
  type ShownRow,
} from '../dataset/browse-rows.js';
import { writtenRows, type Metadata } from '../dataset/metadata.js';
import { findDataset } from './find-dataset.js';
import type { RunProblem } from './problem.js';
import { unknownName } from './unknown-name.js';
import { parseWhereFlag } from './where-flag.js';

export interface ShowRequest {
  /** Name of the dataset, or its path. */
  readonly dataset: string;
  /** Folder of datasets. */
  readonly artifactPath: string;
  readonly cwd: string;
  /** Only rows for which this holds: Jinja over the columns. */
  readonly where?: string | undefined;
  /** Only rows that failed. */
  readonly failed?: boolean;
  /** Only attempts that `accept` did not take. */
  readonly rejected?: boolean;
  /** Columns to show; of failed rows, the cells that failed. Empty for all. */
  readonly columns?: readonly string[];
}

export interface ShownRows {
  readonly metadata: Metadata;
  readonly rows: RowBrowser<ShownRow>;
  /** How many there are without a condition, failed ones included. */
  readonly total: number;
  /** Why there may be fewer rows than expected: the first error of the condition, and of how many rows. */
  readonly unclear: () => { readonly rows: number; readonly error: string } | undefined;
}

/** Opens the rows of a dataset that `dd show` goes through. */
export async function showRows(request: ShowRequest): Promise<Result<ShownRows, RunProblem>> {
  const { where, failed = false, columns = [] } = request;
  const found = await findDataset(request.dataset, request.artifactPath, request.cwd);
  if (!found.ok) return found;
  const { folder, metadata } = found.value;
  const names = metadata.columns.map(({ name }) => name);
  const unknown = failed ? undefined : columns.find((name) => !names.includes(name));
  if (unknown !== undefined)
    return err(unknownName(`there is no column \`${unknown}\` in this dataset`, unknown, names));
  const condition = where === undefined ? undefined : parseWhereFlag(where, names);
  if (condition?.ok === false) return condition;
  let unclear: { rows: number; error: string } | undefined;
  const holds = (row: RunRow): boolean => {
    if (failed || row.state === 'failed') return failed && isChosen(row, columns);
    const held = condition?.value.holds(row.row);
    if (held?.ok === false) unclear = { rows: (unclear?.rows ?? 0) + 1, error: unclear?.error ?? held.error };
    return held?.ok === true && held.value;
  };
  if (request.rejected === true) {
    const { accept } = metadata;
    return ok({
      metadata,
      total: accept?.rejected ?? 0,
      rows: openRejectedBrowser(folder),
      unclear: () => undefined,
    });
  }
  const isWanted = failed || condition ? holds : () => true;
  return ok({
    metadata,
    total: writtenRows(metadata) + metadata.rows.failed,
    rows: await openRowBrowser(folder, metadata.parts, isWanted),
    unclear: () => unclear,
  });
}

/** True for a failed row with a failed cell of the columns. */
function isChosen(row: RunRow, columns: readonly string[]): boolean {
  if (row.state !== 'failed') return false;
  return (
    columns.length === 0 || row.failures.some(({ column }) => columns.some((chosen) => chosen === column))
  );
}
