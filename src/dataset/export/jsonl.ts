import type { Json } from '../../core/json.js';
import { wellFormed } from '../../core/well-formed.js';
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
