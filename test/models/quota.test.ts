import { describe, expect, it } from '@jest/globals';
import { createQuota } from '../../src/models/rate-limiting/quota.js';
import type { InferenceParameters } from '../../src/core/config.js';
import type { Usage } from '../../src/models/types.js';

const unknown: Usage = { input: undefined, output: undefined, cached: undefined, reasoning: undefined };
const used = (input: number, output: number): Usage => ({ ...unknown, input, output });
const minute = 60_000;

/** The moments at which requests go out that come as fast as they may. */
function sendsOf(
  parameters: InferenceParameters,
  count: number,
  { length = 400, usage = unknown }: { readonly length?: number; readonly usage?: Usage } = {},
): number[] {
  const limits = createQuota(parameters);
  let now = 0;
  return Array.from({ length: count }, () => {
    now += limits.waitFor(length, now);
    limits.settle(limits.reserve(length, now), usage, now);
    return now;
  });
}

/** The most that went out in any minute. */
function mostInAMinute(moments: readonly number[]): number {
  return Math.max(
    ...moments.map((start) => moments.filter((at) => at >= start && at < start + minute - 1).length),
  );
}

describe('requests_per_minute', () => {
  it.each([1, 7, 60, 600])('lets %i out in any minute, and no more', (limit) => {
    const sends = sendsOf({ requests_per_minute: limit }, limit * 4);
    expect(mostInAMinute(sends)).toBeLessThanOrEqual(limit);
    expect((sends.at(-1) ?? 0) / minute).toBeLessThan(4.1);
  });
});

describe('tokens_per_minute', () => {
  it('counts what the answers took, not what was guessed', () => {
    const sends = sendsOf({ tokens_per_minute: 60_000, max_tokens: 8000 }, 400, { usage: used(100, 500) });
    // 600 tokens each: 100 a minute. The first guess was 8,100.
    expect(mostInAMinute(sends)).toBeLessThanOrEqual(103);
    expect((sends.at(-1) ?? 0) / minute).toBeLessThan(4.3);
  });

  it('counts the guess where the server does not say: a token for four characters, and max_tokens', () => {
    const sends = sendsOf({ tokens_per_minute: 6000, max_tokens: 500 }, 40, { length: 400 });
    expect(mostInAMinute(sends)).toBe(10);
  });

  it('sends a request that is larger than the limit once all is free, and then lets it be paid off', () => {
    const limits = createQuota({ tokens_per_minute: 1000, max_tokens: 3000 });
    expect(limits.waitFor(0, 0)).toBe(0);
    limits.reserve(0, 0);
    expect(limits.waitFor(0, 0)).toBeGreaterThan(2.9 * minute);
    expect(limits.waitFor(0, 3.2 * minute)).toBe(0);
  });

  it('takes back what a request that failed had set aside', () => {
    const limits = createQuota({ tokens_per_minute: 1000, max_tokens: 3000 });
    limits.release(limits.reserve(0, 0), 0);
    expect(limits.waitFor(0, 0)).toBe(0);
  });
});

describe('without limits', () => {
  it('nothing waits', () => {
    expect(sendsOf({}, 1000).every((at) => at === 0)).toBe(true);
  });
});
