import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Low } from 'lowdb';
import { isObject, type Json } from '../core/json.js';
import { isRunning, type LockOwner } from './lock-owner.js';
import type { RowCounts, RunStatus } from './metadata.js';

/** A line of `dd runs`. */
export interface RunRecord {
  readonly id: string;
  readonly recipe: string;
  /** The folder of the dataset. */
  readonly dataset: string;
  readonly status: RunStatus | 'running' | 'killed';
  /** The process of the run; not noted by the first versions. */
  readonly process?: LockOwner;
  readonly fabricated: boolean;
  readonly started_at: string;
  readonly finished_at?: string;
  readonly rows?: RowCounts;
}

/** Writes the record of a run to a file of its own, so that runs at the same time never write to the same file. */
export async function recordRun(folder: string, record: RunRecord): Promise<void> {
  await mkdir(folder, { recursive: true });
  const database = await openDatabase<RunRecord>(join(folder, `${record.id}.json`), record);
  await database.write();
}

/** All runs, the oldest first. Files that are not ours or incomplete are skipped. */
export async function listRuns(folder: string): Promise<readonly RunRecord[]> {
  const names = await readdir(folder).catch(() => []);
  const records = await Promise.all(
    names
      .filter((name) => name.endsWith('.json'))
      .sort()
      .map((name) => readRecord(join(folder, name))),
  );
  return records.filter(isRecord).map(withKilled);
}

async function readRecord(file: string): Promise<Json> {
  const database = await openDatabase<Json>(file, null);
  await database.read().catch(() => undefined);
  return database.data;
}

/** A lowdb database; it writes a file in one step (draft + rename). Not a preset: with NODE_ENV=test those write nothing. */
async function openDatabase<T>(file: string, initial: T): Promise<Low<T>> {
  const [{ Low }, { JSONFile }] = await Promise.all([import('lowdb'), import('lowdb/node')]);
  return new Low<T>(new JSONFile<T>(file), initial);
}

function isRecord(found: Json): found is Json & RunRecord {
  return isObject(found) && NEEDED.every((key) => typeof found[key] === 'string');
}

const NEEDED = ['id', 'recipe', 'dataset', 'status', 'started_at'] as const;

/** A run that did not record its end, and whose process has ended, was killed. */
function withKilled(record: RunRecord): RunRecord {
  const isAlive = record.process && isRunning(record.process);
  return record.status === 'running' && !isAlive ? { ...record, status: 'killed' } : record;
}

/**
 * A run's id: sorts in the order of the runs, also after the system's clock was set back. One process may begin
 * several runs at the same moment.
 */
export async function newRunId(folder: string, now: Date): Promise<string> {
  const names = await readdir(folder).catch(() => []);
  const last = Math.max(...names.map(timeOfId));
  const time = new Date(last > now.getTime() ? last + 1 : now);
  const stamp = time.toISOString().replaceAll(/[-:Z]/g, '').replace('T', '-');
  return `${stamp}-${process.pid}-${randomUUID().slice(0, 4)}`;
}

function timeOfId(id: string): number {
  const iso = id.replace(/^(\d{4})(\d\d)(\d\d)-(\d\d)(\d\d)(\d\d\.\d{3})-.*$/, '$1-$2-$3T$4:$5:$6Z');
  const time = Date.parse(iso);
  return Number.isNaN(time) ? -Infinity : time;
}

/** A run as `dd runs` lists it. */
export interface ListedRun extends Omit<RunRecord, 'status'> {
  /** `failed`: no row was made and some failed. `empty`: there was no row to make. */
  readonly status: RunRecord['status'] | 'failed' | 'empty';
  /** True when there is a dataset in its folder: a run that was refused or has not ended has written none. */
  readonly dataset_exists: boolean;
}

/** All runs in the history, the oldest first. */
export async function listedRuns(folder: string): Promise<readonly ListedRun[]> {
  const runs = await listRuns(folder);
  return runs.map((run) => ({
    ...run,
    status: statusOf(run),
    dataset_exists: existsSync(join(run.dataset, 'metadata.json')),
  }));
}

/** A run to the end that made no row: all failed, or there were none. */
function statusOf({ status, rows }: RunRecord): ListedRun['status'] {
  if (status !== 'finished' || !rows || rows.done + rows.skipped > 0) return status;
  return rows.failed > 0 ? 'failed' : 'empty';
}
