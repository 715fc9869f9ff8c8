import type { Check } from './check.js';
import type { ColumnReference } from '../../columns/types.js';
import type { Json, JsonPath, JsonSchema } from '../../core/json.js';
import type { Problem, Span } from '../../core/problem.js';
import type { DraftColumn } from '../draft.js';
import { possibleTypes } from '../../json-schema/possible-values.js';
import { fieldAt } from '../schema/fields.js';
import { valueAt } from '../../core/paths.js';
import type { NameScope } from '../scope.js';
import { columnCorrection, correction } from '../../core/suggest.js';

/** A column, the `where` of the seed, or `accept`. */
export interface Reader {
  /** The path of its configuration in the recipe. */
  readonly at: JsonPath;
  readonly config: Json;
  readonly references: readonly ColumnReference[];
}

/**
 * Reports references to columns or fields that do not exist. Which names exist follows from the columns and the seed;
 * which fields exist follows from the JSON Schemas of their values, as `fieldAt` reads them. Where a schema is open,
 * nothing is reported. An *inner* reference is read through a loop, a `set`, an index or a filter, so that only the
 * end of its path is in the text.
 */
function checkReferences(
  columns: readonly DraftColumn[],
  scope: NameScope,
  types: ReadonlyMap<string, JsonSchema>,
): readonly Problem[] {
  return columns.flatMap((column) => checkReads(column, scope, types));
}

/** The mistakes of one reader; one with a name is a column. */
export function checkReads(
  reader: NamedReader,
  scope: NameScope,
  types: ReadonlyMap<string, JsonSchema>,
): readonly Problem[] {
  return reader.references.flatMap((reference) => checkReference(reader, reference, scope, types) ?? []);
}

type NamedReader = Reader & { readonly name?: string };

function checkReference(
  column: NamedReader,
  reference: ColumnReference,
  scope: NameScope,
  types: ReadonlyMap<string, JsonSchema>,
): Problem | undefined {
  const [root = ''] = reference.path;
  // The start of an inner reference is a reference of its own, and is checked there.
  if (reference.isInner) return unknownField(column, reference, types);
  if (column.name !== undefined && scope.makers.get(root) === column.name) {
    return {
      code: 'self-reference',
      message: `column \`${column.name}\` reads itself`,
      hint: 'a cell cannot read itself: read another column',
      ...placeOf(column, reference, 0),
    };
  }
  if (!isKnown(root, scope)) return unknownColumn(root, column, reference, scope);
  return unknownField(column, reference, types);
}

function isKnown(name: string, { makers, seed, unclear }: NameScope): boolean {
  return (
    makers.has(name) || !seed || seed.has(name) || unclear.some((column) => name.startsWith(`${column}__`))
  );
}

function unknownColumn(
  root: string,
  column: NamedReader,
  reference: ColumnReference,
  scope: NameScope,
): Problem {
  const names = [...scope.makers.keys(), ...(scope.seed?.keys() ?? [])].filter(
    (name) => column.name === undefined || scope.makers.get(name) !== column.name,
  );
  const words =
    names.length > 0
      ? columnCorrection(root, names, reference.at.at(-1) === 'jsonata')
      : { hint: 'this recipe has neither a seed nor other columns' };
  return {
    code: 'unknown-column',
    message: `there is no column \`${root}\``,
    ...words,
    ...placeOf(column, reference, 0),
  };
}

/** Reports a field that its value does not have, by the JSON Schema of the value. */
export function unknownField(
  reader: Reader,
  reference: ColumnReference,
  types: ReadonlyMap<string, JsonSchema>,
): Problem | undefined {
  const [root = '', ...path] = reference.path;
  const schema = types.get(root);
  const field = schema && fieldAt(schema, path);
  if (!schema || field?.kind !== 'absent') return undefined;
  const name = path[field.depth] ?? '';
  // A loop can go over an object as well as over a list.
  if (reference.isInner && (name === '0' || !isWritten(name, reader, reference))) return undefined;
  const owner = pathName([root, ...path.slice(0, field.depth)], reference.isInner);
  const message = `\`${owner}\` has no field \`${name}\``;
  const words = correction(
    name,
    field.fields,
    field.fields.length === 0
      ? withoutFields(
          owner,
          name,
          fieldAt(schema, path.slice(0, field.depth)),
          reference.at.at(-1) === 'jsonata',
        )
      : undefined,
  );
  return { code: 'unknown-field', message, ...words, ...placeOf(reader, reference, field.depth + 1) };
}

function withoutFields(
  owner: string,
  name: string,
  found: ReturnType<typeof fieldAt>,
  isJsonata: boolean,
): string {
  const types =
    found.kind === 'known' ? possibleTypes(found.schema)?.filter((type) => type !== 'null') : undefined;
  if (!types?.includes('string')) return 'it is a single value, without fields';
  const read = isJsonata ? `$parseJson(${owner}).${name}` : `(${owner} | fromjson).${name}`;
  return `it is text: if it holds JSON, read it with \`${read}\``;
}

/** True when a name is in the text of the reference itself, and not in that of the reference it starts from. */
function isWritten(name: string, reader: Reader, reference: ColumnReference): boolean {
  const { span } = reference;
  const text = templateText(reader, reference);
  return typeof text !== 'string' || span.length === 0 || spanOfStep(text, span, [name]) !== undefined;
}

/** The text that a reference is in. */
const templateText = ({ config }: Reader, { at, onKey }: ColumnReference): Json | undefined =>
  onKey ? at.at(-1) : valueAt(config, at);

/** The place of that text in the recipe. */
export function templatePlace(
  reader: Pick<Reader, 'at'>,
  { at, onKey, isFromRoot }: ColumnReference,
): Pick<Problem, 'at' | 'onKey'> {
  return { at: isFromRoot ? at : [...reader.at, ...at], ...(onKey && { onKey }) };
}

/** `messages[]` is any entry of `messages`. */
export function pathName(path: readonly string[], isInner = false): string {
  return isInner ? path.join('.').replaceAll(/\.0(?=\.|$)/g, '[]') : path.join('.');
}

/** Points at one name of a path, inside the template that reads it. */
function placeOf(
  reader: Reader,
  reference: ColumnReference,
  step: number,
): Pick<Problem, 'at' | 'onKey' | 'within'> {
  const { path, span, isInner } = reference;
  const text = templateText(reader, reference);
  const place = templatePlace(reader, reference);
  if (typeof text !== 'string') return place;
  const within = span.length > 0 ? span : { offset: 0, length: text.length };
  // The text of an inner reference only contains the field.
  const names = isInner ? path.slice(step, step + 1) : path.slice(0, step + 1);
  return { ...place, within: spanOfStep(text, within, names) ?? within };
}

/** Finds the names of a path one after the other, so that `x` in `max.x` is not found in `max`. */
function spanOfStep(text: string, { offset, length }: Span, names: readonly string[]): Span | undefined {
  let from = offset;
  let found: Span | undefined;
  for (const name of names) {
    const start = indexOfWord(text, name, from, offset + length);
    if (start === undefined) return undefined;
    found = { offset: start, length: name.length };
    from = start + name.length;
  }
  return found;
}

function indexOfWord(text: string, word: string, from: number, end: number): number | undefined {
  for (
    let at = text.indexOf(word, from);
    at !== -1 && at + word.length <= end;
    at = text.indexOf(word, at + 1)
  ) {
    if (!isWordChar(text[at - 1]) && !isWordChar(text[at + word.length])) return at;
  }
  return undefined;
}

const isWordChar = (char: string | undefined): boolean => char !== undefined && /\w/.test(char);

export const references: Check = {
  name: 'references',
  run: ({ drafts, scope, types }) => checkReferences(drafts.columns, scope, types),
};
