import type { CallError } from '../types.js';

/**
 * Distinguishes a refused key from a refused request. A gateway or a firewall answers 401 and 403 to single prompts, and a
 * busy one to none in particular. The key counts as refused when the server says so before it has answered anything,
 * or when several different requests in a row are refused, tries included. A request that alone is refused fails
 * alone.
 */
export interface KeyRefusals {
  answered(): void;
  judge(error: CallError, callId: unknown): RefusalAction;
}

export type RefusalAction =
  /** The key is refused: no other request would be answered. */
  | { readonly kind: 'key-refused' }
  /** Not clear yet: try the request again. */
  | { readonly kind: 'recheck'; readonly tries: number }
  /** Other requests with this key are answered. */
  | { readonly kind: 'request-refused' };

/** So many different requests in a row are no coincidence. */
const enoughRequests = 3;
const triesPerRequest = 3;

export function createKeyRefusals(): KeyRefusals {
  let hasAnswered = false;
  const refusedInARow = new Set<unknown>();
  const triesOf = new Map<unknown, number>();
  return {
    answered() {
      hasAnswered = true;
      refusedInARow.clear();
    },
    judge(error, callId) {
      // Without a status nothing was sent: the key is not set.
      if (error.status === undefined || error.class === 'quota') return { kind: 'key-refused' };
      if (error.isUnclear && hasAnswered) return { kind: 'request-refused' };
      if (!error.isUnclear && !hasAnswered) return { kind: 'key-refused' };
      refusedInARow.add(callId);
      if (refusedInARow.size >= enoughRequests) return { kind: 'key-refused' };
      const tries = (triesOf.get(callId) ?? 0) + 1;
      triesOf.set(callId, tries);
      if (tries < triesPerRequest) return { kind: 'recheck', tries };
      triesOf.delete(callId);
      return { kind: hasAnswered ? 'request-refused' : 'key-refused' };
    },
  };
}

/** The error of a request that was refused while others with the same key were answered. */
export function blameRequest(error: CallError): CallError {
  return {
    ...error,
    class: 'invalid-request',
    message: `${error.message} (other requests with this key were answered)`,
    hint: 'the server, or a firewall in front of it, refuses this prompt; change it, or leave the row out',
  };
}
