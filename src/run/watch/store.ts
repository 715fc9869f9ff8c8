import { dirname } from 'node:path';
import type { Folders } from '../../dataset/folders.js';
import { takePreviewLock } from '../../dataset/lock.js';
import { openAnswerStore } from '../../answer-store/answer-store.js';
import { createMemoryStore } from '../../models/cached-requests.js';
import { err, ok, type Result } from '../../core/result.js';
import type { AnswerStore } from '../../models/types.js';
import type { RunProblem } from '../problem.js';
import { findStoreProblem } from '../usable-store.js';

/** The one store of all rounds of a watch. */
export interface WatchStore {
  readonly store: AnswerStore;
  close(): Promise<void>;
}

/**
 * Opens the store, which `dd store` cannot replace until it is closed. Made-up answers last as long as the watch.
 * With `noCache`, answers of earlier runs do not count; those of earlier rounds do: only what was edited is
 * asked again.
 */
export async function openWatchStore(
  folders: Folders,
  { dryRun, noCache }: { readonly dryRun: boolean; readonly noCache: boolean },
  say: (text: string) => void,
): Promise<Result<WatchStore, RunProblem>> {
  if (dryRun) return ok({ store: createMemoryStore(), close: async () => undefined });
  const letGo = await takePreviewLock(dirname(folders.lock));
  const problem = await findStoreProblem(folders, say);
  if (problem) {
    await letGo();
    return err(problem);
  }
  const disk = await openAnswerStore(folders.cells);
  const close = async (): Promise<void> => {
    await disk.close();
    await letGo();
  };
  return ok({ store: noCache ? onlyNew(disk) : disk, close });
}

function onlyNew(store: AnswerStore): AnswerStore {
  const written = new Set<string>();
  return {
    get: (key) => (written.has(key) ? store.get(key) : undefined),
    async put(key, answer) {
      await store.put(key, answer);
      written.add(key);
    },
    recall: (name) => store.recall(name),
    remember: (name, value) => store.remember(name, value),
  };
}
