import { setImmediate } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { Redis } from 'ioredis';
import { systemClock } from '../../../src/core/clock.js';
import { createLimiter, type Limiter, type Permit } from '../../../src/models/rate-limiting/limiter.js';
import { createQuota } from '../../../src/models/rate-limiting/quota.js';
import type { ShareUser, SharedLimits } from '../../../src/models/rate-limiting/share.js';
import { withCommands, type QueueRedis } from '../../../src/run/queue/commands.js';
import { keysOf } from '../../../src/run/queue/keys.js';
import { shareLimits } from '../../../src/run/queue/shared-limits.js';
import { startRedis, type RedisServer } from '../../rig/redis.js';

let server: RedisServer;
let redis: QueueRedis;
const opened: ReturnType<typeof shareLimits>[] = [];

beforeEach(async () => {
  server = await startRedis();
  redis = withCommands(new Redis(server.url));
});

afterEach(async () => {
  // Redis may be away: then there is no answer to wait for.
  for (const shares of opened.splice(0)) void shares.close().catch(() => undefined);
  redis.disconnect();
  await server.close();
});

/** Far longer than a test: parts are asked for when the test says so. */
const NEVER = 1_000_000;

const keys = keysOf('run');

/** A worker that uses what it has, by hand. */
function worker(name: string, limits: SharedLimits) {
  const shares = shareLimits(redis, keys, name, NEVER);
  opened.push(shares);
  const share = shares.shareOf('model', limits) as ReturnType<typeof shares.shareOf> & {
    beat(): Promise<void>;
  };
  const user = { inFlight: 0, isWaiting: true, changed: () => undefined } satisfies ShareUser;
  share.join(user);
  return { shares, share, user, beat: () => share.beat() };
}

test('a second worker gets its part when the first has given it back, and the sum is never more than the limit', async () => {
  const limits = { max_parallel_requests: 5, requests_per_minute: 60, tokens_per_minute: 1001 };
  const [one, two] = [worker('one', limits), worker('two', limits)];
  const parallel = (): number[] => [one, two].map(({ share }) => share.part.max_parallel_requests ?? -1);
  await one.beat();
  one.user.inFlight = 5;
  expect(one.share.part).toEqual(limits);

  await two.beat();
  expect(parallel()).toEqual([5, 0]);
  // It sends no more until it is down to its part; what is in flight is still its own.
  await one.beat();
  await two.beat();
  expect(parallel()).toEqual([3, 0]);
  expect(one.share.part).toEqual({
    max_parallel_requests: 3,
    requests_per_minute: 30,
    tokens_per_minute: 501,
  });
  one.user.inFlight = 3;
  await one.beat();
  await two.beat();
  expect(parallel()).toEqual([3, 2]);
  expect(two.share.part).toEqual({
    max_parallel_requests: 2,
    requests_per_minute: 30,
    tokens_per_minute: 500,
  });

  // One that has nothing to send takes nothing.
  Object.assign(one.user, { inFlight: 0, isWaiting: false });
  await one.beat();
  await two.beat();
  expect(parallel()).toEqual([0, 5]);
  await two.shares.close();
  Object.assign(one.user, { isWaiting: true });
  await one.beat();
  expect(parallel()[0]).toBe(5);
});

test('the part of a worker that is gone is free after its lease', async () => {
  const limits = { max_parallel_requests: 4 };
  const [one, two] = [worker('one', limits), worker('two', limits)];
  await one.beat();
  await two.beat();
  expect(two.share.part.max_parallel_requests).toBe(0);
  const key = keys.shares('model');
  const lease = JSON.parse((await redis.hget(key, 'one')) ?? '') as number[];
  await redis.hset(key, 'one', JSON.stringify([...lease.slice(0, 4), 1]));
  await two.beat();
  expect(two.share.part.max_parallel_requests).toBe(4);
});

test('while Redis is away a worker keeps to what it has', async () => {
  const one = worker('one', { max_parallel_requests: 4 });
  await one.beat();
  one.user.inFlight = 3;
  await server.kill();
  void one.beat().catch(() => undefined);
  expect(one.share.part.max_parallel_requests).toBe(3);
});

test('limiters of two workers together have no more requests in flight than the limit, and both have some', async () => {
  const stop = new AbortController();
  const limits = { max_parallel_requests: 4 };
  const sharing = ['one', 'two'].map((name) => shareLimits(redis, keys, name, 5));
  const limiters = sharing.map((shares) => {
    const share = shares.shareOf('model', limits);
    return createLimiter({
      ceiling: 4,
      quota: createQuota({}),
      share,
      clock: systemClock,
      stop: stop.signal,
    });
  });
  let inFlight = 0;
  let most = 0;
  const sent = [0, 0];
  const send = async (limiter: Limiter, at: number): Promise<void> => {
    for (;;) {
      const permit = await limiter.acquire({ priority: 0, promptLength: 1, callId: {} });
      if (!permit.ok) return;
      inFlight += 1;
      most = Math.max(most, inFlight);
      sent[at] = (sent[at] ?? 0) + 1;
      await redis.ping();
      inFlight -= 1;
      answered(permit.value);
      if ((sent[0] ?? 0) > 50 && (sent[1] ?? 0) > 50) stop.abort();
      await setImmediate();
    }
  };
  await Promise.all(limiters.flatMap((limiter, at) => Array.from({ length: 8 }, () => send(limiter, at))));
  expect(most).toBeLessThanOrEqual(4);
  expect(Math.min(...sent)).toBeGreaterThan(50);
  await Promise.all(sharing.map((shares) => shares.close()));
  expect(await redis.keys('*')).toEqual([]);
});

const answered = (permit: Permit): void =>
  permit.answered({ input: 1, output: 1, cached: undefined, reasoning: undefined });
