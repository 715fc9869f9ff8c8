import type { Check } from './check.js';
import type { ColumnReference } from '../../columns/types.js';
import type { Json, JsonPath, JsonSchema } from '../../core/json.js';
import type { Problem, Span } from '../../core/problem.js';
import type { DraftColumn } from '../draft.js';
import { fieldAt } from '../schema/fields.js';
import { valueAt } from '../../core/paths.js';
import type { NameScope } from '../scope.js';
import { correction } from '../../core/suggest.js';

/** What reads from a row: a column, or the seed's own `where`. */
export interface Reader {
  /** Where its configuration stands in the recipe. */
  readonly at: JsonPath;
  readonly config: Json;
  readonly references: readonly ColumnReference[];
}

/** Every read of something that no column, no seed or no schema has. */
function checkReferences(
  columns: readonly DraftColumn[],
  scope: NameScope,
  types: ReadonlyMap<string, JsonSchema>,
): readonly Problem[] {
  return columns.flatMap((column) =>
    column.references.flatMap((reference) => checkReference(column, reference, scope, types) ?? []),
  );
}

function checkReference(
  column: DraftColumn,
  reference: ColumnReference,
  scope: NameScope,
  types: ReadonlyMap<string, JsonSchema>,
): Problem | undefined {
  const [root = ''] = reference.path;
  // What an inner reference leads through is a reference of its own, and told of there.
  if (reference.isInner) return unknownField(column, reference, types);
  if (scope.makers.get(root) === column.name) {
    return {
      code: 'self-reference',
      message: `column \`${column.name}\` reads itself`,
      hint: 'its cell is not there before it is made: read another column',
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
  column: DraftColumn,
  reference: ColumnReference,
  scope: NameScope,
): Problem {
  const names = [...scope.makers.keys(), ...(scope.seed?.keys() ?? [])].filter(
    (name) => scope.makers.get(name) !== column.name,
  );
  const words =
    names.length > 0 ? correction(root, names) : { hint: 'this recipe has neither a seed nor other columns' };
  return {
    code: 'unknown-column',
    message: `there is no column \`${root}\``,
    ...words,
    ...placeOf(column, reference, 0),
  };
}

/** A read of a field that the value it is looked for in does not have. */
export function unknownField(
  reader: Reader,
  reference: ColumnReference,
  types: ReadonlyMap<string, JsonSchema>,
): Problem | undefined {
  const [root = '', ...path] = reference.path;
  const schema = types.get(root);
  const field = schema && fieldAt(schema, path);
  if (field?.kind !== 'absent') return undefined;
  const name = path[field.depth] ?? '';
  // An object can be gone through as well as a list.
  if (reference.isInner && (name === '0' || !isWritten(name, reader, reference))) return undefined;
  const owner = pathName([root, ...path.slice(0, field.depth)], reference.isInner);
  const message = `\`${owner}\` has no field \`${name}\``;
  const words = correction(
    name,
    field.fields,
    field.fields.length === 0 ? 'it is a single value, without fields' : undefined,
  );
  return { code: 'unknown-field', message, ...words, ...placeOf(reader, reference, field.depth + 1) };
}

/** Whether a name stands in the text of a reference itself, and not in what that leads through. */
function isWritten(name: string, { config }: Reader, { at, span }: ColumnReference): boolean {
  const text = valueAt(config, at);
  return typeof text !== 'string' || span.length === 0 || spanOfStep(text, span, [name]) !== undefined;
}

/** `messages[]` is any entry of `messages`. */
export function pathName(path: readonly string[], isInner = false): string {
  return isInner ? path.join('.').replaceAll(/\.0(?=\.|$)/g, '[]') : path.join('.');
}

/** Points at one name of a path, inside the template that reads it. */
function placeOf(
  reader: Reader,
  { at, path, span, isInner }: ColumnReference,
  step: number,
): { readonly at: JsonPath; readonly within?: Span } {
  const text = valueAt(reader.config, at);
  const place = [...reader.at, ...at];
  if (typeof text !== 'string') return { at: place };
  const within = span.length > 0 ? span : { offset: 0, length: text.length };
  // Of what is read through a loop, only the field itself stands there.
  const names = isInner ? path.slice(step, step + 1) : path.slice(0, step + 1);
  return { at: place, within: spanOfStep(text, within, names) ?? within };
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
