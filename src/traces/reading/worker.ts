/**
 * Reads trace files in a worker thread, so that two cores parse at the same time. An opened seed has one thread at
 * most. It starts with the first request, answers requests in order, ends when it has been idle for a moment and
 * never keeps the process alive. When it fails, the requests that wait for it and all later ones are rejected, and
 * the caller (`read-ahead.ts`) reads in its own thread: the rows are the same, only slower. Functions cannot be sent
 * to a thread, so it knows built-in formats only, by name.
 */
import { Worker } from 'node:worker_threads';
import { packageFolder } from '../../core/package-folder.js';
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

/** In milliseconds: an idle thread ends after this and frees its memory. */
const IDLE_TIMEOUT = 250;

/** @param formats names of the built-in formats to recognise, in the order in which they are tried */
export function createWorkerReader(formats: readonly string[]): WorkerReader {
  let running: RunningWorker | undefined;
  let isBroken = false;
  return async (entries) => {
    if (isBroken) throw new Error('the worker thread has failed before');
    try {
      running ??= startWorker(formats, (hasFailed) => {
        running = undefined;
        isBroken ||= hasFailed;
      });
    } catch (error) {
      isBroken = true;
      throw error;
    }
    return running.request(entries);
  };
}

interface RunningWorker {
  request(entries: readonly TraceFileEntry[]): Promise<WorkerResponse>;
}

/** @param onEnd called once, with true when requests were waiting for the thread */
function startWorker(formats: readonly string[], onEnd: (hasFailed: boolean) => void): RunningWorker {
  const script = new URL('dist/program/traces/reading/worker-thread.js', packageFolder());
  // It only reads files, so it gets neither the flags nor the environment (with its secrets) of this process.
  const worker = new Worker(script, { workerData: formats, execArgv: [], env: {} });
  const waiting: { resolve(rows: WorkerResponse): void; reject(error: unknown): void }[] = [];
  const numbers = new Map<SessionIndices, number>();
  let idle: NodeJS.Timeout | undefined;
  let hasEnded = false;

  worker.on('message', (rows: WorkerResponse) => {
    waiting.shift()?.resolve(rows);
    if (waiting.length > 0) return;
    worker.unref();
    idle = setTimeout(() => end('idle'), IDLE_TIMEOUT).unref();
  });
  worker.on('error', end);
  worker.on('messageerror', end);
  worker.on('exit', () => end(new Error('the worker thread has ended')));

  function end(reason: unknown): void {
    if (hasEnded) return;
    hasEnded = true;
    clearTimeout(idle);
    onEnd(waiting.length > 0);
    for (const { reject } of waiting.splice(0)) reject(reason);
    void worker.terminate();
  }

  function requestFor(entries: readonly TraceFileEntry[]): WorkerRequest {
    const newIndices: (readonly [number, SessionIndices])[] = [];
    const numbered = entries.map(({ indices, ...entry }) => {
      const number = numbers.get(indices) ?? numbers.size;
      if (number === numbers.size) newIndices.push([number, indices]);
      numbers.set(indices, number);
      return { ...entry, indices: number };
    });
    return { newIndices, entries: numbered };
  }

  return {
    request(entries) {
      clearTimeout(idle);
      return new Promise((resolve, reject) => {
        waiting.push({ resolve, reject });
        try {
          worker.postMessage(requestFor(entries));
          worker.ref();
        } catch (error) {
          end(error);
        }
      });
    },
  };
}
