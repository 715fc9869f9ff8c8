/**
 * `imagefolder`: a folder that `load_dataset` of Hugging Face opens with the pictures as pictures. Its rows are in
 * `metadata.parquet`; a column `X_file_name` or `X_file_names` has paths beside it, and becomes a column `X` of pictures
 * (https://huggingface.co/docs/datasets/image_dataset#imagefolder).
 */
import type { Json, JsonObject } from '../../core/json.js';
import type { OutputColumn } from '../../engine/types.js';
import { encodeParquet } from '../parquet-file.js';
import { picturesIn } from '../pictures.js';
import { ExportError, type Exporter } from './exporter.js';

export const imagefolder: Exporter = {
  name: 'imagefolder',
  summary: 'A folder with the pictures as Hugging Face loads them, and all other columns.',
  extension: 'parquet',
  folderFile: 'metadata.parquet',
  lacks: ({ mayHavePictures }) =>
    mayHavePictures
      ? undefined
      : { message: 'no column can have pictures', hint: 'add an `image` column, or use parquet or jsonl' },
  async *encode(rows, context) {
    const pictures = await context.pictures();
    if (pictures.size === 0)
      throw new ExportError('no column of this dataset has pictures', 'use --format parquet or jsonl');
    const columns = context.columns.map((column) => {
      const kind = pictures.get(column.name);
      return { name: nameOf(column.name, kind), schema: schemaOf(column, kind), from: column.name, kind };
    });
    const twice = columns.find(({ name }, at) => columns.findIndex((one) => one.name === name) !== at);
    if (twice)
      throw new ExportError(`two columns would have the name \`${twice.name}\``, 'rename one in the recipe');
    const renamed = async function* (): AsyncGenerator<JsonObject> {
      for await (const row of rows)
        yield Object.fromEntries(
          columns.map(({ name, from, kind }) => [name, valueOf(row[from] ?? null, kind)]),
        );
    };
    yield* encodeParquet(renamed(), columns);
  },
};

type Kind = 'one' | 'many' | undefined;

/** Other columns with such a name would be taken for pictures. */
const nameOf = (name: string, kind: Kind): string =>
  kind ? `${name}_file_name${kind === 'many' ? 's' : ''}` : name.replace(/file_name(s?)$/, 'filename$1');

const schemaOf = ({ schema }: OutputColumn, kind: Kind): OutputColumn['schema'] => {
  if (!kind) return schema;
  return kind === 'one' ? { type: 'string' } : { type: 'array', items: { type: 'string' } };
};

/** A row without a picture has an empty list: a null is not read. */
function valueOf(value: Json, kind: Kind): Json {
  if (!kind) return value;
  const paths = pathsIn(value) ?? [];
  return kind === 'one' ? (paths[0] ?? null) : paths;
}

/** The paths of a value that is made of nothing else; `undefined` for another value. */
function pathsIn(value: Json): readonly string[] | undefined {
  if (value === null || (Array.isArray(value) && value.length === 0)) return [];
  const pictures = picturesIn(value) ?? [{ text: '' }];
  const paths = pictures.flatMap((picture) => ('path' in picture ? [picture.path] : []));
  return paths.length === pictures.length ? paths : undefined;
}

/** The columns that have pictures of the dataset, and nothing else: `one` in every row, or any number. */
export async function pictureColumns(
  rows: AsyncIterable<JsonObject>,
  names: readonly string[],
): Promise<ReadonlyMap<string, 'one' | 'many'>> {
  const kinds = new Map<string, { hasAny: boolean; isOne: boolean }>(
    names.map((name) => [name, { hasAny: false, isOne: true }]),
  );
  for await (const row of rows) {
    if (kinds.size === 0) break;
    for (const [name, kind] of kinds) {
      const paths = pathsIn(row[name] ?? null);
      if (!paths) kinds.delete(name);
      else {
        kind.hasAny ||= paths.length > 0;
        kind.isOne &&= paths.length === 1;
      }
    }
  }
  return new Map(
    [...kinds].flatMap(([name, { hasAny, isOne }]) => (hasAny ? [[name, isOne ? 'one' : 'many']] : [])),
  );
}
