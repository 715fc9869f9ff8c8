import type { CallPart } from './transcript.js';

/** The calls of the latest answer that have no result yet. */
export interface OpenCalls {
  /** Registers the calls of a new answer; a call without an id gets one. */
  open(calls: readonly CallPart[]): readonly CallPart[];
  /** The call id of a result: its own, or that of the next open call with that name. */
  answer(callId: string | undefined, name: string | undefined): string | undefined;
  /** Calls of the latest answer without a result. */
  waiting(): readonly CallPart[];
}

/**
 * Pairs results with calls in conversations without call ids, as chat templates and OpenAI's old functions have
 * them: results then come in the order of the calls.
 */
export function createOpenCalls(): OpenCalls {
  let waiting: readonly CallPart[] = [];
  let count = 0;
  return {
    open(calls) {
      waiting = calls.map((call) => {
        count += 1;
        return { ...call, id: call.id ?? `call_${count}` };
      });
      return waiting;
    },
    answer(callId, name) {
      const answered =
        callId === undefined
          ? waiting.find((call) => name === undefined || call.name === name)
          : waiting.find(({ id }) => id === callId);
      waiting = waiting.filter((call) => call !== answered);
      return callId ?? answered?.id;
    },
    waiting: () => waiting,
  };
}
