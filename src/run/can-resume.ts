import { existsSync } from 'node:fs';
import type { Folders } from '../dataset/folders.js';
import { readMetadata } from '../dataset/metadata.js';
import type { RunRequest } from './request.js';

/**
 * Whether there may be rows that an earlier run did not come to: then what is stored is looked through for them.
 * Where a dataset is finished, that would only take time. What a killed run staged is still there.
 */
export async function mayGoOn(request: RunRequest, { dataset, partial, staging }: Folders): Promise<boolean> {
  const { plan, preview, dryRun, noCache, retry, numRecords } = request;
  if (preview || dryRun || noCache || retry || plan.models.size === 0) return false;
  if (existsSync(partial) || existsSync(staging)) return true;
  const before = await readMetadata(dataset);
  if (before?.status !== 'finished') return true;
  return (numRecords ?? Infinity) > (before.origin?.num_records ?? Infinity);
}
