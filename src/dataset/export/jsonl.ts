import type { Exporter } from './exporter.js';

/** `jsonl`: the rows as they are in the dataset, one JSON object a line. */
export const jsonl: Exporter = {
  name: 'jsonl',
  summary: 'All columns, one JSON object a line.',
  extension: 'jsonl',
  async *encode(rows) {
    for await (const row of rows) yield `${JSON.stringify(row)}\n`;
  },
};
