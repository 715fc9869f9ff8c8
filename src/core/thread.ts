/**
 * A second thread for work that comes in bursts, so that two cores work at the same time. It starts with the first
 * request, answers requests in order, ends when it has been idle for a moment and never keeps the process alive. When it
 * fails, the requests that wait for it and all later ones are rejected, and the caller does the work in its own thread:
 * the result is the same, only slower.
 */
import { Worker } from 'node:worker_threads';
import { packageFolder } from './package-folder.js';

/**
 * Sends a request and returns the answer; rejects when the thread cannot be started or fails, and from then on.
 *
 * @param requestFor gets what the thread that is running knows
 */
export type Thread<Known, Request, Response> = (requestFor: (known: Known) => Request) => Promise<Response>;

export interface ThreadOptions<Known> {
  /** The script, as a path in `dist/program`. */
  readonly script: string;
  readonly workerData: unknown;
  /** What a thread knows when it starts: later requests can refer to what earlier ones said. */
  readonly newKnown: () => Known;
  /** In milliseconds: an idle thread ends after this and frees its memory. */
  readonly idleTimeout: number;
}

export function createThread<Known, Request, Response>(
  options: ThreadOptions<Known>,
): Thread<Known, Request, Response> {
  let running: Running<Known, Request, Response> | undefined;
  let isBroken = false;
  return async (requestFor) => {
    if (isBroken) throw new Error('the thread has failed before');
    try {
      running ??= start(options, (hasFailed) => {
        running = undefined;
        isBroken ||= hasFailed;
      });
    } catch (error) {
      isBroken = true;
      throw error;
    }
    return running.request(requestFor);
  };
}

interface Running<Known, Request, Response> {
  readonly request: Thread<Known, Request, Response>;
}

/** @param onEnd called once, with true when requests were waiting for the thread */
function start<Known, Request, Response>(
  { script, workerData, newKnown, idleTimeout }: ThreadOptions<Known>,
  onEnd: (hasFailed: boolean) => void,
): Running<Known, Request, Response> {
  // It gets neither the flags nor the environment (with its secrets) of this process.
  const worker = new Worker(new URL(`dist/program/${script}`, packageFolder()), {
    workerData,
    execArgv: [],
    env: {},
  });
  const waiting: { resolve(response: Response): void; reject(error: unknown): void }[] = [];
  const known = newKnown();
  let idle: NodeJS.Timeout | undefined;
  let hasEnded = false;

  worker.on('message', (response: Response) => {
    waiting.shift()?.resolve(response);
    if (waiting.length > 0) return;
    worker.unref();
    idle = setTimeout(() => end('idle'), idleTimeout).unref();
  });
  worker.on('error', end);
  worker.on('messageerror', end);
  worker.on('exit', () => end(new Error('the thread has ended')));

  function end(reason: unknown): void {
    if (hasEnded) return;
    hasEnded = true;
    clearTimeout(idle);
    onEnd(waiting.length > 0);
    for (const { reject } of waiting.splice(0)) reject(reason);
    void worker.terminate();
  }

  return {
    request(requestFor) {
      clearTimeout(idle);
      return new Promise((resolve, reject) => {
        waiting.push({ resolve, reject });
        try {
          worker.postMessage(requestFor(known));
          worker.ref();
        } catch (error) {
          end(error);
        }
      });
    },
  };
}
