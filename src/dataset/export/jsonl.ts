import { isObject, type Json } from '../../core/json.js';
import type { Exporter } from './exporter.js';

/** `jsonl`: the rows as they are in the dataset, one JSON object a line. */
export const jsonl: Exporter = {
  name: 'jsonl',
  summary: 'All columns, one JSON object a line.',
  extension: 'jsonl',
  async *encode(rows) {
    for await (const row of rows) yield `${lineOf(row)}\n`;
  },
};

/** Half of a surrogate pair, such as a cut emoji: JSON can say it, but Python, Arrow and DuckDB refuse the file. */
function lineOf(row: Json): string {
  const line = JSON.stringify(row);
  return /\\ud[89a-f]/.test(line) ? JSON.stringify(wellFormed(row)) : line;
}

function wellFormed(value: Json): Json {
  if (typeof value === 'string') return value.toWellFormed();
  if (Array.isArray(value)) return (value as readonly Json[]).map(wellFormed);
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [key.toWellFormed(), wellFormed(inner)]),
  );
}
