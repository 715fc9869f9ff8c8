import { DEFAULTS } from '../core/defaults.js';
import type { RunStopper } from './stop.js';
import { isUntried, type Failure } from '../core/failure.js';
import type { RunConfig } from '../core/config.js';
import type { EventSink, StopReason } from '../core/events.js';

/** The window holds at least this many times the most requests in flight, so that one bad moment stops nothing. */
const windowPerInFlight = 2;

/**
 * Stops the run when too many of the latest cells failed. A cell counts once, after all its retries, and only if
 * this run sent a request for it. So rate limits that pass, and invalid answers in the store, stop nothing.
 */
export function stopOnErrorRate(emit: EventSink, stopper: RunStopper, config: RunConfig): EventSink {
  if (config.disable_early_shutdown === true) return emit;
  const {
    shutdown_error_rate = DEFAULTS.shutdown_error_rate,
    shutdown_error_window = DEFAULTS.shutdown_error_window,
  } = config;
  const latest: (Failure | undefined)[] = [];
  let inFlight = 0;
  let mostInFlight = 0;
  return (event) => {
    emit(event);
    if (event.kind === 'call-start') mostInFlight = Math.max(mostInFlight, ++inFlight);
    if (event.kind === 'call-end') inFlight -= 1;
    if (event.kind !== 'asked' || (event.failure && isUntried(event.failure))) return;
    const window = Math.max(shutdown_error_window, windowPerInFlight * mostInFlight);
    latest.push(event.failure);
    if (latest.length > window) latest.shift();
    const failures = latest.filter((failure) => failure !== undefined);
    if (latest.length < window || failures.length === 0) return;
    if (failures.length / window >= shutdown_error_rate) stopper.stop(tooManyFailures(failures, window));
  };
}

function tooManyFailures(failures: readonly Failure[], window: number): StopReason {
  const [failureClass, count] = mostCommon(failures.map((failure) => failure.class));
  const alike = failures.filter((failure) => failure.class === failureClass);
  const [message] = mostCommon(alike.map((failure) => failure.message));
  const hint = alike.find((failure) => failure.message === message)?.hint;
  const share = count === failures.length ? 'all of them' : `${count} of them`;
  return {
    kind: 'limit',
    limit: 'error-rate',
    message: `${failures.length} of the last ${window} cells got no usable answer, ${share} of class ${failureClass}: ${message}`,
    hint: `${hint === undefined ? '' : `${hint}; `}see failures.jsonl, then run the same command again; --set run_config.disable_early_shutdown=true turns this limit off`,
  };
}

function mostCommon<T>(values: readonly T[]): readonly [T, number] {
  const counts = new Map<T, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  const [first] = [...counts].sort(([, a], [, b]) => b - a);
  if (!first) throw new Error('nothing to count');
  return first;
}
