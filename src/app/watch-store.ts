import { openCellStore } from '../engine/cell-store.js';
import { createMemoryStore } from '../models/memory-store.js';
import type { AnswerStore } from '../models/types.js';

/** The one store of all rounds of a watch. */
export interface WatchStore {
  readonly store: AnswerStore;
  close(): Promise<void>;
}

/**
 * Made-up answers last as long as the watch. With `noCache`, answers of earlier runs do not count; those of
 * earlier rounds do: only what was edited is asked again.
 */
export async function openWatchStore(
  folder: string,
  { dryRun, noCache }: { readonly dryRun: boolean; readonly noCache: boolean },
): Promise<WatchStore> {
  if (dryRun) return { store: createMemoryStore(), close: async () => undefined };
  const disk = await openCellStore(folder);
  return { store: noCache ? onlyNew(disk) : disk, close: () => disk.close() };
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
