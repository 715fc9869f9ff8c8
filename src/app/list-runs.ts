import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { listRuns, type RunRecord } from '../dataset/catalogue.js';

/** A run as `dd runs` lists it. */
export interface ListedRun extends RunRecord {
  /** Whether a dataset is in its folder: a run that was refused or is not done has written none. */
  readonly dataset_exists: boolean;
}

/** All runs noted in a folder, the oldest first. */
export async function listedRuns(folder: string): Promise<readonly ListedRun[]> {
  const runs = await listRuns(folder);
  return runs.map((run) => ({ ...run, dataset_exists: existsSync(join(run.dataset, 'metadata.json')) }));
}
