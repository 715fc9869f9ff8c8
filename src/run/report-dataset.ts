import { err, ok, type Result } from '../core/result.js';
import { readRows } from '../dataset/read-rows.js';
import { reportFailures } from '../dataset/report/failures.js';
import { createReport, type DatasetReport } from '../dataset/report/report.js';
import { readReviews } from '../dataset/reviews.js';
import { findDataset } from './find-dataset.js';
import type { RunProblem } from './problem.js';
import { unknownName } from './unknown-name.js';

export interface ReportRequest {
  /** Name of the dataset, or its path. */
  readonly dataset: string;
  /** Folder of datasets. */
  readonly artifactPath: string;
  readonly cwd: string;
  /** Columns whose text is compared to find duplicates; without it, the texts that the recipe made. */
  readonly duplicatesBy?: readonly string[] | undefined;
}

/** Reads a dataset once and describes it in numbers. */
export async function reportDataset(request: ReportRequest): Promise<Result<DatasetReport, RunProblem>> {
  const found = await findDataset(request.dataset, request.artifactPath, request.cwd);
  if (!found.ok) return found;
  const { folder, metadata } = found.value;
  const names = metadata.columns.map(({ name }) => name);
  const unknown = request.duplicatesBy?.find((name) => !names.includes(name));
  if (unknown !== undefined)
    return err(unknownName(`there is no column \`${unknown}\` in this dataset`, unknown, names));
  const report = createReport(metadata, request.duplicatesBy, await readReviews(folder));
  for await (const row of readRows(folder, metadata.parts)) report.add(row);
  return ok(report.report(await reportFailures(folder)));
}
