import { isFatal } from '../core/failure.js';
import type { EventSink, StopReason } from '../core/events.js';

/** Ends a run early. There are three degrees; each signal is aborted at most once. */
export interface RunStopper {
  /** No new request: those in flight finish and are kept. */
  readonly stopped: AbortSignal;
  /** Requests in flight are cut off as well; what is stored stays stored. */
  readonly aborted: AbortSignal;
  /** A person wants the program to end: stored rows are not made any more either. */
  readonly exitNow: AbortSignal;
  /** Why the run was stopped; `undefined` while it was not. */
  readonly reason: StopReason | undefined;
  /** The first call stops the run; an interruption after it aborts. */
  stop(reason: StopReason): void;
  /** There is nothing left to do: no new request. An interruption then cuts off the requests in flight. */
  finish(): void;
  /** Aborts all signals without an event: the run is over, or an exception ended it. */
  release(): void;
}

export function createRunStopper(emit: EventSink): RunStopper {
  const stopped = new AbortController();
  const aborted = new AbortController();
  const exitNow = new AbortController();
  let reason: StopReason | undefined;
  let isDone = false;
  return {
    stopped: stopped.signal,
    aborted: aborted.signal,
    exitNow: exitNow.signal,
    get reason() {
      return reason;
    },
    stop(next) {
      const isInterruption = next.kind === 'interrupted';
      if (isDone || reason) {
        if (isInterruption) aborted.abort();
      } else {
        reason = next;
        emit({ kind: 'stopping', reason: next });
        stopped.abort();
      }
      if (isInterruption) exitNow.abort();
    },
    finish() {
      isDone = true;
      stopped.abort();
    },
    release() {
      stopped.abort();
      exitNow.abort();
      aborted.abort();
    },
  };
}

/** A person's wish to end a run: first to stop it, then to abort it. */
export interface Interrupt {
  readonly stop: AbortSignal;
  readonly abort: AbortSignal;
  /** Called when the run is over. */
  readonly close?: () => void;
}

/** The first Ctrl-C or termination signal stops, the second aborts. Call `close` to ignore signals again. */
export function interruptOnSignals(): Interrupt & { readonly close: () => void } {
  const stop = new AbortController();
  const abort = new AbortController();
  const onSignal = (): void => (stop.signal.aborted ? abort : stop).abort();
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  for (const signal of signals) process.on(signal, onSignal);
  return {
    stop: stop.signal,
    abort: abort.signal,
    close() {
      for (const signal of signals) process.off(signal, onSignal);
    },
  };
}

/** Passes an interrupt on to a run, until the returned function is called. */
export function stopOnInterrupt(stopper: RunStopper, { stop, abort, close }: Interrupt): () => void {
  const onAbort = (): void => stopper.stop({ kind: 'interrupted' });
  for (const signal of [stop, abort])
    if (signal.aborted) onAbort();
    else signal.addEventListener('abort', onAbort, { once: true });
  return () => {
    for (const signal of [stop, abort]) signal.removeEventListener('abort', onAbort);
    close?.();
  };
}

/** Stops the run at a refused key, used-up credit, or a provider that wants no request for long: no other cell would succeed. */
export function stopOnFatal(emit: EventSink, stopper: RunStopper): EventSink {
  return (event) => {
    emit(event);
    if (event.kind !== 'cell-failed') return;
    const { failure, column } = event;
    if (isFatal(failure)) stopper.stop({ kind: 'fatal', failure, column });
    else if (failure.isLongLimit) {
      const { message, hint = 'run the same command again later' } = failure;
      stopper.stop({ kind: 'limit', limit: 'provider', message, hint });
    }
  };
}
