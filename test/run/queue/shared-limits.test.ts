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
  const shares = shareLimits({ redis, keys, worker: name, beat: NEVER });
  opened.push(shares);
  const share = shares.shareOf('model', limits) as ReturnType<typeof shares.shareOf> & {
    beat(): Promise<void>;
  };
  const paused: number[] = [];
  const user = {
    inFlight: 0,
    wanted: 100,
    changed: () => undefined,
    pause: (ms: number) => void paused.push(ms),
  } satisfies ShareUser;
  share.join(user);
  return { shares, share, user, paused, beat: () => share.beat() };
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
  Object.assign(one.user, { inFlight: 0, wanted: 0 });
  await one.beat();
  await two.beat();
  expect(parallel()).toEqual([0, 5]);
  await two.shares.close();
  Object.assign(one.user, { wanted: 100 });
  await one.beat();
  expect(parallel()[0]).toBe(5);
});

test('a worker takes what it can use, so that the next ones need not wait; the rest goes to those who want more', async () => {
  const limits = { max_parallel_requests: 12 };
  const [one, two, three] = [worker('one', limits), worker('two', limits), worker('three', limits)];
  const parallel = (): number[] =>
    [one, two, three].map(({ share }) => share.part.max_parallel_requests ?? -1);
  Object.assign(one.user, { wanted: 3 });
  for (const each of [one, two, three]) await each.beat();
  expect(parallel()).toEqual([3, 9, 0]);
  // The fair parts are 3, and 4.5 for each of the others: one has 5, and the other what is left.
  for (const each of [two, three]) await each.beat();
  expect(parallel()).toEqual([3, 5, 4]);
  expect(two.shares.inFlight()).toBe(5);
});

test('a worker that got all it wanted gets more at once, and one that did not asks again with the next beat', async () => {
  const limits = { max_parallel_requests: 4 };
  const one = worker('one', limits);
  let calls = 0;
  const asked = async (): Promise<number> => {
    const before = calls;
    one.share.ask();
    await redis.ping();
    return calls - before;
  };
  const share = redis.ddShare.bind(redis);
  redis.ddShare = (...args) => {
    calls += 1;
    return share(...args);
  };
  Object.assign(one.user, { wanted: 2 });
  expect(await asked()).toBe(1);
  expect(one.share.part.max_parallel_requests).toBe(2);
  Object.assign(one.user, { wanted: 100 });
  expect(await asked()).toBe(1);
  expect(one.share.part.max_parallel_requests).toBe(4);
  expect(await asked()).toBe(0);
});

test('when the server tells one worker to wait, the others wait, too', async () => {
  const limits = { max_parallel_requests: 4 };
  const [one, two] = [worker('one', limits), worker('two', limits)];
  await two.beat();
  one.share.throttled(30_000);
  one.share.throttled(20_000);
  await redis.ping();
  await two.beat();
  expect(two.paused).toEqual([expect.any(Number)]);
  expect(two.paused[0]).toBeGreaterThan(20_000);
  expect(two.paused[0]).toBeLessThanOrEqual(30_000);
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
  const sharing = ['one', 'two'].map((name) => shareLimits({ redis, keys, worker: name, beat: 5 }));
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
