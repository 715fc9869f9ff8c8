import { isObject, type Json, type JsonObject } from '../../core/json.js';

interface HeaderReader {
  get(name: string): string | null;
}

/**
 * How long a server asks to wait, in milliseconds from now; `undefined` when it does not say or cannot be read.
 * In this order: `retry-after-ms`; `Retry-After` in seconds, as an HTTP date (RFC 9110, 10.2.3) or as the time of
 * day; and `x-ratelimit-reset…` or `anthropic-ratelimit-…-reset`, the latest of those that are used up.
 */
export function retryAfterMs(headers: HeaderReader, now: () => number = Date.now): number | undefined {
  return requestedWait(headers, now)?.ms;
}

/** A wait that a header asks for. */
export interface RequestedWait {
  readonly ms: number;
  readonly header: string;
}

/** The same, with the name of the header. */
export function requestedWait(
  headers: HeaderReader,
  now: () => number = Date.now,
): RequestedWait | undefined {
  const clock = serverTime(headers, now);
  const asked = (header: string, ms: number | undefined): RequestedWait | undefined =>
    ms === undefined ? undefined : { ms, header };
  return (
    asked('retry-after-ms', number(headers.get('retry-after-ms'), 1)) ??
    asked('retry-after', waitOf(headers.get('retry-after'), clock)) ??
    untilReset(headers, clock)
  );
}

/** How long the body of an error asks to wait: in its details, in headers that it repeats, or in its words. */
export function waitInBody(error: Json, words: string, now: () => number = Date.now): number | undefined {
  const details = isObject(error) && Array.isArray(error.details) ? error.details : [];
  const delays = details
    .map((detail: Json) => (isObject(detail) ? detail.retryDelay : undefined))
    .map((delay) => (typeof delay === 'string' ? waitOf(delay, now()) : undefined))
    .filter((wait) => wait !== undefined);
  if (delays.length > 0) return Math.max(...delays);
  const metadata = isObject(error) && isObject(error.metadata) ? error.metadata : {};
  const repeated = isObject(metadata.headers) ? retryAfterMs(readerOf(metadata.headers), now) : undefined;
  if (repeated !== undefined) return repeated;
  const [, said] = /(?:try again|retry) (?:in|after) (\d[\w.]*(?: ?[a-z]+)?)/i.exec(words) ?? [];
  return said === undefined ? undefined : waitInWords(said);
}

function readerOf(headers: JsonObject): HeaderReader {
  const byName = new Map(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
  return {
    get(name) {
      const value = byName.get(name);
      return typeof value === 'string' || typeof value === 'number' ? String(value) : null;
    },
  };
}

/** By the server's own clock where it states it: ours may be wrong, or its. */
function serverTime(headers: HeaderReader, now: () => number): number {
  const sent = Date.parse(headers.get('date') ?? '');
  return Number.isNaN(sent) ? now() : sent;
}

function untilReset(headers: HeaderReader, clock: number): RequestedWait | undefined {
  const waits = ['', '-requests', '-tokens', '-requests-day']
    .flatMap((kind) => [
      [`x-ratelimit-remaining${kind}`, `x-ratelimit-reset${kind}`] as const,
      [`anthropic-ratelimit${kind}-remaining`, `anthropic-ratelimit${kind}-reset`] as const,
    ])
    .filter(([remaining]) => Number(headers.get(remaining)) <= 0)
    .flatMap(([, header]) => {
      const ms = waitOf(headers.get(header), clock);
      return ms === undefined ? [] : [{ ms, header }];
    });
  return waits.toSorted((a, b) => b.ms - a.ms)[0];
}

/** A number from here on is a time of day: in seconds since 1970, or in milliseconds. */
const firstEpochSeconds = 1e9;
const firstEpochMs = 1e12;

/** A wait as servers write it: seconds, a duration of Go, a date, or seconds or milliseconds since 1970. */
function waitOf(text: string | null, clock: number): number | undefined {
  // A header that was sent twice arrives as `1, 1`.
  const value = /^\s*(-?[\d.]+)\s*(?:,\s*-?[\d.]+\s*)+$/.exec(text ?? '')?.[1] ?? text?.trim();
  if (value === undefined || value === '' || value.length > 60) return undefined;
  const seconds = Number(value);
  if (seconds >= firstEpochMs) return Math.max(0, seconds - clock);
  if (seconds >= firstEpochSeconds) return Math.max(0, seconds * 1000 - clock);
  if (!Number.isNaN(seconds)) return number(value, 1000);
  const date = duration(value) === undefined ? Date.parse(value) : Number.NaN;
  return duration(value) ?? (Number.isNaN(date) ? undefined : Math.max(0, date - clock));
}

function number(text: string | null, unit: number): number | undefined {
  if (text === null || text.trim() === '') return undefined;
  const value = Number(text);
  return Number.isFinite(value) ? Math.max(0, value * unit) : undefined;
}

const unitMs: Readonly<Record<string, number>> = { d: 86_400_000, h: 3_600_000, m: 60_000, s: 1000, ms: 1 };

/** A duration as Go writes it: `1s`, `6m0s`, `7.66s`, `20ms`. */
function duration(text: string): number | undefined {
  if (!/^(?:\d+(?:\.\d+)?(?:ms|[dhms]))+$/.test(text)) return undefined;
  return [...text.matchAll(/(\d+(?:\.\d+)?)(ms|[dhms])/g)].reduce(
    (sum, [, amount, unit]) => sum + Number(amount) * (unitMs[unit ?? ''] ?? 0),
    0,
  );
}

/** `1.2s`, `7m12s`, `1 second`, `20 minutes`. */
function waitInWords(text: string): number | undefined {
  const compact = text.replace(/\.$/, '');
  const [, amount, unit] =
    /^([\d.]+) ?(milliseconds?|ms|sec\w*|s|min\w*|m|hours?|h|days?|d)$/i.exec(compact) ?? [];
  if (amount === undefined || unit === undefined) return duration(compact.split(' ')[0] ?? '');
  const name = /^mil|^ms/i.test(unit) ? 'ms' : (unit[0]?.toLowerCase() ?? '');
  return Number(amount) * (unitMs[name] ?? 0);
}
