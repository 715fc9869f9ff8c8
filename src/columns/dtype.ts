import type { Json, JsonSchema } from '../core/json.js';
import { err, ok, type Result } from '../core/result.js';

/** The types of an expression column; the first four are Data Designer's. */
export type Dtype = 'str' | 'int' | 'float' | 'bool' | 'list' | 'object';

export const DTYPES = ['str', 'int', 'float', 'bool', 'list', 'object'] as const;

export const DTYPE_SCHEMAS: Readonly<Record<Dtype, JsonSchema>> = {
  str: { type: 'string' },
  int: { type: 'integer' },
  float: { type: 'number' },
  bool: { type: 'boolean' },
  list: { type: 'array' },
  object: { type: 'object' },
};

/**
 * How text becomes an `int` or a `bool`. `exact`: a text that does not have this type is an error. `python`: as Data
 * Designer does it, an int is cut (`3.9` is 3), and a bool is a number of at least 1, or the word `true`.
 */
export type Cast = 'exact' | 'python';

export const CASTS = ['exact', 'python'] as const;

/** Converts a rendered text to a `dtype`. */
export function castText(text: string, dtype: Dtype, cast: Cast = 'exact'): Result<Json, string> {
  const trimmed = text.trim();
  const whole = Math.trunc(trimmed === '' ? Number.NaN : Number(trimmed)) + 0;
  if (cast === 'python' && dtype === 'bool')
    return ok(Number.isNaN(whole) ? trimmed.toLowerCase() === 'true' : whole !== 0);
  if (cast === 'python' && dtype === 'int' && Number.isSafeInteger(whole)) return ok(whole);
  switch (dtype) {
    case 'str':
      return ok(text);
    case 'bool': {
      const number = Number(trimmed);
      const isWhole = trimmed !== '' && Number.isSafeInteger(number);
      const truth = isWhole ? number !== 0 : TRUTH.get(trimmed.toLowerCase());
      return truth === undefined ? mismatch(trimmed, 'a bool (true, false, yes, no, 1 or 0)') : ok(truth);
    }
    case 'int':
    case 'float': {
      const number = Number(trimmed);
      if (trimmed === '' || !Number.isFinite(number))
        return mismatch(trimmed, dtype === 'int' ? 'an int' : 'a float');
      return dtype === 'int' && !Number.isSafeInteger(number)
        ? mismatch(trimmed, 'an int; round it with `| int`')
        : ok(number);
    }
    case 'list':
    case 'object':
      return castJson(trimmed, dtype);
  }
}

/** Checks the type of a value. JSONata returns a list of one as a single value, so `list` accepts any value. */
export function checkType(value: Json, dtype: Dtype): Result<Json, string> {
  if (value === null) return err(`it has no value, and dtype is ${dtype}`);
  const found = Array.isArray(value) ? 'list' : typeof value;
  const fits: Record<Dtype, boolean> = {
    str: found === 'string',
    int: Number.isSafeInteger(value),
    float: found === 'number',
    bool: found === 'boolean',
    list: true,
    object: found === 'object',
  };
  if (!fits[dtype]) return mismatch(JSON.stringify(value), `a ${dtype}`);
  return ok(dtype === 'list' && !Array.isArray(value) ? [value] : value);
}

const TRUTH = new Map([
  ['true', true],
  ['yes', true],
  ['false', false],
  ['no', false],
]);

function castJson(text: string, dtype: Dtype): Result<Json, string> {
  try {
    return checkType(JSON.parse(text) as Json, dtype);
  } catch {
    return mismatch(text, `JSON, as dtype ${dtype} needs`);
  }
}

function mismatch(text: string, wanted: string): Result<Json, string> {
  const shown = text.length > 60 ? `${text.slice(0, 60)}…` : text;
  return err(shown === '' ? `it is empty, not ${wanted}` : `\`${shown}\` is not ${wanted}`);
}
