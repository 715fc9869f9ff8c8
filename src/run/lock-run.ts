import { dirname } from 'node:path';
import { finishSwap } from '../answer-store/swap.js';
import { findStoreDamage, REPAIR_HINT } from '../answer-store/integrity.js';
import type { Folders } from '../dataset/folders.js';
import { findStoreOwner, takeLock, takePreviewLock } from '../dataset/lock.js';
import { err, type Result } from '../core/result.js';
import type { RunProblem } from './problem.js';
import type { EventSink } from '../core/events.js';

export interface RunLock {
  /** Previews and runs of a dataset both use the store; only the latter lock a dataset. */
  readonly preview: boolean;
  /** A dry run uses no store, and its preview leaves no trace. */
  readonly dryRun: boolean;
  /** Another dataset to lock first: that of all stages, when one of them is retried alone. */
  readonly whole?: Folders | undefined;
  readonly onEvent: EventSink;
}

/** The second step of a run: calls `act` while it holds the lock, with a store that can be used. */
export async function lockRun<T>(
  folders: Folders,
  { preview, dryRun, whole, onEvent }: RunLock,
  act: () => Promise<Result<T, RunProblem>>,
): Promise<Result<T, RunProblem>> {
  const actOnStore = async (): Promise<Result<T, RunProblem>> => {
    const problem = dryRun ? undefined : await findStoreProblem(folders, onEvent);
    return problem ? err(problem) : act();
  };
  if (!preview) {
    const lock = (): Promise<Result<T, RunProblem>> => lockDataset(folders, actOnStore);
    return whole ? lockDataset(whole, lock) : lock();
  }
  const release = dryRun ? undefined : await takePreviewLock(dirname(folders.lock));
  return actOnStore().finally(release);
}

/** Calls `act` while it holds the lock of a dataset. */
export async function lockDataset<T>(
  folders: Folders,
  act: () => Promise<Result<T, RunProblem>>,
): Promise<Result<T, RunProblem>> {
  const lock = await takeLock(folders.lock);
  if (!lock.ok)
    return err({ message: `\`${folders.name}\` is busy: ${lock.error}`, hint: 'wait for it to end' });
  return act().finally(lock.value);
}

/** The note after a swap that a killed `dd store` left half-done was finished. */
export const SWAP_FINISHED =
  'the last `dd store` was stopped just before its end: the store that it had made is in its place now';

/**
 * Why a run cannot use the answer store. Call it with a lock that `dd store` respects. A damaged store is not
 * repaired here: answers lost from it must be paid for again, so the person decides. The last step of a `dd store`
 * that was killed is finished, with an event.
 */
async function findStoreProblem(
  { answerStore, lock }: Folders,
  onEvent: EventSink,
): Promise<RunProblem | undefined> {
  const owner = await findStoreOwner(dirname(lock));
  if (owner !== undefined)
    return { message: `the answer store is in use: ${owner}`, hint: 'wait for it to end' };
  if (await finishSwap(answerStore)) onEvent({ kind: 'store-note', text: SWAP_FINISHED });
  const damage = await findStoreDamage(answerStore);
  if (damage === undefined) return undefined;
  return {
    message: `the answer store cannot be used: ${answerStore}: ${damage}`,
    hint: REPAIR_HINT,
  };
}
