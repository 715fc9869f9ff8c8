import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { isObject, type Json } from '../core/json.js';
import { isRunning, type Holder } from './lock-owner.js';
import type { RowCounts, RunStatus } from './metadata.js';

/** A line of `dd runs`. */
export interface RunRecord {
  readonly id: string;
  readonly recipe: string;
  /** Where the dataset is. */
  readonly dataset: string;
  readonly status: RunStatus | 'running' | 'killed';
  /** Who makes it, or made it; the first versions did not say. */
  readonly process?: Holder;
  readonly fabricated: boolean;
  readonly started_at: string;
  readonly finished_at?: string;
  readonly rows?: RowCounts;
}

/** Notes a run in a file of its own, so that runs at the same time never write to the same one. */
export async function recordRun(folder: string, record: RunRecord): Promise<void> {
  const { JSONFile } = await import('lowdb/node');
  await mkdir(folder, { recursive: true });
  // Not a preset of lowdb: with NODE_ENV=test those write nothing.
  await new JSONFile<RunRecord>(join(folder, `${record.id}.json`)).write(record);
}

/** All runs, the oldest first. Files that are not ours, or torn, are passed over. */
export async function listRuns(folder: string): Promise<readonly RunRecord[]> {
  const { JSONFile } = await import('lowdb/node');
  const names = await readdir(folder).catch(() => []);
  const records = await Promise.all(
    names
      .filter((name) => name.endsWith('.json'))
      .sort()
      .map((name) => new JSONFile<Json>(join(folder, name)).read().catch(() => null)),
  );
  return records.filter(isRecord).map(withFate);
}

function isRecord(found: Json | null): found is Json & RunRecord {
  return isObject(found) && NEEDED.every((key) => typeof found[key] === 'string');
}

const NEEDED = ['id', 'recipe', 'dataset', 'status', 'started_at'] as const;

/** A run that never said it ended, and whose process is gone, was killed. */
function withFate(record: RunRecord): RunRecord {
  const isThere = record.process && isRunning(record.process);
  return record.status === 'running' && !isThere ? { ...record, status: 'killed' } : record;
}

/** A run's id: sorts by time. One process may begin several runs at the same moment. */
export function newRunId(now: Date): string {
  const stamp = now.toISOString().replaceAll(/[-:Z]/g, '').replace('T', '-');
  return `${stamp}-${process.pid}-${randomUUID().slice(0, 4)}`;
}

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
