import { describe, expect, it } from '@jest/globals';
import {
  createAdaptiveLimit,
  type AdaptiveLimit,
} from '../../src/models/rate-limiting/adaptive-concurrency.js';

/** One round trip: as many answers as there are places. */
function round(limit: AdaptiveLimit, answer: { readonly ms?: number; readonly output?: number } = {}): void {
  const parallel = limit.current;
  for (let count = 0; count < parallel; count += 1)
    limit.answered({ parallel, ms: answer.ms ?? 200, output: answer.output });
}

function grown(ceiling: number, rounds = 200): AdaptiveLimit {
  const limit = createAdaptiveLimit(ceiling);
  for (let count = 0; count < rounds; count += 1) round(limit);
  return limit;
}

describe('the number of requests in flight', () => {
  it('begins with a quarter of the ceiling and reaches it after two round trips', () => {
    const limit = createAdaptiveLimit(64);
    const seen = [limit.current];
    for (let count = 0; count < 4; count += 1) {
      round(limit);
      seen.push(limit.current);
    }
    expect(seen).toEqual([16, 32, 64, 64, 64]);
  });

  it('is small ceilings from the start', () => {
    expect([1, 2, 4, 5].map((ceiling) => createAdaptiveLimit(ceiling).current)).toEqual([1, 2, 4, 4]);
  });

  it('shrinks by a quarter on overload and grows by one a round trip after that', () => {
    const limit = grown(64);
    limit.overloaded();
    expect(limit.current).toBe(48);
    round(limit);
    expect(limit.current).toBe(48);
    round(limit);
    expect(limit.current).toBe(49);
    for (let count = 0; count < 100; count += 1) limit.overloaded();
    expect(limit.current).toBe(1);
  });

  it('shrinks when refused, not below what is borne, and soon comes back: the pace is slower now', () => {
    const limit = grown(64);
    limit.refused(10);
    expect(limit.current).toBe(48);
    limit.refused(45);
    expect(limit.current).toBe(45);
    round(limit);
    expect(limit.current).toBe(48);
  });

  it('does not grow where it is not made use of', () => {
    const limit = createAdaptiveLimit(64);
    for (let count = 0; count < 1000; count += 1) limit.answered({ parallel: 3, ms: 200, output: 10 });
    expect(limit.current).toBe(16);
  });

  it.each<
    [string, (limit: AdaptiveLimit, count: number) => { readonly ms: number; readonly output: number }]
  >([
    ['without latency, whatever the noise', (_limit, count) => ({ ms: count % 7 === 0 ? 40 : 1, output: 5 })],
    ['of constant latency', () => ({ ms: 5000, output: 500 })],
    ['whose answers become longer', (_limit, count) => ({ ms: 1000 + 100 * count, output: 50 * count })],
    [
      'that batches: slower with more, and more gets done',
      ({ current }) => ({ ms: 1000 + 50 * current, output: 200 }),
    ],
    [
      'that queues: slower with more, and as much gets done',
      ({ current }) => ({ ms: 100 * current, output: 200 }),
    ],
  ])('stays at its ceiling with a server %s', (_name, answer) => {
    const limit = createAdaptiveLimit(64);
    for (let count = 0; count < 50; count += 1) round(limit, answer(limit, count));
    expect(limit.current).toBe(64);
  });

  it('shrinks where more in flight gets less done', () => {
    const limit = createAdaptiveLimit(64);
    const seen: number[] = [];
    for (let count = 0; count < 60; count += 1) {
      // Beyond 20 in flight the server thrashes.
      round(limit, { ms: 2000 * Math.max(1, (limit.current / 20) ** 2.5), output: 200 });
      seen.push(limit.current);
    }
    expect(Math.max(...seen)).toBe(64);
    expect(Math.max(...seen.slice(30))).toBeLessThan(40);
    expect(Math.min(...seen)).toBeGreaterThan(10);
  });

  it('begins anew when the server was away', () => {
    const limit = grown(64);
    limit.restart();
    expect(limit.current).toBe(16);
    round(limit);
    round(limit);
    expect(limit.current).toBe(64);
  });
});
