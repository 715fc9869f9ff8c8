/**
 * The answer store of a worker for one block: memory, with each answer written to the block in Redis before it is used.
 * The first answer to a request counts for all. So a worker that takes over from one that was killed goes on where that
 * one was, and one that comes back late changes nothing.
 */
import { answerText, parseAnswer } from '../../answer-store/answer-store.js';
import type { Answer, AnswerStore } from '../../models/types.js';
import { ANSWER, FACT, FROM_WORKER, ROWS, type QueueRedis } from './commands.js';

export const answerValue = (answer: Answer, from: string): string => `${from}${answerText(answer)}`;
const answerOf = (value: string): Answer | undefined => parseAnswer(value.slice(1));

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
