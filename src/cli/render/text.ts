import { stripVTControlCharacters } from 'node:util';
import { UNSEEN } from '../../core/one-line.js';
import { dollars } from '../../models/usage/cost.js';

const UNSAFE = new RegExp(String.raw`(?![\n\t])\p{Cc}|[${UNSEEN}]`, 'gu');

/**
 * Makes text from traces, models and recipes safe for a terminal: removes escape sequences and control characters,
 * and keeps line breaks.
 */
export function safe(text: string): string {
  return stripVTControlCharacters(text).replaceAll(UNSAFE, '');
}

/** The width of a line in terminal cells. East Asian characters and emoji take two. */
export function widthOf(line: string): number {
  if (ASCII.test(line)) return line.length;
  let width = 0;
  for (const { segment } of segmenter.segment(line)) width += WIDE.test(segment) ? 2 : 1;
  return width;
}

/** Cuts a line to a width in terminal cells. */
export function cut(line: string, width: number): string {
  // Only what can be needed is looked at: the line may be megabytes.
  const start = line.slice(0, width * 16);
  if (ASCII.test(start)) return start.slice(0, width);
  let used = 0;
  let kept = '';
  for (const { segment } of segmenter.segment(start)) {
    used += WIDE.test(segment) ? 2 : 1;
    if (used > width) return kept;
    kept += segment;
  }
  return kept;
}

/** Cuts a line to a width in terminal cells, with a mark at its end where something is missing. */
export function shortened(line: string, width: number): string {
  return cut(line, width) === line ? line : `${cut(line, width - 1)}…`;
}

/** Fills a line with spaces to a width in terminal cells. */
export function pad(line: string, width: number): string {
  return line + ' '.repeat(Math.max(0, width - widthOf(line)));
}

const segmenter = new Intl.Segmenter();
const ASCII = /^[\0-\x7f]*$/;
const WIDE =
  /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\p{Emoji_Presentation}\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]|\ufe0f/u;

/** Wraps text into lines of at most `width` terminal cells, at spaces if possible. A tab becomes four spaces. */
export function wrap(text: string, width: number): readonly string[] {
  return safe(text)
    .trimEnd()
    .replaceAll('\t', '    ')
    .split('\n')
    .flatMap((line) => wrapLine(line, Math.max(10, width)));
}

/** Wraps an entry of a list: its other lines are indented. */
export function wrapEntry(text: string, width: number): readonly string[] {
  return wrap(text, width - 2).map((line, at) => (at === 0 ? line : `  ${line}`));
}

function wrapLine(line: string, width: number): readonly string[] {
  const lines: string[] = [];
  let rest = line;
  for (;;) {
    const fits = cut(rest, width).length;
    if (fits >= rest.length) return [...lines, rest];
    const blank = rest.lastIndexOf(' ', fits);
    const end = blank > fits / 3 ? blank : fits;
    lines.push(rest.slice(0, end).trimEnd());
    rest = rest.slice(end).trimStart();
  }
}

/** `1 row`, `2 rows`. */
export function count(number: number, noun: string, nouns = `${noun}s`): string {
  return `${number.toLocaleString('en-US')} ${number === 1 ? noun : nouns}`;
}

/** `4s`, `3m 20s`, `2h 05m`. */
export function duration(seconds: number): string {
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole}s`;
  const pad = (part: number): string => String(part).padStart(2, '0');
  if (whole < 3600) return `${Math.floor(whole / 60)}m ${pad(whole % 60)}s`;
  return `${Math.floor(whole / 3600)}h ${pad(Math.floor((whole % 3600) / 60))}m`;
}

/** `14:05:10`, the local time of day in so many milliseconds; with the day where it is another. */
export function clockTime(from: Date, inMs: number): string {
  const then = new Date(from.getTime() + inMs);
  const pad = (part: number): string => String(part).padStart(2, '0');
  const time = [then.getHours(), then.getMinutes(), then.getSeconds()].map(pad).join(':');
  if (then.toDateString() === from.toDateString()) return time;
  return `${[then.getFullYear(), then.getMonth() + 1, then.getDate()].map(pad).join('-')} ${time}`;
}

/** `0.4 kB`, `12.0 MB`, `3.1 GB`, in powers of 1000. */
export function size(bytes: number): string {
  if (bytes < 1e6) return `${(bytes / 1e3).toFixed(1)} kB`;
  return bytes < 1e9 ? `${(bytes / 1e6).toFixed(1)} MB` : `${(bytes / 1e9).toFixed(1)} GB`;
}

/** `812`, `12.4k`, `3.1M`. */
export function compact(number: number): string {
  if (number < 10_000) return String(number);
  return number < 1_000_000 ? `${(number / 1000).toFixed(1)}k` : `${(number / 1_000_000).toFixed(1)}M`;
}

/** A cost in dollars. An unknown cost is never shown as 0. */
export function money(usd: number | null, isMinimum = false): string {
  if (usd === null) return 'unknown';
  return isMinimum ? `${dollars(usd)} or more` : dollars(usd);
}
