/**
 * Tables whose header names a column of secrets: CSV, TSV, Markdown, and what clients of databases print. A header is a
 * line of names between separators; the rows below it have as many fields.
 */
import { secretKindOf } from './thresholds.js';
import { kindOfName, type NameKind } from './names.js';
import { endOf, matchAt } from './sticky.js';
import type { Finding } from './types.js';

const LONGEST_LINE = 1000;
const MOST_COLUMNS = 40;
const MOST_ROWS = 500;

/**
 * The values of all columns of secrets of a header, found from the first one.
 *
 * @param at the start of a name
 * @param end the end of it
 */
export function inTable(text: string, at: number, end: number): readonly Finding[] | undefined {
  const separator = separatorAt(text, at, end);
  const header = separator === undefined ? undefined : lineAround(text, at);
  if (separator === undefined || header === undefined) return undefined;
  const columns = partsOf(text, header, separator).map((part) => fieldOf(part));
  const names = isTab(separator) && /^\d+$/.test(columns[0]?.text ?? '') ? columns.slice(1) : columns;
  if (!areHeadings(names, separator)) return undefined;
  const kinds = columns.map(kindOf);
  const first = kinds.findIndex((kind) => kind !== null);
  if (first < 0 || at > (columns[first]?.end ?? 0)) return undefined;
  return inRows(text, header, separator, kinds);
}

function inRows(
  text: string,
  header: Line,
  separator: string,
  kinds: readonly (NameKind | null)[],
): readonly Finding[] {
  const found: Finding[] = [];
  const secret = [...kinds.entries()].flatMap(([column, kind]) => (kind === null ? [] : [{ column, kind }]));
  let line = lineAfter(text, header);
  for (let row = 0; line !== undefined && row < MOST_ROWS; row += 1) {
    const parts = partsOf(text, line, separator);
    if (!BORDER.test(text.slice(line.start, line.end))) {
      if (parts.length !== kinds.length) break;
      const values = secret.map(({ column, kind }) => ({ kind, value: fieldOf(parts[column]) }));
      // The next header begins another table.
      const isHeader = values.some(({ value }) => kindOf(value) !== null);
      if (
        isHeader &&
        areHeadings(
          parts.map((part) => fieldOf(part)),
          separator,
        )
      )
        break;
      for (const { kind, value } of values) {
        const label = NAME.test(value.text) ? undefined : secretKindOf(kind, value.text.slice(0, JUDGED));
        if (label) found.push({ kind: label, start: value.start, end: value.end });
      }
    }
    line = lineAfter(text, line);
  }
  return found;
}

const JUDGED = 256;
/** Tables of tokens and keys often describe names: `syntaxKeyword`. */
const NAME = /^[A-Za-z]{0,15}$/;
const BORDER = /^[ \t|+:=─│┼├┤-]+$/;

/** The separator of the field that a name is in: behind the field, or else before it. */
function separatorAt(text: string, at: number, end: number): string | undefined {
  const rest = endOf(REST, text, end) ?? end;
  const behind = endOf(ESCAPED_QUOTE, text, rest) ?? rest;
  const found = SEPARATORS.exec(text.slice(behind, behind + 16))?.[0];
  if (found !== undefined || !/[\r\n\\]/.test(text.charAt(behind))) return found;
  return SEPARATOR_BEFORE.exec(text.slice(Math.max(0, at - LONGEST_FIELD), at))?.[1];
}
const SEPARATORS = /^(?:[,;\t|│]|\\{1,15}t)/;
const SEPARATOR_BEFORE = /([,;\t|│]|(?<!\\)\\{1,15}t) {0,8}(?:\\{0,7}["'\x60*]){0,2}[\w -]{0,40}$/;
const ESCAPED_QUOTE = /\\{1,7}"/y;
const REST = /[\w "'\x60*-]{0,40}/y;
const LONGEST_FIELD = 80;

interface Line {
  readonly start: number;
  readonly end: number;
  /** The start of the next one; `undefined` at the end of the text. */
  readonly next: number | undefined;
  /** The backslashes of a line break in JSON text, where a quote with fewer ends the text; else 0. */
  readonly depth: number;
}

const LINE_END = /\r?\n|(?:\\{1,15}r)?(?<!\\)\\{1,15}n/;
const REAL_END = /\r?\n/;
const ESCAPED_ENDS = Array.from(
  { length: 16 },
  (_, depth) =>
    new RegExp(String.raw`\r?\n|(?:\\{1,15}r)?(?<!\\)\\{1,15}n|(?<!\\)\\{0,${Math.max(0, depth - 1)}}"`),
);
const escapedEnd = (depth: number): RegExp => ESCAPED_ENDS[depth] ?? REAL_END;

/** The line at a position, unless it is too long for a header or the last one. */
function lineAround(text: string, at: number): Line | undefined {
  const behind = LINE_END.exec(text.slice(at, at + LONGEST_LINE));
  if (behind === null) return undefined;
  const depth = behind[0].search(/[^\\]/);
  const from = Math.max(0, at - LONGEST_LINE);
  const before = text.slice(from, at);
  const start = depth > 0 ? startOfEscaped(before, depth) : before.lastIndexOf('\n') + 1;
  if (start === 0 && from > 0) return undefined;
  const end = at + behind.index;
  return { start: from + start, end, next: end + behind[0].length, depth };
}

function startOfEscaped(before: string, depth: number): number {
  for (let at = before.length - 1; at >= 0; at -= 1) {
    const character = before.charAt(at);
    if (character === '\n' || (character === '"' && !before.endsWith('\\'.repeat(depth), at))) return at + 1;
    if (character === 'n' && before.charAt(at - 1) === '\\') return at + 1;
  }
  return 0;
}

function lineAfter(text: string, { next: start, depth }: Line): Line | undefined {
  if (start === undefined || start >= text.length) return undefined;
  const rest = text.slice(start, start + LONGEST_LINE);
  const end = (depth > 0 ? escapedEnd(depth) : REAL_END).exec(rest);
  if (end === null)
    return start + rest.length < text.length
      ? undefined
      : { start, end: text.length, next: undefined, depth };
  const at = start + end.index;
  return { start, end: at, next: end[0].endsWith('"') ? undefined : at + end[0].length, depth };
}

interface Part {
  readonly text: string;
  readonly start: number;
}

/** A separator within quotes does not count; the bars at both ends of a line are no separators. */
function partsOf(text: string, line: Line, separator: string): readonly Part[] {
  const bounds = lineBounds(text, line, separator);
  const parts: Part[] = [];
  let { start } = bounds;
  let open = '';
  for (const piece of text.slice(start, bounds.end).split(separator)) {
    const part = open === '' ? piece : open + separator + piece;
    const isOpen = part.includes('"') && part.split('"').length % 2 === 0;
    open = isOpen ? part : '';
    if (isOpen) continue;
    parts.push({ text: part, start });
    start += part.length + separator.length;
  }
  if (open !== '') parts.push({ text: open, start });
  return parts.length < 2 || parts.length > MOST_COLUMNS ? [] : parts;
}

const isTab = (separator: string): boolean => separator === '\t' || separator.endsWith('t');

/** `cat -n` and viewers of files put a number before each line. */
const NUMBER = /[ \t]{0,8}\d{1,7}(?:\t|→|\\{1,15}t)/y;

function lineBounds(text: string, { start, end }: Line, separator: string): { start: number; end: number } {
  const number = isTab(separator) ? undefined : matchAt(NUMBER, text, start);
  let from = number && start + number[0].length < end ? start + number[0].length : start;
  let to = end;
  if (separator !== '|' && separator !== '│') return { start: from, end: to };
  while (from < to && text.charAt(from) === ' ') from += 1;
  while (to > from && text.charAt(to - 1) === ' ') to -= 1;
  if (text.startsWith(separator, from)) from += 1;
  if (to > from && text.charAt(to - 1) === separator) to -= 1;
  return { start: from, end: to };
}

const OPENING = /^(?:\s|\*|\\{0,7}["'\x60])*/;
const CLOSING_MARK = /[\s*\\"'\x60]/;

/** A part without the quotes, ticks and stars around it. */
function fieldOf({ text, start }: Part = NO_PART): Field {
  const before = OPENING.exec(text)?.[0].length ?? 0;
  let end = text.length;
  while (end > before && CLOSING_MARK.test(text.charAt(end - 1))) end -= 1;
  return { text: text.slice(before, end), start: start + before, end: start + end };
}

interface Field extends Part {
  readonly end: number;
}

const NO_PART: Part = { text: '', start: 0 };

/** One heading of a table with bars may be empty; after a last comma, code goes on. */
const HEADING = /^[A-Za-z_][\w.#%-]{0,31}(?: [\w.#%-]{1,32}){0,3}$/;
const kindOf = (field: Field): NameKind | null => kindOfName(field.text.replace(/ +/g, '_'));
function areHeadings(fields: readonly Field[], separator: string): boolean {
  const isWithBars = separator === '|' || separator === '│';
  const named = isWithBars ? fields.filter(({ text }) => text !== '') : fields;
  return (
    named.length >= 2 && named.length >= fields.length - 1 && named.every(({ text }) => HEADING.test(text))
  );
}
