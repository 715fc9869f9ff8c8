/**
 * The answer store of a worker for one block: memory, with each answer written to the block in Redis before it is used.
 * The first answer to a request counts for all. So a worker that takes over from one that was killed goes on where that
 * one was, and one that comes back late changes nothing.
 */
import type { Answer, AnswerStore } from '../../models/types.js';
import { ROWS, type QueueRedis } from './commands.js';

/** Fields of a block. */
export const ANSWER = 'a:';
export const FACT = 'f:';

/** The first character of an answer says who wrote it: a worker, or the coordinator from its own store. */
export const FROM_WORKER = 'w';
export const FROM_STORE = 's';

export const answerValue = (answer: Answer, from: string): string => `${from}${JSON.stringify(answer)}`;
export const answerOf = (value: string): Answer => JSON.parse(value.slice(1)) as Answer;

export interface BlockStoreOptions {
  readonly redis: QueueRedis;
  /** The key of the block. */
  readonly key: string;
  /** What is in it. */
  readonly fields: Readonly<Record<string, string>>;
  /** What this worker has learned in other blocks, such as the technique that an endpoint supports. */
  readonly facts: Map<string, string>;
  /** Called when the block was taken away: another worker has made it. */
  readonly onGone: () => void;
}

export function createBlockStore({ redis, key, fields, facts, onGone }: BlockStoreOptions): AnswerStore {
  const stored = new Map(Object.entries(fields).filter(([field]) => field !== ROWS));
  return {
    get(request) {
      const value = stored.get(`${ANSWER}${request}`);
      return value === undefined ? undefined : answerOf(value);
    },
    async put(request, answer) {
      const field = `${ANSWER}${request}`;
      const value = answerValue(answer, FROM_WORKER);
      const put = await redis.ddPut(key, field, value);
      if (put === 0) onGone();
      stored.set(field, typeof put === 'string' ? put : value);
      return typeof put === 'string' ? answerOf(put) : undefined;
    },
    recall: (name) => stored.get(`${FACT}${name}`) ?? facts.get(name),
    async remember(name, value) {
      stored.set(`${FACT}${name}`, value);
      facts.set(name, value);
      if ((await redis.ddRemember(key, `${FACT}${name}`, value)) === 0) onGone();
    },
  };
}
