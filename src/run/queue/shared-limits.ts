/** The limits of models, kept by all workers together: each has a part, and asks Redis for it about once a second. */
import type { Share, ShareOf, SharedLimits, ShareUser } from '../../models/rate-limiting/share.js';
import type { QueueRedis } from './commands.js';
import type { RunKeys } from './keys.js';

export interface SharedLimiting {
  readonly shareOf: ShareOf;
  /** Gives everything back. */
  close(): Promise<void>;
}

/** Milliseconds. */
const BEAT = 1000;

/** Without a beat for so long, the part of a worker is free. */
const LEASE = 15_000;

/** While Redis is away, everybody keeps the part that it has: the sum of these is within the limits. */
export function shareLimits(redis: QueueRedis, keys: RunKeys, worker: string, beatMs = BEAT): SharedLimiting {
  const beats: (() => Promise<void>)[] = [];
  const closing: (() => Promise<unknown>)[] = [];
  const timer = setInterval(() => {
    for (const beat of beats) void beat().catch(() => undefined);
  }, beatMs);
  return {
    shareOf(key, limits) {
      const share = createShare(redis, keys.shares(key), worker, limits);
      beats.push(share.beat);
      closing.push(() => redis.hdel(keys.shares(key), worker));
      return share;
    },
    async close() {
      clearInterval(timer);
      await Promise.all(closing.map((giveBack) => giveBack()));
    },
  };
}

function createShare(
  redis: QueueRedis,
  key: string,
  worker: string,
  limits: SharedLimits,
): Share & { beat(): Promise<void> } {
  const { max_parallel_requests = 0, requests_per_minute = 0, tokens_per_minute = 0 } = limits;
  let part = partOf(limits, [0, 0, 0]);
  let user: ShareUser | undefined;
  let isBeating = false;
  const beat = async (): Promise<void> => {
    if (!user || isBeating) return;
    isBeating = true;
    try {
      const wants = user.isWaiting || user.inFlight > 0 ? 1 : 0;
      const whole = [max_parallel_requests, requests_per_minute, tokens_per_minute];
      const inFlight = user.inFlight;
      // Until the answer comes, nothing more than what was told is sent.
      const before = part;
      part = { ...part, max_parallel_requests: Math.min(inFlight, part.max_parallel_requests ?? 0) };
      const given = await redis
        .ddShare(key, worker, wants, inFlight, LEASE, ...whole)
        .catch((error: unknown) => {
          part = before;
          throw error;
        });
      part = partOf(limits, given);
      user.changed();
    } finally {
      isBeating = false;
    }
  };
  return {
    get part() {
      return part;
    },
    join(joined) {
      user = joined;
    },
    ask: () => void beat().catch(() => undefined),
    beat,
  };
}

/** Only the kinds that have a limit. */
function partOf(
  { requests_per_minute, tokens_per_minute }: SharedLimits,
  [parallel, requests, tokens]: readonly [number, number, number],
): SharedLimits {
  return {
    max_parallel_requests: parallel,
    ...(requests_per_minute !== undefined && { requests_per_minute: requests }),
    ...(tokens_per_minute !== undefined && { tokens_per_minute: tokens }),
  };
}
