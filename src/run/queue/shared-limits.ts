/** The limits of models, kept by all workers together: each has a part, and asks Redis for it about once a second. */
import type { Share, ShareOf, SharedLimits, ShareUser } from '../../models/rate-limiting/share.js';
import type { QueueRedis } from './commands.js';
import type { RunKeys } from './keys.js';

export interface SharedLimiting {
  readonly shareOf: ShareOf;
  /** Requests to all models that this worker could have in flight, if it had so many and the others gave them back. */
  readonly inFlight: () => number;
  /** Gives everything back. */
  close(): Promise<void>;
}

export interface SharingOptions {
  readonly redis: QueueRedis;
  readonly keys: RunKeys;
  readonly worker: string;
  /** Milliseconds between two calls; a quarter of it while others have something of this worker's part in flight. */
  readonly beat: number;
  /** Called when a part has changed. */
  readonly onChange?: () => void;
}

/** Milliseconds. Without a beat for so long, the part of a worker is free. */
const LEASE = 15_000;

/** While Redis is away, everybody keeps the part that it has: the sum of these is within the limits. */
export function shareLimits(options: SharingOptions): SharedLimiting {
  const { redis, keys, worker, beat } = options;
  const shares: OwnShare[] = [];
  const closing: (() => Promise<unknown>)[] = [];
  let ticks = 0;
  const timer = setInterval(() => {
    ticks += 1;
    for (const share of shares)
      if (ticks % 4 === 0 || share.isShort) void share.beat().catch(() => undefined);
  }, beat / 4);
  return {
    shareOf(key, limits) {
      const share = createShare(options, key, limits);
      shares.push(share);
      closing.push(() => redis.hdel(keys.shares(key), worker));
      return share;
    },
    inFlight: () => shares.reduce((sum, { fair }) => sum + fair, 0),
    async close() {
      clearInterval(timer);
      await Promise.all(closing.map((giveBack) => giveBack()));
    },
  };
}

interface OwnShare extends Share {
  /** What of the requests in flight is this worker's at most. */
  readonly fair: number;
  /** It is waiting for what others have in flight. */
  readonly isShort: boolean;
  beat(): Promise<void>;
}

function createShare(
  { redis, keys, worker, onChange }: SharingOptions,
  key: string,
  limits: SharedLimits,
): OwnShare {
  const { max_parallel_requests = 0, requests_per_minute = 0, tokens_per_minute = 0 } = limits;
  const whole = [max_parallel_requests, requests_per_minute, tokens_per_minute];
  let part = partOf(limits, [0, 0, 0]);
  let user: ShareUser | undefined;
  let isBeating = false;
  /** It got all that it wanted, so more may be had at once. */
  let isSatisfied = true;
  let isShort = false;
  let fair = 0;
  let pauseMs = 0;
  const beat = async (): Promise<void> => {
    if (!user || isBeating) return;
    isBeating = true;
    const { inFlight, wanted } = user;
    const told = pauseMs;
    pauseMs = 0;
    // Until the answer comes, nothing more than what was told is sent.
    const before = part;
    part = { ...part, max_parallel_requests: Math.min(inFlight, part.max_parallel_requests ?? 0) };
    try {
      const [parallel, requests, tokens, level, paused] = await redis.ddShare(
        keys.shares(key),
        keys.pause(key),
        worker,
        wanted,
        inFlight,
        LEASE,
        told,
        ...whole,
      );
      part = partOf(limits, [parallel, requests, tokens]);
      isSatisfied = parallel >= wanted;
      isShort = parallel < Math.min(wanted, level);
      fair = level;
      if (paused > 0) user.pause(paused);
    } catch (error) {
      part = before;
      pauseMs = Math.max(pauseMs, told);
      throw error;
    } finally {
      isBeating = false;
    }
    user.changed();
    onChange?.();
  };
  return {
    get part() {
      return part;
    },
    get fair() {
      return fair;
    },
    get isShort() {
      return isShort;
    },
    join(joined) {
      user = joined;
    },
    ask() {
      if (isSatisfied) void beat().catch(() => undefined);
    },
    throttled(ms) {
      pauseMs = Math.max(pauseMs, Math.ceil(ms));
      void beat().catch(() => undefined);
    },
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
