import { isNativeError } from 'node:util/types';
import { createContext, Script, type Context } from 'node:vm';

/**
 * Stops synchronous code that may never return, such as a regular expression or a library function on hostile input.
 *
 * V8 can terminate a running script at any point, but only a script, so the work runs as a one-line script of
 * `node:vm` with its `timeout` option (a watchdog thread that calls `TerminateExecution`). Each call costs about a
 * tenth of a millisecond: callers use it only for work that they cannot prove to be fast. A worker thread with
 * `terminate()` would also stop the code, but it costs 40 to 200 microseconds for every cell, slow or not, since each
 * row has to be copied to it.
 */
export function runWithTimeout<T>(work: () => T, milliseconds: number): T {
  context ??= createContext(Object.create(null) as Context);
  context['work'] = work;
  try {
    return script.runInContext(context, { timeout: Math.max(1, Math.ceil(milliseconds)) }) as T;
  } catch (error) {
    if (isNativeError(error) && (error as NodeJS.ErrnoException).code === 'ERR_SCRIPT_EXECUTION_TIMEOUT')
      throw new TimeoutError(milliseconds);
    throw error;
  } finally {
    context['work'] = undefined;
  }
}

const script = new Script('work()');
let context: Context | undefined;

/** The work was still running when its time was up. */
export class TimeoutError extends Error {
  constructor(milliseconds: number) {
    super(tooSlow(milliseconds));
  }
}

/** The message for work that was stopped: `it takes longer than 1 second`. */
export function tooSlow(milliseconds: number): string {
  const seconds = milliseconds / 1000;
  return `it takes longer than ${seconds} second${seconds === 1 ? '' : 's'}`;
}
