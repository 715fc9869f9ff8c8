import type { SeedReport } from '../../authoring/inspect-seed.js';
import { isWord, rowAccess } from '../../core/suggest.js';
import { noteLine } from './summary.js';
import { renderTable } from './table.js';
import { count, safe, wrap } from './text.js';
import { type JsonObject, isObject, type Json } from '../../core/json.js';
import { renderRecord, type RecordStyle } from './record.js';

/** `dd seed`: row counts by format, the columns with an example of each, and notes about what was left out. */
export function renderSeedReport({ kinds, columns, rows, notes }: SeedReport): string {
  const isOfTraces = kinds.some(({ messages }) => messages > 0);
  return [
    ...(isOfTraces ? [formatTable(kinds)] : []),
    count(rows, 'row'),
    ...(columns.length > 0 ? ['', columnTable(columns, rows), ''] : []),
    ...columns.flatMap(({ name }) => howToRead(name)),
    ...notes.map(noteLine),
  ]
    .join('\n')
    .trimEnd();
}

function formatTable(kinds: SeedReport['kinds']): string {
  return renderTable([
    ['format', 'rows', 'messages', 'tool calls'],
    ...kinds.map((kind) => [kind.kind, kind.rows, kind.messages, kind.tool_calls]),
  ]);
}

function columnTable(columns: SeedReport['columns'], rows: number): string {
  return renderTable([
    ['column', 'type', 'filled', 'example'],
    ...columns.map(({ name, type, filled, example }) => [
      safe(name),
      safe(type),
      filled === 0 ? 'none' : filled === rows ? 'all' : `${filled} of ${rows}`,
      safe(example ?? ''),
    ]),
  ]);
}

/** `dd seed --secrets`: what was redacted, by kind and place. */
export function renderRedacted(places: NonNullable<SeedReport['redacted']>): string {
  if (places.length === 0) return 'nothing was redacted';
  const sorted = places.toSorted((a, b) => (a.kind < b.kind ? -1 : a.kind > b.kind ? 1 : a.row - b.row));
  return renderTable([
    ['kind', 'row', 'place', 'times', 'file'],
    ...sorted.map(({ kind, row, place, count: times, file }) => [
      kind,
      row,
      safe(place),
      times,
      safe(file ?? ''),
    ]),
  ]);
}

/** A name that is no word of a template. */
function howToRead(name: string): readonly string[] {
  if (isWord(name)) return [];
  return [
    `\`${safe(name)}\` is read with {{ ${rowAccess(safe(name))} }}, in JSONata with \`${safe(name)}\`.`,
  ];
}

/** One seed row: a trace as a conversation, any other row by its columns. */
export function renderSeedRow(row: JsonObject, style: RecordStyle): string {
  if (Array.isArray(row['messages']) && 'trace_id' in row) return renderConversation(row, style);
  const columns = Object.keys(row).map((name) => ({ name, from: 'column' as const }));
  return columns.length === 0 ? 'the row has no columns' : renderRecord(row, columns, style);
}

/** In longer messages, the middle is left out. */
const MESSAGE_LINES = 20;

/** A trace as a conversation: messages, tool calls and results. */
function renderConversation(row: JsonObject, style: RecordStyle): string {
  const messages = Array.isArray(row['messages']) ? row['messages'].filter(isObject) : [];
  return [heading(row, style), ...messages.map((message) => renderMessage(message, style))].join('\n\n');
}

function heading(row: JsonObject, { bold, dim }: RecordStyle): string {
  const text = (key: string): string => safe(String(row[key] ?? ''));
  const counts = `${count(Number(row['message_count'] ?? 0), 'message')}, ${count(Number(row['tool_call_count'] ?? 0), 'tool call')}`;
  const place = [text('cwd'), text('git_branch')].filter(Boolean).join(' on ');
  const time = [text('started_at'), text('ended_at')].filter(Boolean).join(' to ');
  return [`${bold(text('trace_id'))}  ${text('source_kind')}, ${counts}`, place, time, text('source_path')]
    .filter(Boolean)
    .map((line, index) => (index === 0 ? line : dim(line)))
    .join('\n');
}

function renderMessage(message: JsonObject, style: RecordStyle): string {
  const { role, content, reasoning_content: reasoning, tool_calls: calls, is_error: isError, kind } = message;
  const marks = [kind, isError === true && 'error'].filter((mark) => typeof mark === 'string').join(', ');
  const head = `${style.bold(safe(String(role)))}${marks === '' ? '' : ` ${style.dim(`(${marks})`)}`}`;
  const parts = [
    ...(typeof reasoning === 'string' ? [paragraph(`(thinking) ${reasoning}`, style).map(style.dim)] : []),
    ...(Array.isArray(content) ? content.map((block: Json) => paragraph(blockText(block), style)) : []),
    ...(Array.isArray(calls) ? calls.map((call: Json) => paragraph(callText(call), style)) : []),
  ];
  return [head, ...parts.flat().map((line) => `  ${line}`)].join('\n');
}

function paragraph(text: string, { width, dim }: RecordStyle): readonly string[] {
  const lines = text === '' ? [] : wrap(text, width - 2);
  if (lines.length <= MESSAGE_LINES) return lines;
  const half = MESSAGE_LINES / 2;
  return [
    ...lines.slice(0, half),
    dim(`… ${lines.length - MESSAGE_LINES} more lines …`),
    ...lines.slice(-half),
  ];
}

function blockText(block: Json): string {
  if (!isObject(block)) return String(block);
  return typeof block['text'] === 'string' ? block['text'] : `[${String(block['type'])}]`;
}

function callText(call: Json): string {
  const called = isObject(call) && isObject(call['function']) ? call['function'] : {};
  return `→ ${String(called['name'] ?? '')} ${String(called['arguments'] ?? '')}`;
}
