import { describe, expect, it } from '@jest/globals';
import { retryAfterMs } from '../../src/models/wire/retry-after.js';
import { createRetries, retryWait } from '../../src/models/rate-limiting/retry.js';
import type { FailureClass } from '../../src/core/failure.js';
import type { CallError } from '../../src/models/types.js';

const noJitter = (): number => 1;
const fullJitter = (): number => 0;
const newYear = (): number => Date.parse('2030-01-01T00:00:00Z');

function waitsOf(failureClass: FailureClass): number[] {
  const waits: number[] = [];
  for (let failures = 1; failures < 100; failures += 1) {
    const wait = retryWait({ class: failureClass, message: '' }, failures, noJitter);
    if (wait === undefined) break;
    waits.push(wait);
  }
  return waits;
}

describe('retryWait', () => {
  it('doubles from half a second to thirty seconds', () => {
    expect(waitsOf('overload')).toEqual([500, 1000, 2000, 4000, 8000, 16_000]);
    expect(waitsOf('rate').slice(5, 9)).toEqual([16_000, 30_000, 30_000, 30_000]);
  });

  it('subtracts up to half as jitter', () => {
    expect(retryWait({ class: 'rate', message: '' }, 1, fullJitter)).toBe(250);
  });

  it('retries a number of times that depends on the class', () => {
    const retries = (['rate', 'overload', 'network', 'timeout'] as const).map((name) => waitsOf(name).length);
    expect(retries).toEqual([20, 6, 6, 2]);
  });

  it.each(['invalid-request', 'context-window', 'content-filter', 'auth', 'quota', 'stopped'] as const)(
    'never retries %s',
    (failureClass) => expect(waitsOf(failureClass)).toEqual([]),
  );

  it('waits exactly as long as the server asks', () => {
    expect(retryWait({ class: 'rate', message: '', retryAfterMs: 61_000 }, 3, noJitter)).toBe(61_000);
  });

  it('backs off when Retry-After is 0', () => {
    expect(retryWait({ class: 'rate', message: '', retryAfterMs: 0 }, 2, noJitter)).toBe(1000);
  });

  it('does not retry when the server asks for more than ten minutes', () => {
    expect(retryWait({ class: 'rate', message: '', retryAfterMs: 600_000 }, 1, noJitter)).toBe(600_000);
    expect(retryWait({ class: 'rate', message: '', retryAfterMs: 600_001 }, 1, noJitter)).toBeUndefined();
  });
});

describe('the retries of a call', () => {
  const overload: CallError = { class: 'overload', status: 503, message: '' };

  it('are not used up while the server is down, nor by the failures that led there', () => {
    const retries = createRetries(fullJitter);
    for (let round = 0; round < 20; round += 1) {
      for (let failure = 0; failure < 6; failure += 1)
        expect(retries.waitAfter(overload, { kind: 'none' })).toBeDefined();
      expect(retries.waitAfter(overload, { kind: 'pause', ms: 4000, countsAsTry: false })).toBe(4000);
    }
    for (let failure = 0; failure < 6; failure += 1) retries.waitAfter(overload, { kind: 'none' });
    expect(retries.waitAfter(overload, { kind: 'none' })).toBeUndefined();
  });

  it('are used up while the server throttles, and wait for the whole pause', () => {
    const retries = createRetries(fullJitter);
    const pause = { kind: 'pause', ms: 90_000, countsAsTry: true } as const;
    for (let failure = 0; failure < 20; failure += 1)
      expect(retries.waitAfter({ class: 'rate', message: '' }, pause)).toBe(90_000);
    expect(retries.waitAfter({ class: 'rate', message: '' }, pause)).toBeUndefined();
  });

  it('end when the server was down for too long', () => {
    expect(createRetries(fullJitter).waitAfter(overload, { kind: 'give-up' })).toBeUndefined();
  });
});

describe('retryAfterMs', () => {
  it.each([
    [{ 'retry-after': '2' }, 2000],
    [{ 'retry-after': '0.5' }, 500],
    [{ 'retry-after': 'Tue, 01 Jan 2030 00:00:07 GMT' }, 7000],
    [{ 'retry-after': 'Mon, 31 Dec 2029 00:00:00 GMT' }, 0],
    [{ 'retry-after-ms': '300', 'retry-after': '1' }, 300],
    [{ 'retry-after-ms': 'soon', 'retry-after': '1' }, 1000],
    [{ 'retry-after': '-3' }, 0],
    [{ 'retry-after': 'Tue, 01 Jan 2030 03:00:07 GMT', date: 'Tue, 01 Jan 2030 03:00:00 GMT' }, 7000],
    [{ 'x-ratelimit-reset-requests': '1s', 'x-ratelimit-remaining-requests': '0' }, 1000],
    [{ 'x-ratelimit-reset-tokens': '6m0s' }, 360_000],
    [{ 'x-ratelimit-reset-tokens': '20ms' }, 20],
    [{ 'x-ratelimit-reset-tokens': '1h2m59.5s' }, 3_779_500],
    [{ 'x-ratelimit-reset-requests': '2' }, 2000],
    [{ 'x-ratelimit-reset-requests': '1s', 'x-ratelimit-reset-tokens': '3s' }, 3000],
    [{ 'x-ratelimit-reset-requests': '1s', 'x-ratelimit-remaining-requests': '59' }, undefined],
    [{ 'x-ratelimit-reset-requests': 'soon' }, undefined],
    [{ 'retry-after': '4', 'x-ratelimit-reset-requests': '1s' }, 4000],
    [{ 'retry-after': 'soon' }, undefined],
    [{ 'retry-after': '' }, undefined],
    [{}, undefined],
  ])('reads %j as %j', (headers, expected) => {
    expect(retryAfterMs(new Headers(headers as Record<string, string>), newYear)).toBe(expected);
  });
});
