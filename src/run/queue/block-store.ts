/**
 * The answer store of a worker for one block: memory, with each answer written to the block in Redis before it is used.
 * The first answer to a request counts for all. So a worker that takes over from one that was killed goes on where that
 * one was, and one that comes back late changes nothing.
 */
import { answerText, parseAnswer } from '../../answer-store/answer-store.js';
import type { Answer, AnswerStore } from '../../models/types.js';
import { ROWS, type QueueRedis } from './commands.js';

/** Fields of a block. */
export const ANSWER = 'a:';
export const FACT = 'f:';

/** The first character of an answer says who wrote it: a worker, or the coordinator from its own store. */
export const FROM_WORKER = 'w';
export const FROM_STORE = 's';

export const answerValue = (answer: Answer, from: string): string => `${from}${answerText(answer)}`;
/** The answer as a store on disk keeps it. */
export const textOf = (value: string): string => value.slice(1);
const answerOf = (value: string): Answer | undefined => parseAnswer(textOf(value));

export interface BlockStoreOptions {
  readonly redis: QueueRedis;
  /** The keys of the block and of its lock, and what the lock holds while it is this worker's. */
  readonly key: string;
  readonly lock: string;
  readonly token: string;
  /** What is in it. */
  readonly fields: Readonly<Record<string, string>>;
  /** What this worker has learned in other blocks, such as the technique that an endpoint supports. */
  readonly facts: Map<string, string>;
  /** Called when the block is no longer this worker's: another one has it, or has made it. */
  readonly onLost: () => void;
}

export function createBlockStore(options: BlockStoreOptions): AnswerStore {
  const { redis, key, lock, token, fields, facts, onLost } = options;
  const stored = new Map(Object.entries(fields).filter(([field]) => field !== ROWS));
  return {
    get(request) {
      const value = stored.get(`${ANSWER}${request}`);
      return value === undefined ? undefined : answerOf(value);
    },
    async put(request, answer) {
      const field = `${ANSWER}${request}`;
      const value = answerValue(answer, FROM_WORKER);
      const [isOwn, earlier] = await redis.ddPut(key, lock, token, field, value);
      if (isOwn === 0) onLost();
      stored.set(field, earlier ?? value);
      return earlier === undefined ? undefined : answerOf(earlier);
    },
    recall: (name) => stored.get(`${FACT}${name}`) ?? facts.get(name),
    async remember(name, value) {
      stored.set(`${FACT}${name}`, value);
      facts.set(name, value);
      const [isOwn] = await redis.ddRemember(key, lock, token, `${FACT}${name}`, value);
      if (isOwn === 0) onLost();
    },
  };
}
