import { isFatal } from '../core/failure.js';
import type { EventSink, StopReason } from '../core/events.js';

/**
 * The ways to end a run early. `stop`: no new request, those in flight finish and are kept. `abort`:
 * those in flight are cut off as well; what is stored stays stored. `leave`: a person wants the program to end, so
 * that not even what is stored is made any more.
 */
export interface StopSwitch {
  readonly stop: AbortSignal;
  readonly abort: AbortSignal;
  readonly leave: AbortSignal;
  readonly reason: StopReason | undefined;
  /** The first call stops; an interruption after it aborts. */
  pull(reason: StopReason): void;
  /** Ends everything that may still be under way, without a word: the run is over, or broken off by a fault. */
  release(): void;
}

export function createStopSwitch(emit: EventSink): StopSwitch {
  const stop = new AbortController();
  const abort = new AbortController();
  const leave = new AbortController();
  let reason: StopReason | undefined;
  return {
    stop: stop.signal,
    abort: abort.signal,
    leave: leave.signal,
    get reason() {
      return reason;
    },
    pull(next) {
      const isInterruption = next.kind === 'interrupted';
      if (reason) {
        if (isInterruption) abort.abort();
      } else {
        reason = next;
        emit({ kind: 'stopping', reason: next });
        stop.abort();
      }
      if (isInterruption) leave.abort();
    },
    release() {
      stop.abort();
      leave.abort();
      abort.abort();
    },
  };
}

/** Ctrl-C and termination signals pull the switch; returns how to let go of them again. */
export function stopOnSignals(pull: StopSwitch['pull']): () => void {
  const onSignal = (): void => pull({ kind: 'interrupted' });
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  for (const signal of signals) process.on(signal, onSignal);
  return () => {
    for (const signal of signals) process.off(signal, onSignal);
  };
}

/** A key that is refused, or credit that is used up, ends the run: no other cell would fare better. */
export function stopOnRefusal(onEvent: EventSink, { pull }: StopSwitch): EventSink {
  return (event) => {
    onEvent(event);
    if (event.kind !== 'cell-failed') return;
    const { failure, column } = event;
    if (isFatal(failure)) pull({ kind: 'fatal', failure, column });
  };
}
