import type { Json } from '../../core/json.js';
import type { Exporter } from './exporter.js';

/**
 * `csv`: one line a row (RFC 4180), with a header. Texts and numbers are written as they are, null as an empty
 * field, lists and objects as JSON.
 */
export const csv: Exporter = {
  name: 'csv',
  summary: 'All columns as a table; lists and objects as JSON.',
  extension: 'csv',
  async *encode(rows, { columns }) {
    const names = columns.map(({ name }) => name);
    yield line(names);
    for await (const row of rows) yield line(names.map((name) => cellText(row[name] ?? null)));
  },
};

const line = (cells: readonly string[]): string => `${cells.map(quoted).join(',')}\r\n`;

const quoted = (text: string): string => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);

function cellText(value: Json): string {
  if (value === null) return '';
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}
