import { describe, expect, it } from '@jest/globals';
import {
  createAdaptiveConcurrency,
  type AdaptiveConcurrency,
} from '../../src/models/rate-limiting/adaptive-concurrency.js';

/** One round trip: as many answers as the limit. */
function round(
  concurrency: AdaptiveConcurrency,
  answer: { readonly ms?: number; readonly output?: number } = {},
): void {
  const parallel = concurrency.limit;
  for (let count = 0; count < parallel; count += 1)
    concurrency.answered({ inFlight: parallel, latencyMs: answer.ms ?? 200, outputTokens: answer.output });
}

function grown(ceiling: number, rounds = 200): AdaptiveConcurrency {
  const concurrency = createAdaptiveConcurrency(ceiling);
  for (let count = 0; count < rounds; count += 1) round(concurrency);
  return concurrency;
}

describe('adaptive concurrency', () => {
  it('starts with a quarter of the ceiling and reaches it after two round trips', () => {
    const concurrency = createAdaptiveConcurrency(64);
    const seen = [concurrency.limit];
    for (let count = 0; count < 4; count += 1) {
      round(concurrency);
      seen.push(concurrency.limit);
    }
    expect(seen).toEqual([16, 32, 64, 64, 64]);
  });

  it('starts at small ceilings', () => {
    expect([1, 4, 64].map((ceiling) => createAdaptiveConcurrency(ceiling, 600_000).limit)).toEqual([1, 1, 1]);
    // A slow server: two requests would wait for one another longer than half of the timeout.
    const slow = createAdaptiveConcurrency(4, 600_000);
    for (let answer = 0; answer < 5; answer += 1)
      slow.answered({ inFlight: 1, latencyMs: 200_000, outputTokens: 9 });
    expect(slow.limit).toBe(1);
    slow.answered({ inFlight: 1, latencyMs: 20_000, outputTokens: 9 });
    expect(slow.limit).toBe(2);
    expect([1, 2, 4, 5].map((ceiling) => createAdaptiveConcurrency(ceiling).limit)).toEqual([1, 2, 4, 4]);
  });

  it('shrinks by a quarter on overload and grows by one a round trip after that', () => {
    const concurrency = grown(64);
    concurrency.overloaded();
    expect(concurrency.limit).toBe(48);
    round(concurrency);
    expect(concurrency.limit).toBe(48);
    round(concurrency);
    expect(concurrency.limit).toBe(49);
    for (let count = 0; count < 100; count += 1) concurrency.overloaded();
    expect(concurrency.limit).toBe(1);
  });

  it('shrinks when throttled, not below the sustained number, and soon recovers', () => {
    const concurrency = grown(64);
    concurrency.throttled(10);
    expect(concurrency.limit).toBe(48);
    concurrency.throttled(45);
    expect(concurrency.limit).toBe(45);
    round(concurrency);
    expect(concurrency.limit).toBe(48);
  });

  it('does not grow while it is not used', () => {
    const concurrency = createAdaptiveConcurrency(64);
    for (let count = 0; count < 1000; count += 1)
      concurrency.answered({ inFlight: 3, latencyMs: 200, outputTokens: 10 });
    expect(concurrency.limit).toBe(16);
  });

  it.each<
    [
      string,
      (concurrency: AdaptiveConcurrency, count: number) => { readonly ms: number; readonly output: number },
    ]
  >([
    ['without latency, whatever the noise', (_limit, count) => ({ ms: count % 7 === 0 ? 40 : 1, output: 5 })],
    ['of constant latency', () => ({ ms: 5000, output: 500 })],
    ['whose answers become longer', (_limit, count) => ({ ms: 1000 + 100 * count, output: 50 * count })],
    [
      'that batches: slower with more in flight, with more throughput',
      ({ limit }) => ({ ms: 1000 + 50 * limit, output: 200 }),
    ],
    [
      'that queues: slower with more in flight, with the same throughput',
      ({ limit }) => ({ ms: 100 * limit, output: 200 }),
    ],
  ])('stays at its ceiling with a server %s', (_name, answer) => {
    const concurrency = createAdaptiveConcurrency(64);
    for (let count = 0; count < 50; count += 1) round(concurrency, answer(concurrency, count));
    expect(concurrency.limit).toBe(64);
  });

  it('shrinks when more in flight means less throughput', () => {
    const concurrency = createAdaptiveConcurrency(64);
    const seen: number[] = [];
    for (let count = 0; count < 60; count += 1) {
      // Beyond 20 in flight the server thrashes.
      round(concurrency, { ms: 2000 * Math.max(1, (concurrency.limit / 20) ** 2.5), output: 200 });
      seen.push(concurrency.limit);
    }
    expect(Math.max(...seen)).toBe(64);
    expect(Math.max(...seen.slice(30))).toBeLessThan(40);
    expect(Math.min(...seen)).toBeGreaterThan(10);
  });

  it('starts again after the server was down', () => {
    const concurrency = grown(64);
    concurrency.restart();
    expect(concurrency.limit).toBe(16);
    round(concurrency);
    round(concurrency);
    expect(concurrency.limit).toBe(64);
  });
});
