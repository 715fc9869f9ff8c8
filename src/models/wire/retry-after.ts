interface HeaderReader {
  get(name: string): string | null;
}

/**
 * How long a server asks to wait, in milliseconds from now; `undefined` when it does not say or cannot be read.
 * In this order: `retry-after-ms`; `Retry-After` in seconds or as an HTTP date (RFC 9110, 10.2.3); and
 * OpenAI's `x-ratelimit-reset-requests` and `-tokens`, the later of those that are used up.
 */
export function retryAfterMs(headers: HeaderReader, now: () => number = Date.now): number | undefined {
  return (
    milliseconds(headers.get('retry-after-ms'), 1) ??
    milliseconds(headers.get('retry-after'), 1000) ??
    untilDate(headers, now) ??
    untilReset(headers)
  );
}

function milliseconds(text: string | null, unit: number): number | undefined {
  if (text === null || text.trim() === '') return undefined;
  const number = Number(text);
  return Number.isFinite(number) ? Math.max(0, number * unit) : undefined;
}

/** By the server's own clock where it tells it: ours may be wrong, or its. */
function untilDate(headers: HeaderReader, now: () => number): number | undefined {
  const date = Date.parse(headers.get('retry-after') ?? '');
  if (Number.isNaN(date)) return undefined;
  const sent = Date.parse(headers.get('date') ?? '');
  return Math.max(0, date - (Number.isNaN(sent) ? now() : sent));
}

function untilReset(headers: HeaderReader): number | undefined {
  const waits = ['requests', 'tokens']
    .filter((kind) => Number(headers.get(`x-ratelimit-remaining-${kind}`)) <= 0)
    .map((kind) => duration(headers.get(`x-ratelimit-reset-${kind}`)))
    .filter((wait) => wait !== undefined);
  return waits.length === 0 ? undefined : Math.max(...waits);
}

const unitMs: Readonly<Record<string, number>> = { d: 86_400_000, h: 3_600_000, m: 60_000, s: 1000, ms: 1 };

/** A duration as Go writes it: `1s`, `6m0s`, `7.66s`, `20ms`; or bare seconds. */
function duration(text: string | null): number | undefined {
  if (text === null || text.length > 40) return undefined;
  if (!/^(?:\d+(?:\.\d+)?(?:ms|[dhms]))+$/.test(text)) return milliseconds(text, 1000);
  return [...text.matchAll(/(\d+(?:\.\d+)?)(ms|[dhms])/g)].reduce(
    (sum, [, amount, unit]) => sum + Number(amount) * (unitMs[unit ?? ''] ?? 0),
    0,
  );
}
