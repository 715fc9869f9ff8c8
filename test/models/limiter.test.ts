import { describe, expect, it } from '@jest/globals';
import { createLimiters } from '../../src/models/rate-limiting/limiters.js';
import type { Clock } from '../../src/core/clock.js';
import { createLimiter, type Limiter, type Permit } from '../../src/models/rate-limiting/limiter.js';
import { createQuota } from '../../src/models/rate-limiting/quota.js';
import type { Share, ShareUser } from '../../src/models/rate-limiting/share.js';
import type { InferenceParameters } from '../../src/core/config.js';
import type { CallError, Usage } from '../../src/models/types.js';
import { manualClock } from './clocks.js';
import { modelAt } from './setup.js';

const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

const noUsage: Usage = { input: undefined, output: undefined, cached: undefined, reasoning: undefined };

/** A limiter, and the permits it issued, in order; the test reports how each request ended. */
function limiterOf(
  ceiling: number,
  clock: Clock = manualClock(),
  parameters: InferenceParameters = {},
  stop = new AbortController(),
): {
  readonly limiter: Limiter;
  readonly permits: { readonly name: string; readonly permit: Permit }[];
  log(): string[];
} {
  return withLog(createLimiter({ ceiling, quota: createQuota(parameters), clock, stop: stop.signal }));
}

function withLog(limiter: Limiter): ReturnType<typeof limiterOf> {
  const permits: { readonly name: string; readonly permit: Permit }[] = [];
  const seen: string[] = [];
  const { acquire } = limiter;
  const counted: Limiter = {
    ...limiter,
    acquire: async (waiter) => {
      const acquired = await acquire(waiter);
      const name = String(waiter.callId);
      seen.push(acquired.ok ? name : `${name}: ${acquired.error.class}`);
      if (acquired.ok) permits.push({ name, permit: acquired.value });
      return acquired;
    },
  };
  return { limiter: counted, permits, log: () => seen };
}

/** Calls that wait for permits, all with the same priority. */
function queue(limiter: Limiter, ...names: readonly string[]): void {
  for (const call of names) void limiter.acquire({ priority: 0, promptLength: 4, callId: call });
}

const throttled: CallError = { class: 'rate', status: 429, message: '429' };
const down: CallError = { class: 'network', message: 'ECONNREFUSED' };

describe('a limiter', () => {
  it('asks less at once after a timeout, as after a 429', async () => {
    const { limiter, permits, log } = limiterOf(4);
    queue(limiter, 'a', 'b', 'c', 'd', 'e', 'f', 'g', 'h');
    await settle();
    expect(log()).toHaveLength(4);
    for (const { permit } of permits.slice(0, 4)) permit.failed({ class: 'timeout', message: 'too late' });
    await settle();
    expect(log()).toHaveLength(7);
  });

  it('issues as many permits as its limit, then the others in order of arrival', async () => {
    const { limiter, permits, log } = limiterOf(2);
    queue(limiter, 'a', 'b', 'c', 'd');
    await settle();
    expect(log()).toEqual(['a', 'b']);
    permits[0]?.permit.answered(noUsage);
    await settle();
    expect(log()).toEqual(['a', 'b', 'c']);
    permits[1]?.permit.failed(undefined);
    await settle();
    expect(log()).toEqual(['a', 'b', 'c', 'd']);
  });

  it('serves the lowest priority first, and equal ones in order of arrival', async () => {
    const { limiter, permits, log } = limiterOf(1);
    const priorities = [30, 7, 1, 1, 5, 12, 9, 2, 40, 0, 7];
    for (const [index, priority] of priorities.entries())
      void limiter.acquire({ priority, promptLength: 0, callId: `${priority}/${index}` });
    for (let left = 0; left < priorities.length; left += 1) {
      await settle();
      permits[left]?.permit.answered(noUsage);
    }
    expect(log()).toEqual(['30/0', '0/9', '1/2', '1/3', '2/7', '5/4', '7/1', '7/10', '9/6', '12/5', '40/8']);
  });

  it('issues no permit during a pause, not even to later calls', async () => {
    const clock = manualClock();
    const { limiter, permits, log } = limiterOf(3, clock);
    queue(limiter, 'a', 'b', 'c');
    await settle();
    permits[0]?.permit.failed({ ...throttled, retryAfterMs: 1000 });
    permits[1]?.permit.failed({ ...throttled, retryAfterMs: 10 });
    queue(limiter, 'd');
    await clock.advance(999);
    expect(log()).toEqual(['a', 'b', 'c']);
    await clock.advance(1);
    // Then at the rate that the server has accepted.
    await clock.advance(2000);
    expect(log()).toEqual(['a', 'b', 'c', 'd']);
  });

  it('rejects all that wait when the run stops, and all later calls', async () => {
    const stop = new AbortController();
    const { limiter, log } = limiterOf(1, manualClock(), {}, stop);
    queue(limiter, 'a', 'b');
    await settle();
    stop.abort();
    queue(limiter, 'c');
    await settle();
    expect(log()).toEqual(['a', 'b: stopped', 'c: stopped']);
  });

  it('rejects calls that wait out a pause when the run stops', async () => {
    const stop = new AbortController();
    const { limiter, permits, log } = limiterOf(1, manualClock(), {}, stop);
    queue(limiter, 'a', 'b');
    await settle();
    permits[0]?.permit.failed({ ...throttled, retryAfterMs: 1000 });
    stop.abort();
    await settle();
    expect(log()).toEqual(['a', 'b: stopped']);
  });

  it('drops a call whose signal aborts, and no other', async () => {
    const { limiter, permits, log } = limiterOf(1);
    const cancelled = new AbortController();
    queue(limiter, 'a');
    void limiter.acquire({ priority: 0, promptLength: 0, callId: 'b', signal: cancelled.signal });
    queue(limiter, 'c');
    cancelled.abort();
    await settle();
    permits[0]?.permit.answered(noUsage);
    await settle();
    expect(log()).toEqual(['a', 'b: stopped', 'c']);
  });

  it('rejects with the reason it was closed for', async () => {
    const { limiter } = limiterOf(1);
    limiter.close({ class: 'auth', message: 'no key' });
    expect(await limiter.acquire({ priority: 0, promptLength: 0, callId: 'a' })).toEqual({
      ok: false,
      error: { class: 'auth', message: 'no key' },
    });
  });
});

describe('the circuit breaker', () => {
  it('probes a server that is down with one call at a time, after growing pauses, until it is back', async () => {
    const clock = manualClock();
    const { limiter, permits, log } = limiterOf(4, clock);
    queue(limiter, 'a', 'b', 'c', 'd', 'e', 'f', 'g', 'h');
    await settle();
    const actions = permits.splice(0).map(({ permit }) => permit.failed(down));
    expect(actions.map(({ kind }) => kind)).toEqual(['none', 'none', 'none', 'pause']);
    // Each of the first failures released a permit before the breaker opened.
    for (const { permit } of permits.splice(0)) permit.failed(down);
    await settle();
    for (const { permit } of permits.splice(0)) permit.failed(down);
    const before = log().length;
    await clock.advance(249);
    expect(log()).toHaveLength(before);
    await clock.advance(1);
    expect(log()).toHaveLength(before + 1);
    expect(permits.splice(0)[0]?.permit.failed(down)).toEqual({ kind: 'pause', ms: 500, countsAsTry: false });
    queue(limiter, 'i', 'j', 'k', 'l', 'm');
    await clock.advance(499);
    expect(permits).toHaveLength(0);
    await clock.advance(1);
    expect(permits).toHaveLength(1);
    permits[0]?.permit.answered(noUsage);
    await settle();
    expect(permits.length).toBeGreaterThan(3);
  });

  it('gives up after ten minutes, or after half a minute when the server was never reached', async () => {
    for (const [wasReached, minutes] of [
      [true, 10],
      [false, 0.5],
    ] as const) {
      const clock = manualClock();
      const { limiter, permits, log } = limiterOf(1, clock);
      if (wasReached) {
        queue(limiter, 'first');
        await settle();
        permits.splice(0)[0]?.permit.answered(noUsage);
      }
      let failed = 0;
      let last = '';
      while (last !== 'give-up' && failed < 100) {
        queue(limiter, `call ${failed}`);
        await clock.advance(30_000);
        last = permits.splice(0)[0]?.permit.failed(down).kind ?? '';
        failed += 1;
      }
      expect(last).toBe('give-up');
      expect(clock.now() / 60_000).toBeGreaterThan(minutes);
      expect(clock.now() / 60_000).toBeLessThan(minutes + 3);
      queue(limiter, 'late');
      await settle();
      expect(log().at(-1)).toBe('late: network');
    }
  });

  it('stays closed when single requests fail among answers', async () => {
    const { limiter, permits } = limiterOf(4);
    for (let round = 0; round < 50; round += 1) {
      queue(limiter, 'a', 'b', 'c', 'd');
      await settle();
      const [one, ...others] = permits.splice(0);
      for (const { permit } of others) expect(permit.failed(down).kind).toBe('none');
      one?.permit.answered(noUsage);
    }
  });

  it('stays closed when one request fails again and again', async () => {
    const { limiter, permits } = limiterOf(4);
    for (let round = 0; round < 50; round += 1) {
      queue(limiter, 'poison');
      await settle();
      const broken: CallError = { class: 'overload', status: 500, message: '500' };
      expect(permits.splice(0)[0]?.permit.failed(broken).kind).toBe('none');
    }
  });

  it('keeps to its share, asks for more when it could send more, and tells and heeds the waits of a server', async () => {
    const clock = manualClock();
    const part: { max_parallel_requests: number } = { max_parallel_requests: 0 };
    const [joined, asked, told]: [ShareUser[], number[], number[]] = [[], [], []];
    const share: Share = {
      part,
      join: (user) => joined.push(user),
      ask: () => asked.push(joined[0]?.wanted ?? -1),
      throttled: (ms) => told.push(ms),
    };
    const { permits, limiter, log } = withLog(
      createLimiter({
        ceiling: 16,
        quota: createQuota({}),
        share,
        clock,
        stop: new AbortController().signal,
      }),
    );
    queue(limiter, 'a', 'b', 'c', 'd');
    // An unknown server gets four requests at first.
    expect(asked).toEqual([4, 4, 4, 4]);
    part.max_parallel_requests = 1;
    joined[0]?.changed();
    await settle();
    expect(log()).toEqual(['a']);
    part.max_parallel_requests = 3;
    joined[0]?.pause(1000);
    joined[0]?.changed();
    await clock.advance(999);
    expect(log()).toEqual(['a']);
    await clock.advance(1);
    expect(log()).toEqual(['a', 'b', 'c']);
    permits[0]?.permit.failed({ ...throttled, retryAfterMs: 5000 });
    permits[1]?.permit.failed({ class: 'network', message: 'ECONNREFUSED' });
    expect(told).toEqual([5000]);
    expect(joined[0]).toMatchObject({ inFlight: 1 });
  });
});

describe('limiters', () => {
  const signal = new AbortController().signal;

  it('are shared by aliases of the same endpoint and model, with the strictest limit', async () => {
    const wide = modelAt('http://host/v1', { max_parallel_requests: 8 }, { alias: 'wide' });
    const narrow = modelAt('http://host/v1', { max_parallel_requests: 1 }, { alias: 'narrow' });
    const limiterFor = createLimiters([wide, narrow], manualClock(), signal);
    expect(limiterFor(wide)).toBe(limiterFor(narrow));
    expect(await permitsOf(limiterFor(wide))).toBe(1);
  });

  it('are separate for other models and endpoints, with a limit of four by default', async () => {
    const one = modelAt('http://host/v1');
    const other = modelAt('http://host/v1', {}, { model: 'acme/other' });
    const elsewhere = modelAt('http://elsewhere/v1');
    const limiterFor = createLimiters([one, other, elsewhere], manualClock(), signal);
    expect(new Set([one, other, elsewhere].map(limiterFor)).size).toBe(3);
    expect(await permitsOf(limiterFor(one))).toBe(4);
  });
});

async function permitsOf(limiter: Limiter): Promise<number> {
  let permits = 0;
  for (let call = 0; call < 10; call += 1)
    void limiter.acquire({ priority: 0, promptLength: 0, callId: call }).then(() => (permits += 1));
  await settle();
  return permits;
}
