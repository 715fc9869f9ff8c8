/** What the thread does that `reading-helper.ts` starts. */
import { parentPort } from 'node:worker_threads';
import type { SeedEntryRows } from '../../seeds/types.js';
import { readEntry, type SessionIndices } from './read-entry.js';
import type { Answer, Question } from './worker.js';

const known = new Map<number, SessionIndices>();
let last = Promise.resolve();

/** One question after the other: files that are read at the same time would only take more memory. */
parentPort?.on('message', (question: Question) => {
  last = last.then(() => answer(question));
});

async function answer({ newIndices, entries }: Question): Promise<void> {
  for (const [number, indices] of newIndices) known.set(number, indices);
  const reads: SeedEntryRows[] = [];
  for (const { indices, ...entry } of entries) {
    reads.push(await readEntry({ ...entry, indices: known.get(indices) ?? new Map() }));
  }
  parentPort?.postMessage(reads satisfies Answer);
}
