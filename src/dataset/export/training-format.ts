import type { JsonSchema } from '../../core/json.js';
import type { OutputColumn } from '../../engine/types.js';
import { possibleTypes } from '../../json-schema/possible-values.js';
import { parseExpression } from '../../template/jsonata.js';
import { encodeParquet } from '../parquet-file.js';
import { createExampleReader, exampleSources, hasExample, type Example } from './example.js';
import { ExportError, type Exporter, type Lack, type Lines, type RecipeColumns } from './exporter.js';
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
  /** The answers that it has a place for. Default: any. */
  readonly takes?: 'pairs' | 'pairs or labels';
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
    lacks: (recipe) => lackOf(format, recipe),
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

/** What rows with these columns lack as examples of a format. */
function lackOf({ takes }: TrainingFormat, { columns, fields }: RecipeColumns): Lack | undefined {
  const sources = exampleSources(
    columns.map(({ name }) => name),
    fields,
  );
  if (!hasExample(sources))
    return {
      message: 'no column says what to learn: an example needs `prompt` and `completion`, or `messages`',
      hint: `say where they are, as in \`map: { prompt: COLUMN, ${takes ? 'chosen: COLUMN, rejected: COLUMN' : 'completion: COLUMN'} }\``,
    };
  const isPair = sources.has('prompt') && sources.has('chosen') && sources.has('rejected');
  if (takes === undefined || isPair) return undefined;
  if (takes === 'pairs or labels' && canBeLabel(sources.get('label'), columns)) return undefined;
  const label = takes === 'pairs' ? '' : ', or a `label` that is true or false';
  return {
    message: `no row can have a better and a worse answer: they are in \`chosen\` and \`rejected\`${label}`,
    hint: `say where they are, as in \`map: { prompt: COLUMN, chosen: COLUMN, rejected: COLUMN }\`${takes === 'pairs' ? '' : ' or `map: { prompt: COLUMN, completion: COLUMN, label: COLUMN }`'}`,
  };
}

/** Whether an expression can be true or false: only the type of a column that it names is known. */
function canBeLabel(source: string | undefined, columns: readonly OutputColumn[]): boolean {
  if (source === undefined) return false;
  const parsed = parseExpression(source);
  const [name, ...below] = (parsed.ok && parsed.value.plainPath) || [];
  const column = below.length === 0 ? columns.find((one) => one.name === name) : undefined;
  return (column && possibleTypes(column.schema))?.includes('boolean') ?? true;
}
