import { isObject, type Json, type JsonObject } from '../../core/json.js';
import type { OutputColumn } from '../../engine/types.js';
import { isConversation } from '../../dataset/conversation.js';
import { renderMessage } from './conversation.js';
import type { RecordStyle } from './record-style.js';
import { withMediaNamed } from './media.js';
import { pad, safe, shortened, widthOf, wrap } from './text.js';

/** Longer values are cut after this many lines. */
const MAX_LINES = 24;

/** A drawn cell. */
export interface DrawnCell {
  readonly name: string;
  readonly lines: readonly string[];
}

type Column = Pick<OutputColumn, 'name' | 'from'>;

/** One row of a dataset as text. */
export function renderRecord(row: JsonObject, columns: readonly Column[], style: RecordStyle): string {
  const shown = columns.filter(({ name }) => !isEmpty(row[name]));
  return drawRecord(row, shown, style)
    .map((section) => section.flatMap(({ lines }) => lines).join('\n'))
    .join('\n\n');
}

/**
 * The cells of a row, in sections. Seed columns come first, one line each. Made columns follow: long values in
 * blocks (texts wrapped, judge scores as a small table), then short values in aligned pairs.
 */
export function drawRecord(
  row: JsonObject,
  columns: readonly Column[],
  style: RecordStyle,
): readonly (readonly DrawnCell[])[] {
  const shown = columns.map(({ name, from }) => ({ name, from, value: row[name] ?? null }));
  const seeds = shown.filter(({ from }) => from === 'seed');
  const made = shown.filter(({ from }) => from === 'column');
  const short = made.filter(({ value }) => isShort(value, style.width));
  const long = made.filter(({ value }) => !isShort(value, style.width));
  const blocks = long.map(({ name, value }) => [
    { name, lines: [style.bold(safe(name)), ...indent(block(value, style.width - 2, style), 2)] },
  ]);
  return [pairs(seeds, style), ...blocks, pairs(short, style)].filter((section) => section.length > 0);
}

/** True if there is nothing to show. */
export function isEmpty(value: Json | undefined): boolean {
  return value === undefined || value === null || value === '';
}

function block(value: Json, width: number, style: RecordStyle): readonly string[] {
  if (isVerdicts(value)) return verdictTable(value, width, style);
  if (Array.isArray(value)) return listLines(value, width, style);
  if (isObject(value)) return objectLines(value, width, style);
  return clipped(wrap(withMediaNamed(String(value)), width), style);
}

function objectLines(value: JsonObject, width: number, style: RecordStyle): readonly string[] {
  const entries = Object.entries(value).filter(([, inner]) => inner !== null);
  const column = columnWidth(entries.map(([key]) => key));
  return entries.flatMap(([key, inner]) =>
    hanging(style.dim(pad(safe(key), column)), column, block(inner, width - column - 2, style)),
  );
}

function listLines(value: readonly Json[], width: number, style: RecordStyle): readonly string[] {
  if (style.isWhole && isConversation(value))
    return value.flatMap((message) => renderMessage(message, { ...style, width }).split('\n'));
  if (!style.isWhole && value.some((item) => typeof item === 'object'))
    return [style.dim(`${value.length} ${describeItems(value)}`)];
  return clipped(
    value.flatMap((item) => hanging('-', 1, block(item, width - 2, style), 1)),
    style,
  );
}

function describeItems(items: readonly Json[]): string {
  return `${isConversation(items) ? 'message' : 'item'}${items.length === 1 ? '' : 's'}`;
}

/** `llm-judge` results: `{ name: { reasoning, score } }`. */
function isVerdicts(
  value: Json,
): value is Record<string, { readonly reasoning: string; readonly score: string | number }> {
  const verdicts = isObject(value) ? Object.values(value) : [];
  return (
    verdicts.length > 0 &&
    verdicts.every((verdict) => isObject(verdict) && 'score' in verdict && 'reasoning' in verdict)
  );
}

function verdictTable(value: JsonObject, width: number, style: RecordStyle): readonly string[] {
  const verdicts = Object.entries(value) as [string, { reasoning: string; score: string | number }][];
  const column = columnWidth(verdicts.map(([name]) => name));
  const scores = columnWidth(verdicts.map(([, verdict]) => String(verdict.score)));
  return verdicts.flatMap(([name, { score, reasoning }]) => {
    const label = `${pad(safe(name), column)}  ${style.bold(safe(String(score)).padStart(scores))}`;
    const reasons = wrap(String(reasoning), width - column - scores - 4);
    return hanging(label, column + 2 + scores, style.isWhole ? reasons : reasons.slice(0, 3));
  });
}

interface Shown {
  readonly name: string;
  readonly value: Json;
}

function pairs(entries: readonly Shown[], style: RecordStyle): readonly DrawnCell[] {
  const column = columnWidth(entries.map(({ name }) => name));
  return entries.map(({ name, value }) => {
    const text = isEmpty(value) ? style.dim('(empty)') : oneLine(value, style.width - column - 2);
    return { name, lines: [`${style.bold(pad(safe(name), column))}  ${text}`] };
  });
}

/** A value in one line. */
function oneLine(value: Json, width: number): string {
  if (Array.isArray(value) && value.some((item: Json) => typeof item === 'object'))
    return `${value.length} ${describeItems(value)}`;
  const text = safe(isObject(value) ? JSON.stringify(value) : withMediaNamed(inline(value))).replaceAll(
    /\s+/g,
    ' ',
  );
  return shortened(text, Math.max(2, width));
}

function isShort(value: Json, width: number): boolean {
  if (isObject(value) || (Array.isArray(value) && value.some((item: Json) => typeof item === 'object')))
    return false;
  const text = inline(value);
  return widthOf(text.slice(0, 1000)) <= Math.max(20, width - 34) && !text.includes('\n');
}

function inline(value: Json): string {
  return Array.isArray(value) ? value.join(', ') : String(value);
}

/** A label with lines beside it, all with the same indent. */
function hanging(label: string, labelWidth: number, lines: readonly string[], gap = 2): readonly string[] {
  return lines.map(
    (line, index) => `${index === 0 ? label : ' '.repeat(labelWidth)}${' '.repeat(gap)}${line}`,
  );
}

function clipped(lines: readonly string[], style: RecordStyle): readonly string[] {
  if (style.isWhole || lines.length <= MAX_LINES) return lines;
  return [...lines.slice(0, MAX_LINES), style.dim(`… ${lines.length - MAX_LINES} more lines`)];
}

function indent(lines: readonly string[], by: number): readonly string[] {
  return lines.map((line) => `${' '.repeat(by)}${line}`);
}

function columnWidth(texts: readonly string[]): number {
  return Math.max(0, ...texts.map((text) => widthOf(safe(text))));
}
