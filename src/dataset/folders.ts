import { existsSync } from 'node:fs';
import { mkdir, rename, rm, readdir, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { syncFiles } from '../core/files.js';
import { readMetadata } from './metadata.js';

/** Where the files of a dataset are. Everything `dd` writes is inside `artifacts` and the `.dd` beside it. */
export interface Folders {
  readonly name: string;
  /** The dataset as its readers know it. */
  readonly dataset: string;
  /** Where the new one is written until it is whole. */
  readonly staging: string;
  /** What an interrupted run made, when a finished dataset stands in the place. */
  readonly partial: string;
  /** The cell store. */
  readonly cells: string;
  /** One small file for each run. */
  readonly runs: string;
  /** There while somebody makes this dataset. */
  readonly lock: string;
}

export function foldersOf(artifactPath: string, datasetName: string): Folders {
  const artifacts = resolve(artifactPath);
  const own = join(dirname(artifacts), '.dd');
  return {
    name: datasetName,
    dataset: join(artifacts, datasetName),
    staging: join(own, 'staging', datasetName),
    partial: join(artifacts, `${datasetName}.partial`),
    cells: join(own, 'cells'),
    runs: join(own, 'runs'),
    lock: join(own, 'locks', datasetName),
  };
}

/** A dataset name must be one plain folder name: it may come from a recipe that nobody has read. */
export function isSafeName(name: string): boolean {
  return /^[\p{L}\p{N}_][\p{L}\p{N}._ -]{0,127}$/u.test(name) && !/\.(?:partial|replaced)$/.test(name);
}

/** Empties the staging folder; what a killed run left there is in the cell store anyway. */
export async function prepareStaging(folders: Folders): Promise<void> {
  if (!existsSync(folders.dataset) && existsSync(replaced(folders)))
    await rename(replaced(folders), folders.dataset);
  await rm(folders.staging, { recursive: true, force: true });
  await mkdir(folders.staging, { recursive: true });
  await mkdir(dirname(folders.dataset), { recursive: true });
}

/**
 * Puts the staged dataset in its place, in one rename; the earlier one stays readable until then. A partial
 * one never replaces a finished one: it goes beside it. Returns where it went.
 */
export async function publish(folders: Folders, complete: boolean): Promise<string> {
  const target = complete || !(await isFinished(folders.dataset)) ? folders.dataset : folders.partial;
  const old = replaced(folders);
  await rm(old, { recursive: true, force: true });
  await syncFiles(folders.staging);
  if (existsSync(target)) await rename(target, old);
  await rename(folders.staging, target);
  await rm(old, { recursive: true, force: true });
  if (complete) await rm(folders.partial, { recursive: true, force: true });
  return target;
}

/** Where the earlier dataset is for the blink between two renames. */
const replaced = (folders: Folders): string => `${folders.staging}.replaced`;

/**
 * Whether there is a dataset that only another finished one may replace. One without a row is not worth that;
 * one whose metadata is torn may have been finished, and is treated as if it were.
 */
async function isFinished(dataset: string): Promise<boolean> {
  const metadata = await readMetadata(dataset);
  if (!metadata) return existsSync(join(dataset, 'metadata.json'));
  const { status, rows } = metadata;
  return status === 'finished' && rows.done + rows.skipped > 0;
}

/** How much the files right inside a folder take; 0 when there is none. */
export async function folderBytes(folder: string): Promise<number> {
  const names = await readdir(folder).catch(() => []);
  const sizes = await Promise.all(names.map(async (name) => (await stat(join(folder, name))).size));
  return sizes.reduce((sum, size) => sum + size, 0);
}
