/** What an earlier command has left: batches under way, and intents of which only the provider knows what became. */
import { rm } from 'node:fs/promises';
import type { StopReason } from '../../core/events.js';
import { ok, type Result } from '../../core/result.js';
import type { BatchContext } from './context.js';
import { findLost, graceLeft, mayExist } from './lost.js';
import { removeOrphans, type BatchRecord } from './records.js';
import { keysOf } from './spool.js';

/** The batches under way, and intents to be handed in again. What was not handed in is written down again. */
export async function recover(context: BatchContext): Promise<Result<readonly BatchRecord[], StopReason>> {
  const { folder, models, note } = context;
  const records = await folder.list();
  await removeOrphans(folder, records);
  const found: BatchRecord[] = [];
  for (const record of records) {
    if (record.state === 'submitted' && models.has(record.alias)) found.push(record);
    else if (record.state === 'submitted' || (record.state === 'intent' && !models.has(record.alias)))
      note(
        `a batch of ${record.requests} requests for \`${record.alias}\`, which this run asks no batches of, is left under way; dd batches --cancel ${record.batch ?? record.id} ends it`,
      );
    // Who runs the command again wants the rest.
    await rm(folder.cancelOf(record.id), { force: true });
    if (record.state === 'planned') await folder.remove(record);
    if (record.state !== 'intent' || !models.has(record.alias)) continue;
    const lost = await findLost(record, context, graceLeft(record, context));
    if (!lost.ok) return lost;
    if (lost.value) found.push(lost.value);
    // The same again, so that it can be told from the first where that comes to light later.
    else if (mayExist(record, context)) found.push(record);
    else await folder.remove(record);
  }
  return ok(found);
}

/**
 * Without intents to be handed in again that hold what no row asks for any more.
 *
 * @param met the keys that rows have asked for
 */
export async function withoutStale(
  list: readonly BatchRecord[],
  met: ReadonlySet<string>,
  { folder }: BatchContext,
): Promise<readonly BatchRecord[]> {
  const kept: BatchRecord[] = [];
  for (const record of list) {
    let isStale = false;
    if (record.state === 'intent')
      for await (const key of keysOf(folder.spoolOf(record.id))) isStale ||= !met.has(key);
    if (isStale) await folder.remove(record);
    else kept.push(record);
  }
  return kept;
}
