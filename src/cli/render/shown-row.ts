import { isObject, type JsonObject } from '../../core/json.js';
import type { FailedRow, MadeRow, RejectedAttempt, ShownRow } from '../../dataset/browse-rows.js';
import type { OutputColumn } from '../../engine/types.js';
import { HEADING, isTrace, renderTrace } from './conversation.js';
import { withMediaNamed } from './media.js';
import { renderRecord } from './record.js';
import type { RecordStyle } from './record-style.js';
import { safe, wrap } from './text.js';

type Columns = readonly Pick<OutputColumn, 'name' | 'from'>[];

/**
 * A row of a dataset to read: the trace as a conversation, then the cells, whole. A failed row with its failures, one that
 * `accept` did not take with the reason.
 *
 * @param chosen show only these columns, also those of the conversation whole; empty for all
 */
export function renderRunRow(
  row: ShownRow,
  columns: Columns,
  chosen: readonly string[],
  style: RecordStyle,
): string {
  const whole = { ...style, isWhole: true };
  switch (row.state) {
    case 'failed':
      return renderFailed(row, chosen, whole);
    case 'rejected':
      return renderRejected(row, columns, chosen, style);
    case 'done':
      return renderMade(row, columns, chosen, style);
  }
}

/** Why it was rejected, what the condition read, and the row as it would be in the dataset. */
function renderRejected(
  { rejection, number }: RejectedAttempt,
  columns: Columns,
  chosen: readonly string[],
  style: RecordStyle,
): string {
  const { reason, read, record, attempt, instead } = rejection;
  const next = instead === undefined ? 'no attempt was accepted' : 'it was made once more';
  const values = isObject(read) ? read : {};
  const names = Object.keys(values).map((name) => ({ name, from: 'seed' as const }));
  return [
    [
      style.bold(`not accepted, attempt ${Number(attempt) + 1}: ${next}`),
      ...indented(String(reason), 2, style),
    ].join('\n'),
    renderRecord(values, names, style),
    style.dim('─'.repeat(style.width)),
    renderMade({ state: 'done', number, row: isObject(record) ? record : {} }, columns, chosen, style),
  ]
    .filter((section) => section !== '')
    .join('\n\n');
}

function renderMade(
  { row }: MadeRow,
  columns: Columns,
  chosen: readonly string[],
  style: RecordStyle,
): string {
  const whole = { ...style, isWhole: true };
  if (chosen.length > 0) {
    const shown = chosen.map((name) => ({ name, from: 'column' as const }));
    return renderRecord(row, shown, whole) || 'these cells are empty';
  }
  if (!isTrace(row)) return renderRecord(row, columns, whole);
  const rest = columns.filter(({ name }) => name !== 'messages' && !HEADING.has(name));
  return [renderTrace(row, style), style.dim('─'.repeat(style.width)), renderRecord(row, rest, whole)].join(
    '\n\n',
  );
}

function renderFailed({ seed, failures }: FailedRow, chosen: readonly string[], style: RecordStyle): string {
  const names = Object.keys(seed).map((name) => ({ name, from: 'seed' as const }));
  const shown = failures.filter(
    ({ column }) => chosen.length === 0 || chosen.some((name) => name === column),
  );
  return [renderRecord(seed, names, style), ...shown.map((failure) => renderFailure(failure, style))]
    .filter((section) => section !== '')
    .join('\n\n');
}

function renderFailure(failure: JsonObject, style: RecordStyle): string {
  const { column, class: kind, message, hint, attempts } = failure;
  const head = `${style.bold(safe(String(column)))}  ${safe(String(kind))}`;
  const tries = Array.isArray(attempts) ? attempts.filter(isObject) : [];
  return [
    head,
    ...indented(String(message), 2, style),
    ...(typeof hint === 'string' ? indented(hint, 2, style).map(style.dim) : []),
    ...tries.flatMap((attempt, at) => attemptLines(attempt, at + 1, style)),
  ].join('\n');
}

function attemptLines(attempt: JsonObject, number: number, style: RecordStyle): readonly string[] {
  const { alias, class: kind, message, answer } = attempt;
  const by = typeof alias === 'string' ? ` ${alias}` : '';
  return [
    ...indented(`attempt ${number}${by}: ${String(kind)}: ${String(message)}`, 2, style),
    ...(typeof answer === 'string' ? indented(withMediaNamed(answer), 4, style).map(style.dim) : []),
  ];
}

const indented = (text: string, by: number, { width }: RecordStyle): readonly string[] =>
  wrap(text, width - by).map((line) => `${' '.repeat(by)}${line}`.trimEnd());
