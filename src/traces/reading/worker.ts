/**
 * Reads trace files in a thread of an opened seed, so that two cores parse at the same time. When it fails, the caller
 * (`read-ahead.ts`) reads in its own thread. Functions cannot be sent to a thread, so it knows built-in formats only, by
 * name.
 */
import { createThread } from '../../core/thread.js';
import type { SeedEntryRows } from '../../seeds/types.js';
import type { SessionIndices, TraceFileEntry } from './read-entry.js';

/** The session indices of a folder are sent once, and referred to by number from then on. */
export interface WorkerRequest {
  readonly newIndices: readonly (readonly [number, SessionIndices])[];
  readonly entries: readonly (Omit<TraceFileEntry, 'indices'> & { readonly indices: number })[];
}

/** The rows of every requested entry, in the same order. */
export type WorkerResponse = readonly SeedEntryRows[];

/** Rejects when the thread cannot be started or fails, and from then on. */
export type WorkerReader = (entries: readonly TraceFileEntry[]) => Promise<WorkerResponse>;

/** @param formats names of the built-in formats to recognise, in the order in which they are tried */
export function createWorkerReader(formats: readonly string[]): WorkerReader {
  const ask = createThread<Map<SessionIndices, number>, WorkerRequest, WorkerResponse>({
    script: 'traces/reading/worker-thread.js',
    workerData: formats,
    newKnown: () => new Map(),
    idleTimeout: 250,
  });
  return (entries) => ask((numbers) => requestFor(entries, numbers));
}

function requestFor(entries: readonly TraceFileEntry[], numbers: Map<SessionIndices, number>): WorkerRequest {
  const newIndices: (readonly [number, SessionIndices])[] = [];
  const numbered = entries.map(({ indices, ...entry }) => {
    const number = numbers.get(indices) ?? numbers.size;
    if (number === numbers.size) newIndices.push([number, indices]);
    numbers.set(indices, number);
    return { ...entry, indices: number };
  });
  return { newIndices, entries: numbered };
}
