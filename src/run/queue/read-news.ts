/** What workers tell, read by the coordinator. */
import { systemClock } from '../../core/clock.js';
import type { EventSink } from '../../core/events.js';
import { isObject, jsonIn, type Json } from '../../core/json.js';
import type { UsageEntry } from '../../models/usage/usage.js';
import type { QueueRedis } from './commands.js';
import type { RunKeys } from './keys.js';
import { tellNews, type CountedEvent } from './news.js';

/** A message of a worker: what happened since its last one, and its requests since it began. */
export interface WorkerMessage {
  readonly worker: string;
  readonly events: readonly CountedEvent[];
  readonly usage: readonly UsageEntry[];
}

export interface NewsReader {
  /** Reads what workers have used before, and then what they tell. */
  start(redis: QueueRedis): Promise<void>;
  /** Reads what is there, without waiting for more. */
  readRest(redis: QueueRedis): Promise<void>;
  usage(): readonly UsageEntry[];
  stop(): Promise<void>;
}

/** Seconds. */
const WAIT = 5;

/** What a worker of another version tells, before it leaves the run, may have another form. */
function messageIn(text: string): WorkerMessage | undefined {
  const value = jsonIn(text);
  if (!isObject(value) || typeof value['worker'] !== 'string') return undefined;
  const { events, usage } = value;
  const isMessage = Array.isArray(usage) && Array.isArray(events) && events.every(isCounted);
  return isMessage ? (value as unknown as WorkerMessage) : undefined;
}

const isCounted = (value: Json): boolean =>
  Array.isArray(value) && isObject(value[0]) && Number.isSafeInteger(value[1]);

/** @param blocking a connection of its own */
export function readNews(blocking: QueueRedis, keys: RunKeys, emit: EventSink): NewsReader {
  const byWorker = new Map<string, readonly UsageEntry[]>();
  const ending = new AbortController();
  const over = ending.signal;
  const take = (text: string): void => {
    const message = messageIn(text);
    if (!message) return;
    byWorker.set(message.worker, message.usage);
    tellNews(message.events, emit);
  };
  const read = async (): Promise<void> => {
    while (!over.aborted) {
      // Refused, not away: Redis is asked again after a while.
      const found = await blocking.blpop(keys.events, WAIT).catch(() => systemClock.sleep(1000 * WAIT, over));
      if (found) take(found[1]);
    }
  };
  const readUsage = async (redis: QueueRedis): Promise<void> => {
    for (const [worker, text] of Object.entries(await redis.hgetall(keys.usage)))
      byWorker.set(worker, JSON.parse(text) as readonly UsageEntry[]);
  };
  return {
    async start(redis) {
      await readUsage(redis);
      void read();
    },
    async readRest(redis) {
      for (const text of (await redis.lpop(keys.events, 1_000_000)) ?? []) take(text);
      await readUsage(redis);
    },
    usage: () => [...byWorker.values()].flat(),
    async stop() {
      ending.abort();
      blocking.disconnect();
    },
  };
}
