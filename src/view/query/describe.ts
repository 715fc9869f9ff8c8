import { isObject, ownValue, type Json, type JsonObject, type JsonSchema } from '../../core/json.js';
import { isConversation } from '../../dataset/conversation.js';
import { picturesIn, type Picture } from '../../dataset/pictures.js';
import { valueAt, type Preview, type ViewColumn } from './types.js';

/** A column of a dataset, as `metadata.json` has it. */
export interface DatasetColumn {
  readonly name: string;
  readonly schema: JsonSchema;
  readonly from: 'seed' | 'column';
}

/**
 * The columns of a dataset as the page groups them. A judge's column gives one column for each of its scores; a column
 * that only repeats one of them (`groundedness_score`) is left to the record.
 */
export function describeColumns(columns: readonly DatasetColumn[]): readonly ViewColumn[] {
  const criteria = columns.flatMap(criteriaOf);
  const repeated = new Set(criteria.flatMap(({ label }) => [label, `${label}_score`]));
  const plain = columns.flatMap((column): readonly ViewColumn[] => {
    const { name, schema, from } = column;
    if (criteria.some(({ path }) => path.startsWith(`${name}.`))) return [];
    const group = from === 'seed' ? 'seed' : isScore(schema) ? 'scores' : 'made';
    return group === 'scores' && repeated.has(name)
      ? []
      : [{ path: name, label: name, group, ...about(schema) }];
  });
  const of = (group: ViewColumn['group']) => plain.filter((column) => column.group === group);
  return [...of('seed'), ...of('made'), ...criteria, ...of('scores')];
}

/** What the table shows at first: what tells rows apart, texts and pictures that were made, and the scores. */
export function firstShown(columns: readonly ViewColumn[], sample: readonly JsonObject[]): readonly string[] {
  const few = (group: ViewColumn['group'], most: number, fits: (values: readonly Json[]) => boolean) =>
    columns
      .filter((column) => column.group === group)
      .filter(({ path }) => fits(sample.map((row) => ownValue(row, path) ?? null)))
      .slice(0, most)
      .map(({ path }) => path);
  const isPlain = (value: Json): boolean => typeof value !== 'object';
  const isPictures = (value: Json): boolean => picturesIn(value) !== undefined;
  const isVaried = (values: readonly Json[]): boolean =>
    values.some(isPlain) && (values.length < 2 || new Set(values).size > 1);
  const seed = few('seed', 2, isVaried);
  const made = few('made', 2, (values) => values.length === 0 || values.some(isPlain));
  const pictures = few('made', 2, (values) => values.some(isPictures));
  const scores = columns.filter(({ group }) => group === 'scores').slice(0, 8);
  const shown = [...seed, ...new Set([...made, ...pictures]), ...scores.map(({ path }) => path)];
  return shown.length > 0 ? shown : columns.slice(0, 6).map(({ path }) => path);
}

/** What a table shows of a row, by column or path. */
export function cellsOf(row: JsonObject, paths: readonly string[]): Readonly<Record<string, Preview>> {
  return Object.fromEntries(paths.map((path) => [path, previewOf(valueAt(row, path))]));
}

/** The longest text of a preview, in UTF-16 units. */
const LONGEST = 240;

/** What a table shows of a value. */
export function previewOf(value: Json | undefined): Preview {
  if (value === undefined || value === null) return null;
  const pictures = picturesIn(value);
  if (pictures) return previewOfPictures(pictures);
  if (typeof value === 'string') return value.length > LONGEST ? `${value.slice(0, LONGEST)}…` : value;
  if (typeof value !== 'object') return value;
  if (Array.isArray(value)) {
    if (value.every((item: Json) => typeof item !== 'object'))
      return previewOf(value.slice(0, 20).join(', '));
    return {
      about: `${value.length} ${isConversation(value) ? 'message' : 'item'}${value.length === 1 ? '' : 's'}`,
    };
  }
  const first = Object.values(value).find((inner: Json) => typeof inner === 'string' && inner !== '');
  return first === undefined ? { about: `${Object.keys(value).length} fields` } : previewOf(first);
}

/** So many of a cell have room in a table. */
const MOST_PICTURES = 4;

function previewOfPictures(pictures: readonly Picture[]): Preview {
  const files = pictures.flatMap((picture) => ('path' in picture ? [picture.path] : []));
  // Data would be sent with each page of the table.
  return files.length > 0
    ? { pictures: files.slice(0, MOST_PICTURES) }
    : { about: `${pictures.length} picture${pictures.length === 1 ? '' : 's'}` };
}

function criteriaOf({ name, schema, from }: DatasetColumn): readonly ViewColumn[] {
  const properties = schema['properties'];
  if (from === 'seed' || !isObject(properties)) return [];
  const criteria = Object.entries(properties).flatMap(([label, criterion]): readonly ViewColumn[] => {
    const inner = isObject(criterion) ? criterion['properties'] : undefined;
    if (!isObject(criterion) || !isObject(inner) || !('score' in inner)) return [];
    const path = `${name}.${label}.score`;
    const reasons = 'reasoning' in inner && { reasons: `${name}.${label}.reasoning` };
    const options = optionsOf(inner['score'] ?? null);
    return [{ path, label, group: 'scores', ...reasons, ...options, ...about(criterion) }];
  });
  return criteria.length === Object.keys(properties).length ? criteria : [];
}

function optionsOf(schema: Json): { readonly options?: readonly (string | number)[] } {
  const values: readonly Json[] = isObject(schema) && Array.isArray(schema['enum']) ? schema['enum'] : [];
  const options = values.filter((value) => typeof value === 'string' || typeof value === 'number');
  if (options.length === 0) return {};
  return {
    options: options.every((value) => typeof value === 'number')
      ? [...options].sort((a, b) => b - a)
      : options,
  };
}

/** True for a made column of a few values, a number or a verdict. */
function isScore({ type, enum: values }: JsonSchema): boolean {
  const types: readonly Json[] = Array.isArray(type) ? type : [type ?? null];
  if (types.some((name) => name === 'boolean' || name === 'integer' || name === 'number')) return true;
  return Array.isArray(values) && values.length <= 12;
}

function about({ description }: JsonSchema): { readonly description?: string } {
  return typeof description === 'string' ? { description } : {};
}
