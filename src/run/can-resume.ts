import { existsSync } from 'node:fs';
import type { Folders } from '../dataset/folders.js';
import { readMetadata } from '../dataset/metadata.js';
import type { RunRequest } from './request.js';

/**
 * True when an earlier run may have left rows undone, so that it pays to look for the resume point. A finished
 * dataset has none; the staging folder is what a killed run left.
 */
export async function canResume(
  {
    plan,
    preview,
    answers,
    retry,
    rows,
  }: Pick<RunRequest, 'plan' | 'preview' | 'answers' | 'retry' | 'rows'>,
  { dataset, partial, staging }: Folders,
): Promise<boolean> {
  if (preview || answers?.dryRun || answers?.refresh || retry || plan.models.size === 0) return false;
  if (existsSync(partial) || existsSync(staging)) return true;
  const before = await readMetadata(dataset);
  if (before?.status !== 'finished') return true;
  return (rows?.limit ?? Infinity) > (before.origin?.num_records ?? Infinity);
}
