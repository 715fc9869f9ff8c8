import { describe, expect, it } from '@jest/globals';
import type { CallError, ChatTransport } from '../../src/models/types.js';
import { err, ok } from '../../src/core/result.js';
import { virtualClock, type VirtualClock } from './clocks.js';
import { bench, modelAt, textQuestion } from './setup.js';
import type { SettledParameters } from '../../src/models/types.js';

const never = (): AbortSignal => new AbortController().signal;
const answer = ok({
  text: 'done',
  finishReason: 'stop',
  usage: { input: 10, output: 50, cached: undefined, reasoning: undefined },
});

/** Asks `rows` questions on a virtual clock; the milliseconds that took, and how many got an answer. */
async function ask(
  rows: number,
  clock: VirtualClock,
  transport: ChatTransport,
  parameters: SettledParameters = { max_parallel_requests: 64 },
): Promise<{ readonly ms: number; readonly answered: number }> {
  const { models } = bench([modelAt('http://models.example/v1', parameters)], {
    transportFor: () => transport,
    clock,
  });
  const replies = await clock.until(
    Promise.all(
      Array.from({ length: rows }, (_, row) => models.ask({ ...textQuestion(`row ${row}`), priority: row })),
    ),
  );
  return { ms: clock.now(), answered: replies.filter((reply) => reply.ok).length };
}

describe('a server that answers within 200 ms', () => {
  it('has all 64 places in use: 95 % of the ideal, the start included', async () => {
    const clock = virtualClock();
    const send: ChatTransport['send'] = async () => {
      await clock.sleep(200, never());
      return answer;
    };
    const { ms, answered } = await ask(64 * 40, clock, { send });
    expect(answered).toBe(64 * 40);
    expect((40 * 200) / ms).toBeGreaterThan(0.95);
  });
});

describe('a storm of 429s', () => {
  const perSecond = 50;
  const rows = perSecond * 30;

  /** Allows so many in each second by the clock. */
  function limited(
    clock: VirtualClock,
    latencyMs: number,
    retryAfterMs: (untilNext: number) => number | undefined,
  ): ChatTransport {
    let second = 0;
    let taken = 0;
    return {
      async send() {
        const now = Math.floor(clock.now() / 1000);
        if (now !== second) [second, taken] = [now, 0];
        taken += 1;
        const untilNext = (second + 1) * 1000 - clock.now();
        const isRefused = taken > perSecond;
        await clock.sleep(isRefused ? 1 : latencyMs, never());
        if (!isRefused) return answer;
        const wait = retryAfterMs(untilNext);
        const refusal: CallError = { class: 'rate', status: 429, message: 'too many' };
        return err(wait === undefined ? refusal : { ...refusal, retryAfterMs: wait });
      },
    };
  }

  it.each<[string, number, (untilNext: number) => number | undefined]>([
    ['without Retry-After', 1, () => undefined],
    ['without Retry-After, answers taking 200 ms', 200, () => undefined],
    ['with an exact Retry-After', 1, (untilNext) => untilNext],
    ['with Retry-After: 1', 1, () => 1000],
    ['with Retry-After: 1, answers taking 200 ms', 200, () => 1000],
  ])('%s: no row is lost, in at most 1.2 times the ideal time', async (_name, latencyMs, retryAfterMs) => {
    const clock = virtualClock();
    const { ms, answered } = await ask(rows, clock, limited(clock, latencyMs, retryAfterMs));
    expect(answered).toBe(rows);
    expect(ms / 1000 / (rows / perSecond)).toBeLessThanOrEqual(1.2);
  });
});

describe('a server that is down for a minute', () => {
  const gone: CallError = { class: 'network', message: 'ECONNREFUSED' };
  /** More than twice as many as are answered before the outage. */
  const outageRows = 1500;

  it.each<[string, CallError]>([
    ['connections are refused', gone],
    ['503 without a word', { class: 'overload', status: 503, message: '503' }],
    ['502 from a gateway', { class: 'overload', status: 502, message: '502' }],
  ])('%s: no row is lost, and few calls are made while it is down', async (_name, error) => {
    const clock = virtualClock();
    let meanwhile = 0;
    const send: ChatTransport['send'] = async () => {
      const isGone = clock.now() >= 2000 && clock.now() < 62_000;
      if (isGone) meanwhile += 1;
      await clock.sleep(isGone ? 1 : 200, never());
      return isGone ? err(error) : answer;
    };
    const { ms, answered } = await ask(outageRows, clock, { send });
    expect(answered).toBe(outageRows);
    expect(meanwhile).toBeLessThan(64 * 4);
    // The outage, the work, and at most half a minute until the next probe.
    expect(ms).toBeLessThan(62_000 + outageRows * (200 / 64) + 31_000);
  });

  it('for good: all calls fail together, after ten minutes, with few calls', async () => {
    const clock = virtualClock();
    let calls = 0;
    const send: ChatTransport['send'] = async () => {
      calls += 1;
      await clock.sleep(1, never());
      return clock.now() < 10 ? answer : err(gone);
    };
    const { ms, answered } = await ask(2000, clock, { send });
    expect(answered).toBeLessThan(2000);
    expect(ms / 60_000).toBeGreaterThan(10);
    expect(ms / 60_000).toBeLessThan(12);
    expect(calls - answered).toBeLessThan(300);
  });
});

describe('a server that throttles everything for good', () => {
  it('is given up too', async () => {
    const clock = virtualClock();
    const send: ChatTransport['send'] = async () => {
      await clock.sleep(1, never());
      return err({ class: 'rate', status: 429, message: 'come back tomorrow' });
    };
    const { ms, answered } = await ask(500, clock, { send });
    expect(answered).toBe(0);
    expect(ms / 60_000).toBeLessThan(12);
  });
});
