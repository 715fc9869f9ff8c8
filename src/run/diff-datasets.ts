import { err, ok, type Result } from '../core/result.js';
import { diffDatasets, type DatasetDiff, type DiffSide } from '../dataset/diff/diff.js';
import { findDataset, type FoundDataset } from './find-dataset.js';
import type { RunProblem } from './problem.js';
import { unknownName } from './unknown-name.js';

export interface DiffRequest {
  /** Names of the datasets, or their paths. */
  readonly a: string;
  readonly b: string;
  /** Folder of datasets. */
  readonly artifactPath: string;
  readonly cwd: string;
  /** The column by which rows are paired. Default: `trace_id`, or else the number of the row. */
  readonly by?: string | undefined;
  /** Compare only these columns. */
  readonly columns?: readonly string[] | undefined;
}

export interface ComparedDatasets {
  readonly a: FoundDataset;
  readonly b: FoundDataset;
  readonly diff: DatasetDiff;
}

const DEFAULT_KEY = 'trace_id';

/** Finds two datasets and compares them. */
export async function diffFoundDatasets(request: DiffRequest): Promise<Result<ComparedDatasets, RunProblem>> {
  const { artifactPath, cwd, columns = [], by } = request;
  const a = await findDataset(request.a, artifactPath, cwd);
  if (!a.ok) return a;
  const b = await findDataset(request.b, artifactPath, cwd);
  if (!b.ok) return b;
  const [one, other] = [sideOf(a.value), sideOf(b.value)];
  const inBoth = one.columns.filter((name) => other.columns.includes(name));
  if (by !== undefined && !inBoth.includes(by)) return unknownColumn(by, inBoth, 'both datasets');
  const either = [...new Set([...one.columns, ...other.columns])];
  const unknown = columns.find((name) => !either.includes(name));
  if (unknown !== undefined) return unknownColumn(unknown, either, 'these datasets');
  const key = by ?? inBoth.find((name) => name === DEFAULT_KEY);
  return ok({ a: a.value, b: b.value, diff: await diffDatasets(one, other, { by: key, columns }) });
}

const sideOf = ({ folder, metadata }: FoundDataset): DiffSide => ({
  folder,
  parts: metadata.parts,
  columns: metadata.columns.map(({ name }) => name),
});

const unknownColumn = (name: string, names: readonly string[], where: string): Result<never, RunProblem> =>
  err(unknownName(`there is no column \`${name}\` in ${where}`, name, names));
