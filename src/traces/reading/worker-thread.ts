/** The thread that `worker.ts` starts. */
import { parentPort, workerData } from 'node:worker_threads';
import type { SeedEntryRows } from '../../seeds/types.js';
import { loadFormats } from '../format.js';
import { builtInFormats } from '../formats/index.js';
import { createEntryReader, type SessionIndices } from './read-entry.js';
import type { WorkerRequest, WorkerResponse } from './worker.js';

const names = workerData as readonly string[];
const readEntry = createEntryReader(
  await loadFormats(builtInFormats.filter(({ name }) => names.includes(name))),
);
const known = new Map<number, SessionIndices>();
let last = Promise.resolve();

/** One request after the other: reading files at the same time would only take more memory. */
parentPort?.on('message', (request: WorkerRequest) => {
  last = last.then(() => answer(request));
});

async function answer({ newIndices, entries }: WorkerRequest): Promise<void> {
  for (const [number, indices] of newIndices) known.set(number, indices);
  const rows: SeedEntryRows[] = [];
  for (const { indices, ...entry } of entries) {
    rows.push(await readEntry({ ...entry, indices: known.get(indices) ?? new Map() }));
  }
  parentPort?.postMessage(rows satisfies WorkerResponse);
}
