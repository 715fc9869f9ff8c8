/**
 * The folders of a dataset, and how a new version takes the place of the old one. A run writes into a staging folder
 * that no reader looks at. When it ends, the files are synced to the disk and the folder is renamed into its place
 * (staging + rename, as package managers install). Readers see the old dataset or the new one, never a mixture. No
 * system exchanges two folders in one step: the old one is renamed aside first, and a kill between the two renames
 * is undone by the next run (`prepareStaging`).
 */
import { existsSync } from 'node:fs';
import { mkdir, rename, rm, readdir, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { syncFiles } from '../core/files.js';
import { readMetadata } from './metadata.js';
import { carryReviews, mergeReviews } from './reviews.js';

/** The places of a dataset's files. Everything that `dd` writes is in `artifacts` and in the `.dd` beside it. */
export interface Folders {
  readonly name: string;
  /** The dataset that readers see. */
  readonly dataset: string;
  /** The new dataset while it is written. */
  readonly staging: string;
  /** The dataset of an interrupted run, if there is a finished one. */
  readonly partial: string;
  /** The folder of the answer store. */
  readonly answerStore: string;
  /** What is known of this dataset's batches that are under way. */
  readonly batches: string;
  /** The run history: one small file for each run. */
  readonly runs: string;
  /** Exists while a process makes this dataset. */
  readonly lock: string;
}

/** A file in the staging folder that says what is being made: columns, recipe. */
export const RUNNING = 'running.json';

export function foldersOf(artifactPath: string, datasetName: string): Folders {
  const artifacts = resolve(artifactPath);
  const own = join(dirname(artifacts), '.dd');
  return {
    name: datasetName,
    dataset: join(artifacts, datasetName),
    staging: join(own, 'staging', datasetName),
    partial: join(artifacts, `${datasetName}.partial`),
    answerStore: join(own, 'cells'),
    batches: join(own, 'batches', datasetName),
    runs: join(own, 'runs'),
    lock: join(own, 'locks', datasetName),
  };
}

/** True for one plain folder name. The name may come from a recipe of a stranger, so it must not lead elsewhere. */
export function isSafeName(name: string): boolean {
  return /^[\p{L}\p{N}_][\p{L}\p{N}._ -]{0,127}$/u.test(name) && !/\.(?:partial|replaced)$/.test(name);
}

/** Empties the staging folder: the answers that a killed run left there are in the answer store as well. */
export async function prepareStaging(folders: Folders): Promise<void> {
  if (!existsSync(folders.dataset) && existsSync(replaced(folders)))
    await rename(replaced(folders), folders.dataset);
  await rm(folders.staging, { recursive: true, force: true });
  await mkdir(folders.staging, { recursive: true });
  await mkdir(dirname(folders.dataset), { recursive: true });
}

/**
 * Puts the staged dataset in its place; the earlier one stays readable until then. A partial dataset never replaces
 * a finished one: it goes beside it. Reviews of the earlier one go with the new one. Returns its folder.
 */
export async function publish(folders: Folders, complete: boolean): Promise<string> {
  const target = complete || !(await isFinished(folders.dataset)) ? folders.dataset : folders.partial;
  const old = replaced(folders);
  await rm(old, { recursive: true, force: true });
  await syncFiles(folders.staging);
  if (existsSync(target)) {
    await rename(target, old);
    await carryReviews(old, folders.staging);
  }
  await rename(folders.staging, target);
  await rm(old, { recursive: true, force: true });
  if (complete) {
    await mergeReviews(folders.partial, target);
    await rm(folders.partial, { recursive: true, force: true });
  }
  return target;
}

/** The earlier dataset between the two renames. */
const replaced = (folders: Folders): string => `${folders.staging}.replaced`;

/**
 * True for a dataset that only another finished one may replace: one with rows, or one whose metadata cannot be
 * read, since it may have been finished.
 */
async function isFinished(dataset: string): Promise<boolean> {
  const metadata = await readMetadata(dataset);
  if (!metadata) return existsSync(join(dataset, 'metadata.json'));
  const { status, rows } = metadata;
  return status === 'finished' && rows.done + rows.skipped > 0;
}

/** The bytes of the files in a folder and below it; 0 when there is no folder. */
export async function folderBytes(folder: string): Promise<number> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  const files = entries.filter((entry) => entry.isFile());
  const sizes = await Promise.all(
    files.map(async (file) => (await stat(join(file.parentPath, file.name))).size),
  );
  return sizes.reduce((sum, size) => sum + size, 0);
}
