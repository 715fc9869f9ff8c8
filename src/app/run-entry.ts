import { newRunId, recordRun, type RunRecord } from '../dataset/catalogue.js';
import { thisProcess } from '../dataset/holder.js';
import type { Folders } from '../dataset/folders.js';
import type { Metadata } from '../dataset/metadata.js';
import type { RunRequest } from './run-request.js';

/** A run's entry in the catalogue, `running` until it is ended. */
export interface RunEntry {
  ended(end: Pick<Metadata, 'status' | 'finished_at' | 'rows'>, dataset?: string): Promise<void>;
}

/** Notes the run in the catalogue. A preview leaves nothing behind, so it is not noted. */
export async function openRunEntry(request: RunRequest, folders: Folders, started: Date): Promise<RunEntry> {
  if (request.preview) return { ended: async () => undefined };
  const record: RunRecord = {
    id: newRunId(started),
    recipe: request.plan.recipe.name,
    dataset: folders.dataset,
    status: 'running',
    fabricated: request.dryRun,
    process: thisProcess(),
    started_at: started.toISOString(),
  };
  await recordRun(folders.runs, record);
  return {
    async ended({ status, finished_at, rows }, dataset = folders.dataset) {
      await recordRun(folders.runs, { ...record, status, dataset, finished_at, rows });
    },
  };
}
