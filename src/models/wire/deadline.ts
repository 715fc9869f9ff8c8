import { DEFAULTS } from '../../core/defaults.js';
import { err, type Result } from '../../core/result.js';
import { cutOff, timedOut } from './call-errors.js';
import type { CallError, Model } from '../types.js';

/** Seconds until a call of this model is given up. */
export const timeoutOf = ({ parameters }: Model): number => parameters.timeout ?? DEFAULTS.timeout;

/** The largest delay a Node timer takes: for an SDK whose own timeout must never come first. */
export const longestTimerMs = 2 ** 31 - 1;

/**
 * One call, cut off when the model's `timeout` is over or `stop` is aborted. What `send` throws before that is
 * for `explain`.
 */
export async function withDeadline<T>(
  model: Model,
  stop: AbortSignal,
  send: (signal: AbortSignal) => Promise<Result<T, CallError>>,
  explain: (thrown: unknown) => Result<T, CallError>,
): Promise<Result<T, CallError>> {
  const seconds = timeoutOf(model);
  const call = new AbortController();
  const abort = (): void => call.abort();
  const timer = setTimeout(abort, Math.min(seconds * 1000, longestTimerMs));
  stop.addEventListener('abort', abort, { once: true });
  if (stop.aborted) abort();
  try {
    return await send(call.signal);
  } catch (thrown) {
    if (stop.aborted) return err(cutOff);
    return call.signal.aborted ? err(timedOut(model, seconds)) : explain(thrown);
  } finally {
    clearTimeout(timer);
    stop.removeEventListener('abort', abort);
  }
}
