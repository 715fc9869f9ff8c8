import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { isRunning, type Holder } from './holder.js';
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
  const { JSONFilePreset } = await import('lowdb/node');
  await mkdir(folder, { recursive: true });
  const db = await JSONFilePreset<RunRecord>(join(folder, `${record.id}.json`), record);
  db.data = record;
  await db.write();
}

/** All runs, the oldest first. Files that are not ours, or torn, are passed over. */
export async function listRuns(folder: string): Promise<readonly RunRecord[]> {
  const { JSONFile } = await import('lowdb/node');
  const names = await readdir(folder).catch(() => []);
  const records = await Promise.all(
    names
      .filter((name) => name.endsWith('.json'))
      .sort()
      .map((name) => new JSONFile<RunRecord>(join(folder, name)).read().catch(() => null)),
  );
  return records.filter((record) => record !== null).map(withFate);
}

/** A run that never said it ended, and whose process is gone, was killed. */
function withFate(record: RunRecord): RunRecord {
  const isThere = record.process && isRunning(record.process);
  return record.status === 'running' && !isThere ? { ...record, status: 'killed' } : record;
}

/** A run's id: sorts by time. */
export function newRunId(now: Date): string {
  const stamp = now.toISOString().replaceAll(/[-:]/g, '').replace('T', '-').slice(0, 15);
  return `${stamp}-${process.pid}`;
}
