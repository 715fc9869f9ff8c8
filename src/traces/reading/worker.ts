import { Worker } from 'node:worker_threads';
import { packageFolder } from '../../core/package-folder.js';
import type { SeedEntryRows } from '../../seeds/types.js';
import type { SessionIndices, TraceFileEntry } from './read-entry.js';

/** What the thread is asked to read. The indices of a folder are sent once, and known by a number from then on. */
export interface Question {
  readonly newIndices: readonly (readonly [number, SessionIndices])[];
  readonly entries: readonly (Omit<TraceFileEntry, 'indices'> & { readonly indices: number })[];
}

/** For every entry that was asked for, in the same order. */
export type Answer = readonly SeedEntryRows[];

interface Helper {
  ask(entries: readonly TraceFileEntry[]): Promise<Answer>;
}

/** Idle for so many milliseconds, the thread ends and gives back its memory. */
const PATIENCE = 250;

let helper: Helper | undefined;
let isBroken = false;

/**
 * Reads entries in a thread of its own, which is started when it is needed, answers one question after the other,
 * and keeps no process alive. Rejects when it breaks down over a question, and from then on.
 */
export async function readInThread(entries: readonly TraceFileEntry[]): Promise<Answer> {
  if (isBroken) throw new Error('there is no thread that reads');
  try {
    helper ??= startHelper();
  } catch (error) {
    isBroken = true;
    throw error;
  }
  return helper.ask(entries);
}

function startHelper(): Helper {
  const script = new URL('dist/traces/reading/worker-thread.js', packageFolder());
  // It reads files and nothing else: no flags of this process, and none of its secrets.
  const worker = new Worker(script, { execArgv: [], env: {} });
  const waiting: { resolve(answer: Answer): void; reject(error: unknown): void }[] = [];
  const numbers = new Map<SessionIndices, number>();
  let idle: NodeJS.Timeout | undefined;

  worker.on('message', (answer: Answer) => {
    waiting.shift()?.resolve(answer);
    if (waiting.length > 0) return;
    worker.unref();
    idle = setTimeout(() => end('idle'), PATIENCE).unref();
  });
  worker.on('error', end);
  worker.on('messageerror', end);
  worker.on('exit', () => end(new Error('the thread that reads has ended')));

  /** Whatever is waiting then waits no longer. */
  function end(why: unknown): void {
    clearTimeout(idle);
    if (helper === self) helper = undefined;
    if (waiting.length > 0) isBroken = true;
    for (const { reject } of waiting.splice(0)) reject(why);
    void worker.terminate();
  }

  function questionOf(entries: readonly TraceFileEntry[]): Question {
    const newIndices: (readonly [number, SessionIndices])[] = [];
    const numbered = entries.map(({ indices, ...entry }) => {
      const number = numbers.get(indices) ?? numbers.size;
      if (number === numbers.size) newIndices.push([number, indices]);
      numbers.set(indices, number);
      return { ...entry, indices: number };
    });
    return { newIndices, entries: numbered };
  }

  const self: Helper = {
    ask(entries) {
      clearTimeout(idle);
      return new Promise((resolve, reject) => {
        waiting.push({ resolve, reject });
        try {
          worker.postMessage(questionOf(entries));
          worker.ref();
        } catch (error) {
          end(error);
        }
      });
    },
  };
  return self;
}
