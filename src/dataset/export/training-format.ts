import type { JsonObject } from '../../core/json.js';
import { createExampleReader, type Example } from './example.js';
import { ExportError, type Exporter } from './exporter.js';

/** The lines that an example becomes, or why this format has no place for it. */
export type Lines = readonly JsonObject[] | string;

export interface TrainingFormat {
  readonly name: string;
  readonly summary: string;
  /** How the arguments of tool calls are written. Default: `text`. */
  readonly arguments?: 'text' | 'object';
  lines(example: Example): Lines;
}

/** An exporter that writes JSON Lines of training examples. A row that gives none is left out and counted. */
export function trainingFormat({ name, summary, arguments: form = 'text', lines }: TrainingFormat): Exporter {
  return {
    name,
    summary,
    takes: 'examples',
    extension: 'jsonl',
    async *encode(rows, { columns, fields, leftOut }) {
      const reader = createExampleReader(
        columns.map((column) => column.name),
        fields,
        form,
      );
      if (!reader.ok)
        throw new ExportError(
          reader.error,
          'say where they are, as in --map prompt=COLUMN --map completion=COLUMN',
        );
      for await (const row of rows) {
        const example = reader.value(row);
        const made = example.ok ? lines(example.value) : example.error;
        if (typeof made === 'string') leftOut(made);
        else for (const line of made) yield `${JSON.stringify(line)}\n`;
      }
    },
  };
}
