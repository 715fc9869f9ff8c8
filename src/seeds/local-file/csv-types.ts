/**
 * Types of CSV values. They are guessed from all values of a column, as DuckDB's sniffer does: true/false, whole
 * numbers, numbers, else text. Unlike DuckDB, a column is text as soon as one of its values would not be written
 * the same as a number: leading zeros (`007`), a leading plus, and numbers with more digits than a double holds.
 * Dates stay text, because JSON has none. Empty values are `null`, in a column that was asked to be text the empty text.
 */
import type { Json, JsonObject, JsonSchema } from '../../core/json.js';
import { didYouMeanOneOf } from '../../core/suggest.js';

/** `types` of a `local` seed: how CSV values are typed. */
export type CsvTypes = 'infer' | 'text' | Readonly<Record<string, CsvTypeName>>;

const CSV_TYPES = {
  text: 'text', str: 'text', string: 'text',
  integer: 'integer', int: 'integer',
  number: 'number', float: 'number',
  boolean: 'boolean', bool: 'boolean',
} as const; // prettier-ignore

type CsvTypeName = keyof typeof CSV_TYPES;
type CsvType = (typeof CSV_TYPES)[CsvTypeName];

export const CSV_TYPES_SCHEMA: JsonObject = {
  anyOf: [
    { enum: ['infer', 'text'] },
    { type: 'object', additionalProperties: { enum: Object.keys(CSV_TYPES) } },
  ],
  default: 'infer',
  description:
    'Types of CSV values: `infer` guesses them from all values of a column, `text` keeps every value as it is written, `{ column: type }` sets some (text, integer, number, boolean) and guesses the others.',
};

/** Rows of text. */
export type TextRow = ReadonlyMap<string, string>;

export interface TypedRows {
  readonly rows: readonly ReadonlyMap<string, Json>[];
  /** The columns, in order; one without any value has no type. */
  readonly columns: readonly { readonly name: string; readonly schema: JsonSchema }[];
}

/** Gives every column a type. Throws an `Error` with a sentence when a value is not of the type that is asked for. */
export function typeRows(names: readonly string[], rows: readonly TextRow[], types: CsvTypes): TypedRows {
  const given = typeof types === 'object' ? types : {};
  const unknown = Object.keys(given).find((name) => !names.includes(name));
  if (unknown !== undefined)
    throw new Error(`has no column \`${unknown}\`; ${didYouMeanOneOf(unknown, names) ?? ''}`.trimEnd());
  const chosen = names.map((name): ChosenType => {
    const asked = Object.hasOwn(given, name) ? given[name] : types === 'text' ? 'text' : undefined;
    return asked === undefined
      ? { name, type: guess(name, rows), isAsked: false }
      : { name, type: CSV_TYPES[asked], isAsked: true };
  });
  return {
    columns: chosen.map(({ name, type }) => ({ name, schema: rows.length === 0 ? {} : schemaOf(type) })),
    rows: rows.map(
      (row, index) => new Map(chosen.map((column) => [column.name, convert(row, column, index)])),
    ),
  };
}

interface ChosenType {
  readonly name: string;
  readonly type: CsvType;
  /** By the recipe; otherwise it was guessed. */
  readonly isAsked: boolean;
}

function guess(name: string, rows: readonly TextRow[]): CsvType {
  let type: CsvType | undefined;
  for (const row of rows) {
    const value = row.get(name)?.trim() ?? '';
    if (value === '') continue;
    const found = typeOfText(value);
    if (type === undefined || type === found) type = found;
    else if (isNumeric(type) && isNumeric(found)) type = 'number';
    else return 'text';
    if (type === 'text') return 'text';
  }
  return type ?? 'text';
}

const isNumeric = (type: CsvType): boolean => type === 'integer' || type === 'number';

const BOOLEAN = /^(?:true|false)$/i;
const INTEGER = /^(?:0|-?[1-9]\d*)$/;
const NUMBER = /^-?(?:(?:0|[1-9]\d*)(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?$/;

/** A double holds so many decimal digits without loss. */
const MOST_DIGITS = 15;

function typeOfText(value: string): CsvType {
  if (BOOLEAN.test(value)) return 'boolean';
  if (INTEGER.test(value)) return Number.isSafeInteger(Number(value)) ? 'integer' : 'text';
  if (!NUMBER.test(value) || !Number.isFinite(Number(value))) return 'text';
  const digits = value
    .replace(/[eE].*$/, '')
    .replaceAll(/\D/g, '')
    .replace(/^0+/, '');
  return digits.length <= MOST_DIGITS ? 'number' : 'text';
}

/** A type that was asked for takes what a guess is too careful for: `007` as the number 7. */
const ASKED_NUMBER = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?$/;

function convert(row: TextRow, { name, type, isAsked }: ChosenType, index: number): Json {
  const text = row.get(name);
  if (text === undefined) return null;
  if (type === 'text') return text === '' && !isAsked ? null : text;
  const value = text.trim();
  if (value === '') return null;
  if (type === 'boolean' && BOOLEAN.test(value)) return value.toLowerCase() === 'true';
  if (type !== 'boolean' && ASKED_NUMBER.test(value)) {
    const number = Number(value);
    if (type === 'integer' ? Number.isSafeInteger(number) : Number.isFinite(number)) return number;
  }
  const shown = JSON.stringify(value.length > 40 ? `${value.slice(0, 40)}…` : value);
  throw new Error(`has ${shown} in column \`${name}\` (row ${index}), which is not of the type ${type}`);
}

function schemaOf(type: CsvType): JsonSchema {
  return { type: [type === 'text' ? 'string' : type, 'null'] };
}
