import type { Json, JsonSchema } from '../core/json.js';
import { isList } from '../core/paths.js';
import { rounderTo, roundHalfEven } from './rounding.js';

/** What `convert_to` can be for numbers and categories. */
export const NUMBER_TYPES = ['float', 'int', 'str'] as const;

/**
 * Rounds and converts a draw: `int` rounds half to even, and `str` writes a number as Python does (`1.25`, `2.0`).
 *
 * @param schema JSON Schema of the draw: a `number` is written with a decimal point, an `integer` without
 */
export function converter(
  { type }: JsonSchema,
  places: number | undefined,
  convertTo: string | undefined,
): (value: Json) => Json {
  const round = places === undefined ? (value: number) => value : rounderTo(places);
  const finish = (value: number): Json => {
    if (convertTo === 'int') return round(roundHalfEven(value) + 0);
    if (convertTo !== 'str') return round(value);
    return type === 'integer' ? String(round(value)) : pythonFloat(round(value));
  };
  const isNumber = convertTo === 'int' || convertTo === 'float';
  return (value) => {
    if (typeof value === 'number') return finish(value);
    return isNumber && typeof value === 'string' ? finish(Number(value)) : value;
  };
}

/** JSON Schema of the values after `convert_to`. */
export function convertedSchema(
  schema: JsonSchema,
  places: number | undefined,
  convertTo: string | undefined,
): JsonSchema {
  const type = convertTo === undefined ? schema['type'] : TYPES[convertTo];
  const { enum: values } = schema;
  if (type === undefined) return schema;
  if (!isList(values)) return { ...schema, type };
  return { ...schema, type, enum: [...new Set(values.map(converter(schema, places, convertTo)))] };
}

const TYPES: Readonly<Record<string, string>> = { float: 'number', int: 'integer', str: 'string' };

/** A number as Python prints a float: `2.0`, `1e-05`, `1e+16`. */
export function pythonFloat(value: number): string {
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-4 || size >= 1e16)) {
    const [digits = '', exponent = ''] = value.toExponential().split('e');
    return `${digits}e${exponent.charAt(0)}${exponent.slice(1).padStart(2, '0')}`;
  }
  const text = String(value);
  return text.includes('.') ? text : `${text}.0`;
}
