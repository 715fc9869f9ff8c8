import { err, ok, type Result } from '../core/result.js';
import type { CellTimer } from './cell-timeout.js';
import { requestKey } from './request-key.js';
import { sendRequest, type RequestContext, type RequestFailed } from './send-request.js';
import type { Answer, AnswerStore, CallError, ChatRequest } from './types.js';

/**
 * A content-addressed cache of answers, as in a build tool: the key is the hash of the exact request
 * (`requestKey`), so a stored answer never becomes outdated and a changed request is a new one. Each request is
 * looked up in the answer store first and sent only on a miss. An answer is stored before it is used. Equal
 * requests at the same time share one call, since two answers to one key could not both be stored.
 */
export interface CachedRequests {
  lookUp(request: ChatRequest, origin: RequestOrigin): CacheLookup;
  /** @param lookup the result of `lookUp` for this request */
  send(
    request: ChatRequest,
    origin: RequestOrigin,
    lookup: CacheLookup,
    timer: CellTimer,
  ): Promise<Result<Answer, RequestFailed>>;
}

/** The cell that a request is for, and which try of it this is. */
export interface RequestOrigin {
  readonly column: string;
  readonly rowId: string;
  /** How often the conversation was restarted before. */
  readonly restart: number;
  readonly priority: number;
  /** Use stored answers and send nothing. */
  readonly cacheOnly: boolean;
}

export interface CacheLookup {
  readonly key: string;
  /** `undefined` on a miss. */
  readonly answer: Answer | undefined;
}

/** @param reuse false: every request is a miss, and its new answer replaces the stored one */
export function createCachedRequests(
  store: AnswerStore,
  contextOf: (request: ChatRequest, column: string) => RequestContext,
  reuse: boolean,
): CachedRequests {
  const inFlight = new Map<string, Promise<Result<Answer, RequestFailed>>>();
  return {
    lookUp(request, { rowId, restart }) {
      const key = requestKey(request, rowId, restart);
      return { key, answer: reuse ? store.get(key) : undefined };
    },

    async send(request, { column, priority, cacheOnly }, { key, answer }, timer) {
      const context = contextOf(request, column);
      if (answer) {
        context.usage.reused(request.model.alias, answer);
        return ok(answer);
      }
      if (cacheOnly) return err({ last: cacheMiss, earlier: [] });
      const shared = inFlight.get(key);
      if (shared) return shared;
      const save = (fresh: Answer): Promise<Answer | void> => store.put(key, fresh);
      const call = sendRequest({ request, priority, save }, timer, context).finally(() =>
        inFlight.delete(key),
      );
      inFlight.set(key, call);
      return call;
    },
  };
}

const cacheMiss: CallError = {
  class: 'stopped',
  message: 'no answer is stored, and this run uses stored answers only',
};

/** A store that lasts as long as the process: for dry runs, previews without a cache, and tests. */
export function createMemoryStore(): AnswerStore {
  const answers = new Map<string, Answer>();
  const facts = new Map<string, string>();
  return {
    get: (key) => answers.get(key),
    put: async (key, answer) => void answers.set(key, answer),
    recall: (name) => facts.get(name),
    remember: async (name, value) => void facts.set(name, value),
  };
}
