import type { Json } from '../core/json.js';
import { textOf } from './fields.js';

/** An ISO 8601 date or date and time; without an offset it counts as UTC. */
const ISO_INSTANT =
  /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d)(?::(\d\d)(?:[.,](\d{1,9})\d{0,20})?)?(?:Z|([+-]\d\d):?(\d\d))?)?$/;

interface TimeSpan {
  readonly earliest: string | undefined;
  readonly latest: string | undefined;
}

/**
 * The earliest and the latest timestamp, compared as instants; unreadable ones are ignored, and of equal instants
 * the first one wins. Returned as they were written, but in UTC where there is an offset.
 */
export function timeSpan(timestamps: Iterable<string | undefined>): TimeSpan {
  const texts = Array.from(timestamps).filter((text) => text !== undefined);
  return uniformSpan(texts) ?? anySpan(texts);
}

/** Timestamps of the form `2026-01-02T10:00:00.000Z`, the usual one, can be compared as text. */
function uniformSpan(texts: readonly string[]): TimeSpan | undefined {
  let [earliest, latest] = [texts[0], texts[0]];
  for (const text of texts) {
    if (text.length !== 24 || text[10] !== 'T' || text[19] !== '.' || text[23] !== 'Z') return undefined;
    if (earliest === undefined || text < earliest) earliest = text;
    if (latest === undefined || text > latest) latest = text;
  }
  return [earliest, latest].every((text) => text === undefined || instantOf(text) !== undefined)
    ? { earliest, latest }
    : undefined;
}

function anySpan(texts: readonly string[]): TimeSpan {
  let earliest: { text: string; at: number } | undefined;
  let latest: { text: string; at: number } | undefined;
  for (const text of texts) {
    const at = instantOf(text);
    if (at === undefined) continue;
    if (!earliest || at < earliest.at) earliest = { text, at };
    if (!latest || at > latest.at) latest = { text, at };
  }
  return { earliest: earliest && utcText(earliest.text), latest: latest && utcText(latest.text) };
}

/** A timestamp in UTC, as rows have it; `undefined` for anything else. */
export function timeOf(value: Json | undefined): string | undefined {
  const text = textOf(value);
  return text === undefined || instantOf(text) === undefined ? undefined : utcText(text);
}

/** The same instant without an offset: `…T10:00:00+02:00` is `…T08:00:00Z`. Other texts stay as they are. */
export function utcText(text: string): string {
  const offset = /[+-]\d\d:?\d\d$/.exec(text);
  const at = instantOf(text);
  if (!offset || at === undefined) return text;
  const fraction = /[.,](\d+)/.exec(text.slice(0, offset.index))?.[1];
  const seconds = new Date(Math.floor(at / 1000) * 1000).toISOString().slice(0, 19);
  return `${seconds}${fraction === undefined ? '' : `.${fraction}`}Z`;
}

/** Milliseconds since 1970 with microseconds as fraction; `undefined` for anything but an ISO timestamp. */
export function instantOf(text: string): number | undefined {
  const match = ISO_INSTANT.exec(text);
  if (!match) return undefined;
  const [
    ,
    date,
    minutes = '00:00',
    seconds = '00',
    fraction = '0',
    offsetHours = '+00',
    offsetMinutes = '00',
  ] = match;
  const whole = Date.parse(`${date}T${minutes}:${seconds}${offsetHours}:${offsetMinutes}`);
  return Number.isNaN(whole) ? undefined : whole + Math.trunc(Number(`0.${fraction}`) * 1e6) / 1e3;
}

/** Seconds since 1970, with a fraction, as a time in UTC. */
export function secondsAsTime(seconds: Json | undefined): string | undefined {
  return typeof seconds === 'number' ? millisecondsAsTime(seconds * 1000) : undefined;
}

/** Milliseconds since 1970 as a time in UTC; `undefined` for years that no clock of a tool shows. */
export function millisecondsAsTime(milliseconds: Json | undefined): string | undefined {
  if (typeof milliseconds !== 'number' || !(Math.abs(milliseconds) < 8e15)) return undefined;
  return new Date(Math.round(milliseconds)).toISOString();
}
