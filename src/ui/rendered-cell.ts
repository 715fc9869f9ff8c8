import type { RenderedCell, RenderedMessage } from '../app/render-cell.js';
import type { RecordStyle } from './record.js';
import { count, safe } from './text.js';

/** What would be sent for a cell, to be read: each message whole, as the model would get it. */
export function renderRenderedCell(cell: RenderedCell, style: RecordStyle): string {
  return [
    heading(cell, style),
    ...cell.messages.map((message) => renderMessage(message, style)),
    ending(cell),
  ]
    .filter((part) => part !== '')
    .join('\n\n');
}

function heading({ column, row, model, tokens, reads }: RenderedCell, { bold, dim }: RecordStyle): string {
  const name = `${safe(model.alias)} (${safe(model.provider)}/${safe(model.model)})`;
  const origins = reads.map((read) => `${safe(read.name)} (${read.from})`);
  return [
    `${bold(column)}, row ${row}: ${name}, ${about(tokens)}`,
    ...(origins.length > 0 ? [dim(`depends on ${origins.join(', ')}`)] : []),
  ].join('\n');
}

function renderMessage(
  { role, content, tokens, cut_bytes: cuts }: RenderedMessage,
  style: RecordStyle,
): string {
  const lost = cuts.reduce((sum, bytes) => sum + bytes, 0);
  const cut =
    cuts.length === 0 ? '' : `, cut in ${count(cuts.length, 'place')}: ${count(lost, 'byte')} left out`;
  return `${style.bold(role)} ${style.dim(`${about(tokens)}${cut}`)}\n${safe(content)}`;
}

function ending({ structured_output }: RenderedCell): string {
  return structured_output === undefined
    ? ''
    : `The answer must be JSON of the column's schema (${structured_output}); --json shows it.`;
}

const about = (tokens: number): string => `about ${count(tokens, 'token')}`;
