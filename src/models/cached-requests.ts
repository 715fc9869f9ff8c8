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
  /** The request follows an answer that was not valid. */
  readonly isCorrection?: boolean;
}

/**
 * Decides about a request that the store cannot answer. `undefined`: it is sent now. Else it is written down for a
 * later run, and this is what becomes of the cell.
 */
export type Deferral = (
  request: ChatRequest,
  key: string,
  origin: RequestOrigin,
  store: AnswerStore,
) => Promise<Result<Answer, RequestFailed>> | undefined;

/** Keys of answers that were paid for before the run that uses them, by the same command. */
export interface FreshAnswers {
  add(key: string): void;
  /** Whether an answer counts as a call of this run: true once for each. */
  take(key: string): boolean;
}

export interface CacheOptions {
  /** False: every request is a miss, and its new answer replaces the stored one. */
  readonly reuse: boolean;
  readonly defer?: Deferral | undefined;
  /** Answers that came into the store while this command went on. */
  readonly fresh?: FreshAnswers | undefined;
}

export interface CacheLookup {
  readonly key: string;
  /** `undefined` on a miss. */
  readonly answer: Answer | undefined;
}

export function createCachedRequests(
  store: AnswerStore,
  contextOf: (request: ChatRequest, column: string) => RequestContext,
  { reuse, defer, fresh }: CacheOptions,
): CachedRequests {
  const inFlight = new Map<string, Promise<Result<Answer, RequestFailed>>>();
  return {
    lookUp(request, { rowId, restart }) {
      const key = requestKey(request, rowId, restart);
      return { key, answer: reuse ? store.get(key) : undefined };
    },

    async send(request, origin, { key, answer }, timer) {
      const { column, priority, cacheOnly } = origin;
      const context = contextOf(request, column);
      if (answer) {
        if (fresh?.take(key) === true) context.usage.called(request.model.alias, answer);
        else context.usage.reused(request.model.alias, answer);
        return ok(answer);
      }
      if (cacheOnly) return err({ last: cacheMiss, earlier: [] });
      const shared = inFlight.get(key);
      if (shared) return shared;
      const deferred = defer?.(request, key, origin, store);
      if (deferred) return deferred;
      const save = (given: Answer): Promise<Answer | void> => {
        fresh?.add(key);
        return store.put(key, given);
      };
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
