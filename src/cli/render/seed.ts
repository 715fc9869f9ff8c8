import type { SeedReport } from '../../authoring/inspect-seed.js';
import { isWord, rowAccess } from '../../core/suggest.js';
import { noteLines } from './summary.js';
import { renderTable } from './table.js';
import { isTrace, renderTrace } from './conversation.js';
import { count, safe } from './text.js';
import type { JsonObject } from '../../core/json.js';
import { renderRecord } from './record.js';
import type { RecordStyle } from './record-style.js';

/** `dd seed`: row counts by format, the columns with an example of each, and notes about what was left out. */
export function renderSeedReport({ kinds, columns, rows, notes, formats = [] }: SeedReport): string {
  const isOfTraces = kinds.some(({ messages }) => messages > 0);
  return [
    ...(isOfTraces ? [formatTable(kinds)] : []),
    count(rows, 'row'),
    ...(columns.length > 0 ? ['', columnTable(columns, rows), ''] : []),
    ...columns.flatMap(({ name }) => howToRead(name)),
    ...noteLines(notes),
    ...knownFormats(formats),
  ]
    .join('\n')
    .trimEnd();
}

/** The formats that there are, where a file has none of them. */
export function knownFormats(formats: readonly string[]): readonly string[] {
  return formats.length === 0 ? [] : [`known formats: ${formats.map(safe).join(', ')}`];
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
  if (isTrace(row)) return renderTrace(row, style);
  const columns = Object.keys(row).map((name) => ({ name, from: 'column' as const }));
  return columns.length === 0 ? 'the row has no columns' : renderRecord(row, columns, style);
}
