import { existsSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { err, ok, type Result } from '../../core/result.js';
import { foldersOf, RUNNING } from '../../dataset/folders.js';
import { partFile } from '../../dataset/read-rows.js';
import { findDataset } from '../../run/find-dataset.js';
import type { RunProblem } from '../../run/problem.js';
import { openDataset, type OpenDataset } from './dataset.js';
import { startViewServer, type ViewServer } from './server.js';
import type { DatasetPlace } from './session.js';
import { writeBundle } from './write-bundle.js';

export interface ViewRequest {
  /** Names or folders of datasets. */
  readonly datasets: readonly string[];
  /** Folder of datasets. */
  readonly artifactPath: string;
  readonly cwd: string;
  /** 0 for a free one. */
  readonly port: number;
}

/** Opens datasets and serves them. */
export async function startView(request: ViewRequest): Promise<Result<ViewServer, RunProblem>> {
  const opened = await openAll(request);
  return opened.ok ? ok(await startViewServer(opened.value, request.port)) : opened;
}

/** Writes datasets and the page into a folder to publish. */
export async function bundleView(
  request: Omit<ViewRequest, 'port'>,
  folder: string,
): Promise<Result<undefined, RunProblem>> {
  const opened = await openAll(request);
  if (!opened.ok) return opened;
  const written = await writeBundle(opened.value, resolve(request.cwd, folder));
  for (const dataset of opened.value) await dataset.close();
  return written;
}

/** The first one that cannot be opened is the problem. */
async function openAll(
  request: Omit<ViewRequest, 'port'>,
): Promise<Result<readonly OpenDataset[], RunProblem>> {
  const opened: OpenDataset[] = [];
  for (const name of request.datasets) {
    const place = await placeOf(name, request);
    if (!place.ok) return place;
    const dataset = await openDataset(place.value, () => new Date(), request.datasets.length > 1);
    if (!dataset) return err({ message: `\`${name}\` cannot be read`, hint: 'run its recipe again' });
    opened.push(dataset);
  }
  return ok(opened);
}

/** The folder of a dataset that is there, or that is being made for the first time. */
async function placeOf(
  name: string,
  { artifactPath, cwd }: Pick<ViewRequest, 'artifactPath' | 'cwd'>,
): Promise<Result<DatasetPlace, RunProblem>> {
  const { dataset, staging, lock } = foldersOf(resolve(cwd, artifactPath), name);
  const found = await findDataset(name, artifactPath, cwd);
  if (!found.ok)
    return existsSync(join(staging, RUNNING)) ? ok({ name, folder: dataset, staging, lock }) : found;
  const { folder } = found.value;
  if (!existsSync(partFile(folder, 0)))
    return err({
      message: `\`${name}\` has no JSON Lines`,
      hint: 'dd view reads data/part-*.jsonl, which every run writes; it was removed, so run the recipe again',
    });
  const own = foldersOf(dirname(folder), basename(folder));
  return ok({ name: own.name, folder, staging: own.staging, lock: own.lock });
}
