import type { Json } from '../../core/json.js';
import { filter, type Filter } from './filter-kit.js';
import { LIST_FILTERS } from './list-filters.js';
import { NUMBER_FILTERS } from './number-filters.js';
import { TEXT_FILTERS } from './text-filters.js';
import { toJson } from './values.js';

/** Every filter: those of Jinja2 but `urlize`, and `fit`, `fromjson`, `jsonpath`, `keys` and `values`. */
export const FILTERS: ReadonlyMap<string, Filter> = new Map<string, Filter>([
  ...TEXT_FILTERS,
  ...LIST_FILTERS,
  ...NUMBER_FILTERS,
  filter('fit', 'bytes', (value, call) => {
    const bytes = call.count('bytes', 0);
    if (bytes < 1)
      throw new Error('the filter `fit` takes the number of bytes to fit into, as in `| fit(4000)`');
    return fit(toJson(value), Math.floor(bytes * call.runtime.fitScale));
  }),
]);

/**
 * The `fit` helper of templates: a value as text of at most `bytes` bytes of UTF-8. Long strings lose their
 * middle and keep both ends, with a mark that says how much is gone; short ones stay whole. In a list or an
 * object the longest strings are cut first, all to the same length, so that no value is crowded out by
 * another. Text stays text; anything else becomes JSON.
 *
 * Bytes, because no tokenizer makes more tokens than bytes: a budget in bytes holds for every model.
 */
export function fit(value: Json, bytes: number): string {
  if (typeof value === 'string') return cutMiddle(value, bytes);
  const whole = JSON.stringify(value);
  if (Buffer.byteLength(whole) <= bytes) return whole;

  // Nothing longer than the whole budget can survive, so the search below never touches megabytes.
  const bounded = mapStrings(value, (text) => cutMiddle(text, bytes));
  let low = 0;
  let high = bytes;
  let best: string | undefined;
  while (low <= high) {
    const limit = (low + high) >> 1;
    const text = JSON.stringify(mapStrings(bounded, (inner) => cutMiddle(inner, limit)));
    if (Buffer.byteLength(text) <= bytes) {
      best = text;
      low = limit + 1;
    } else {
      high = limit - 1;
    }
  }
  // Too many small values for any string to be the cause: the JSON text itself is cut.
  return best ?? cutMiddle(whole, bytes);
}

/** Keeps the first 60 % and the last 40 % of what fits; never splits a character. */
function cutMiddle(text: string, bytes: number): string {
  const size = Buffer.byteLength(text);
  if (size <= bytes) return text;
  const mark = `…[${size - bytes} bytes cut]…`;
  const room = bytes - Buffer.byteLength(mark);
  if (room <= 0) return bytes < 3 ? '' : '…';
  const buffer = Buffer.from(text);
  const head = characterBoundary(buffer, Math.ceil(room * 0.6));
  const tail = characterBoundary(buffer, size - Math.floor(room * 0.4), +1);
  return buffer.toString('utf8', 0, head) + mark + buffer.toString('utf8', tail);
}

/** The nearest offset at or before (after, for `step` 1) `offset` that does not split a UTF-8 sequence. */
function characterBoundary(buffer: Buffer, offset: number, step: 1 | -1 = -1): number {
  let at = offset;
  while (at > 0 && at < buffer.length && ((buffer[at] ?? 0) & 0xc0) === 0x80) at += step;
  return at;
}

function mapStrings(value: Json, change: (text: string) => string): Json {
  if (typeof value === 'string') return change(value);
  if (Array.isArray(value)) return value.map((item: Json) => mapStrings(item, change));
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, mapStrings(inner, change)]));
  }
  return value;
}
