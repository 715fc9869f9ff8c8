import { characterCount, sliceCharacters } from '../core/code-points.js';
import type { Json } from '../core/json.js';

/** Filters and tests that `@huggingface/jinja` brings itself. */
const BUILT_IN_FILTERS = [
  'abs', 'default', 'dictsort', 'first', 'indent', 'items', 'join', 'keys',
  'last', 'length', 'list', 'lower', 'map', 'rejectattr', 'replace', 'safe', 'selectattr',
  'sort', 'string', 'title', 'tojson', 'trim', 'unique', 'upper', 'values',
]; // prettier-ignore

export const KNOWN_TESTS: readonly string[] = [
  'boolean', 'callable', 'defined', 'eq', 'equalto', 'even', 'false', 'integer', 'iterable', 'lower', 'mapping',
  'none', 'number', 'odd', 'sequence', 'string', 'true', 'undefined', 'upper',
]; // prettier-ignore

export const KNOWN_FUNCTIONS: readonly string[] = ['namespace', 'range'];

export type Filter = (value: Json, ...args: Json[]) => Json;

/** Filters of ours: `fit`, and those of Jinja2 that the library lacks. Plain values in, plain values out. */
export const OWN_FILTERS: ReadonlyMap<string, Filter> = new Map<string, Filter>([
  [
    'capitalize',
    (value) =>
      sliceCharacters(String(value), 0, 1).toUpperCase() + sliceCharacters(String(value), 1).toLowerCase(),
  ],
  ['count', (value) => lengthOf(value)],
  ['fit', scaledFit(1)],
  ['float', (value, fallback = 0) => toNumber(value, fallback)],
  ['int', (value, fallback = 0) => truncated(toNumber(value, fallback))],
  ['max', (value) => extreme('max', value, (a, b) => a > b)],
  ['min', (value) => extreme('min', value, (a, b) => a < b)],
  [
    'reverse',
    (value) =>
      typeof value === 'string' ? [...value].toReversed().join('') : list('reverse', value).toReversed(),
  ],
  ['round', (value, digits = 0) => round(number('round', value), number('round', digits))],
  ['sum', (value) => list('sum', value).reduce<number>((total, item) => total + number('sum', item), 0)],
  [
    'truncate',
    (value, length = 255, killwords = false, end = '...') => truncate(value, length, killwords, end),
  ],
  ['wordcount', (value) => String(value).split(/\s+/).filter(Boolean).length],
]);

export const KNOWN_FILTERS: readonly string[] = [...BUILT_IN_FILTERS, ...OWN_FILTERS.keys()].sort();

function lengthOf(value: Json): number {
  return typeof value === 'string' ? characterCount(value) : list('count', value).length;
}

/** Python's: halves go to the even neighbour. */
function round(value: number, digits: number): number {
  const scale = 10 ** digits;
  const scaled = value * scale;
  const floor = Math.floor(scaled);
  const isHalf = Math.abs(scaled - floor - 0.5) < 1e-9;
  return (isHalf ? floor + (Math.abs(floor) % 2) : Math.round(scaled)) / scale;
}

function toNumber(value: Json, fallback: Json): Json {
  if (typeof value === 'boolean') return value ? 1 : 0;
  if (typeof value === 'number') return value;
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : Number.NaN;
  return Number.isFinite(number) ? number : fallback;
}

const truncated = (value: Json): Json => (typeof value === 'number' ? Math.trunc(value) : value);

/** Jinja2's `truncate`: whole words unless `killwords`, and a leeway of 5 characters. */
function truncate(value: Json, length: Json, killwords: Json, end: Json): string {
  const text = String(value);
  const limit = number('truncate', length);
  if (characterCount(text) <= limit + 5) return text;
  const cut = sliceCharacters(text, 0, limit - characterCount(String(end)));
  if (killwords === true) return cut + String(end);
  const lastSpace = cut.lastIndexOf(' ');
  return (lastSpace === -1 ? cut : cut.slice(0, lastSpace)) + String(end);
}

function extreme(filter: string, value: Json, better: (a: number, b: number) => boolean): Json {
  const numbers = list(filter, value).map((item) => number(filter, item));
  return numbers.length === 0 ? null : numbers.reduce((best, item) => (better(item, best) ? item : best));
}

function list(filter: string, value: Json): readonly Json[] {
  if (Array.isArray(value)) return value as readonly Json[];
  throw new Error(`the filter \`${filter}\` takes a list`);
}

function number(filter: string, value: Json | undefined): number {
  if (typeof value === 'number') return value;
  throw new Error(`the filter \`${filter}\` takes a number`);
}

function positive(filter: string, value: Json | undefined): number {
  if (typeof value === 'number' && value > 0) return Math.floor(value);
  throw new Error(
    `the filter \`${filter}\` takes the number of bytes to fit into, as in \`| ${filter}(4000)\``,
  );
}

/** The filter `fit` with its bound multiplied by `scale`. */
export function scaledFit(scale: number): Filter {
  return (value, bytes) => fit(value, Math.floor(positive('fit', bytes) * scale));
}

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
