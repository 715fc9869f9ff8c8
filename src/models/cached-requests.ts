import { err, ok, type Result } from '../core/result.js';
import { call, type GivenUp, type Line } from './send-request.js';
import type { CellTime } from './cell-timeout.js';
import { requestKey } from './request-key.js';
import type { Answer, CallError, ChatRequest, AnswerStore } from './types.js';

/** Whose request it is, and which of its tries. */
export interface Asker {
  readonly column: string;
  readonly sample: string;
  readonly restart: number;
  readonly turn: number;
  /** Send nothing: an answer that is not stored is none. */
  readonly storedOnly: boolean;
}

/** What the store knows of a request. */
export interface Found {
  readonly key: string;
  readonly answer: Answer | undefined;
}

/** Asks the store first and the server after. */
export interface Answers {
  find(request: ChatRequest, asker: Asker): Found;
  /** @param found what `find` has found for this very request */
  ask(request: ChatRequest, asker: Asker, found: Found, time: CellTime): Promise<Result<Answer, GivenUp>>;
}

/**
 * Every answer is on disk before anybody sees it, and no request is sent whose answer is there. Equal requests
 * at the same time share one call: were there two answers, the next run would see only one of them.
 * Without `reuse` everything is asked, and what was stored is replaced.
 */
export function createAnswers(
  lineTo: (request: ChatRequest, column: string) => Line,
  reuse: boolean,
): Answers {
  const underWay = new Map<string, Promise<Result<Answer, GivenUp>>>();
  return {
    find(request, { column, sample, restart }) {
      const key = requestKey(request, sample, restart);
      return { key, answer: reuse ? lineTo(request, column).store.get(key) : undefined };
    },

    async ask(request, { column, turn, storedOnly }, { key, answer }, time) {
      const line = lineTo(request, column);
      if (answer) {
        line.usage.reused(request.model.alias, answer);
        return ok(answer);
      }
      if (storedOnly) return err({ last: notToBeAsked, earlier: [] });
      const shared = underWay.get(key);
      if (shared) return shared;
      const fresh = callAndStore(key, request, turn, time, line).finally(() => underWay.delete(key));
      underWay.set(key, fresh);
      return fresh;
    },
  };
}

const notToBeAsked: CallError = {
  class: 'stopped',
  message: 'it has no stored answer, and this run was not to ask for one',
};

function callAndStore(
  key: string,
  request: ChatRequest,
  turn: number,
  time: CellTime,
  line: Line,
): Promise<Result<Answer, GivenUp>> {
  return call({ request, turn, keep: (answer) => line.store.put(key, answer) }, time, line);
}

/** Answers that last as long as the process: for dry runs, previews without a cache, and tests. */
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
