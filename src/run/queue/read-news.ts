/** What workers tell, read by the coordinator. */
import { systemClock } from '../../core/clock.js';
import type { EventSink } from '../../core/events.js';
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

/** @param blocking a connection of its own */
export function readNews(blocking: QueueRedis, keys: RunKeys, emit: EventSink): NewsReader {
  const byWorker = new Map<string, readonly UsageEntry[]>();
  const ending = new AbortController();
  const over = ending.signal;
  const take = (text: string): void => {
    const { worker, events, usage } = JSON.parse(text) as WorkerMessage;
    byWorker.set(worker, usage);
    tellNews(events, emit);
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
