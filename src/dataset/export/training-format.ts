import type { JsonSchema } from '../../core/json.js';
import { encodeParquet } from '../parquet-file.js';
import { createExampleReader, type Example } from './example.js';
import { ExportError, type Exporter, type Lines } from './exporter.js';
import { jsonl } from './jsonl.js';
import type { Trainers } from './trainers.js';

export interface TrainingFormat {
  readonly name: string;
  readonly summary: string;
  /** How the arguments of tool calls are written. Default: `text`. */
  readonly arguments?: 'text' | 'object';
  /**
   * The keys of a line, each with the JSON Schema of its values, for Parquet. A format whose values have no fixed
   * types leaves them out, and is written as JSON Lines only.
   */
  readonly columns?: Readonly<Record<string, JsonSchema>>;
  readonly trainers?: Trainers;
  lines(example: Example): Lines;
  /** What of the example the lines have no place for, or say otherwise, in words. */
  changes?(example: Example): readonly string[];
}

/** An exporter that writes training examples, as JSON Lines or Parquet. A row that gives none is left out. */
export function trainingFormat(format: TrainingFormat): Exporter {
  const { name, summary, arguments: form = 'text', lines, trainers } = format;
  const columns =
    format.columns && Object.entries(format.columns).map(([key, schema]) => ({ name: key, schema }));
  return {
    name,
    summary,
    takes: 'examples',
    extension: 'jsonl',
    ...(trainers && { trainers }),
    ...(columns && { otherExtensions: ['parquet'] }),
    shape(context) {
      const names = context.columns.map((column) => column.name);
      const reader = createExampleReader(names, context.fields, form);
      if (!reader.ok)
        throw new ExportError(
          reader.error,
          'say where they are, as in --map prompt=COLUMN --map completion=COLUMN',
        );
      return (row) => {
        const example = reader.value(row);
        if (!example.ok) return example.error;
        const made = lines(example.value);
        if (typeof made !== 'string')
          for (const change of [...example.value.changes, ...(format.changes?.(example.value) ?? [])])
            context.changed(change);
        return made;
      };
    },
    encode: (rows, context) =>
      columns && context.extension === 'parquet' ? encodeParquet(rows, columns) : jsonl.encode(rows, context),
  };
}
