import { isObject, type Json, type JsonObject } from '../../core/json.js';
import { contentTexts, withMediaNamed } from './media.js';
import type { RecordStyle } from './record-style.js';
import { count, safe, wrap } from './text.js';

/** In longer messages, the middle is left out. */
const MESSAGE_LINES = 20;

/** True for a row that is a session: it has an id and messages. */
export function isTrace(row: JsonObject): boolean {
  return Array.isArray(row['messages']) && 'trace_id' in row;
}

/** Columns that the heading of a trace shows. */
export const HEADING: ReadonlySet<string> = new Set([
  'trace_id',
  'source_kind',
  'message_count',
  'tool_call_count',
  'cwd',
  'git_branch',
  'started_at',
  'ended_at',
  'source_path',
]);

/** A trace as a conversation: what it is, then messages, tool calls and results. */
export function renderTrace(row: JsonObject, style: RecordStyle): string {
  const messages = Array.isArray(row['messages']) ? row['messages'].filter(isObject) : [];
  return [heading(row, style), ...messages.map((message) => renderMessage(message, style))].join('\n\n');
}

function heading(row: JsonObject, { width, bold, dim }: RecordStyle): string {
  const text = (key: string): string => safe(String(row[key] ?? ''));
  const counts = `${count(Number(row['message_count'] ?? 0), 'message')}, ${count(Number(row['tool_call_count'] ?? 0), 'tool call')}`;
  const place = [text('cwd'), text('git_branch')].filter(Boolean).join(' on ');
  const time = [text('started_at'), text('ended_at')].filter(Boolean).join(' to ');
  return [`${bold(text('trace_id'))}  ${text('source_kind')}, ${counts}`, place, time, text('source_path')]
    .filter(Boolean)
    .flatMap((line, index) => (index === 0 ? [line] : wrap(line, width).map(dim)))
    .join('\n');
}

/** One message: its role, thinking, content and tool calls. */
export function renderMessage(message: JsonObject, style: RecordStyle): string {
  const { role, content, reasoning_content: reasoning, tool_calls: calls, is_error: isError, kind } = message;
  const marks = [kind, isError === true && 'error'].filter((mark) => typeof mark === 'string').join(', ');
  const head = `${style.bold(safe(String(role)))}${marks === '' ? '' : ` ${style.dim(`(${safe(marks)})`)}`}`;
  const parts = [
    ...(typeof reasoning === 'string' ? [paragraph(`(thinking) ${reasoning}`, style).map(style.dim)] : []),
    ...contentTexts(content).map((text) => paragraph(text, style)),
    ...(Array.isArray(calls) ? calls.map((call: Json) => paragraph(callText(call), style)) : []),
  ];
  return [head, ...parts.flat().map((line) => `  ${line}`.trimEnd())].join('\n');
}

function paragraph(text: string, { width, dim, isWhole }: RecordStyle): readonly string[] {
  const lines = text === '' ? [] : wrap(text, width - 2);
  if (isWhole || lines.length <= MESSAGE_LINES) return lines;
  const half = MESSAGE_LINES / 2;
  return [
    ...lines.slice(0, half),
    dim(`… ${lines.length - MESSAGE_LINES} more lines …`),
    ...lines.slice(-half),
  ];
}

function callText(call: Json): string {
  const called = isObject(call) && isObject(call['function']) ? call['function'] : {};
  const { name, arguments: given } = called;
  const text = typeof given === 'string' ? given : JSON.stringify(given ?? '');
  return `→ ${String(name ?? '')} ${withMediaNamed(text)}`;
}
