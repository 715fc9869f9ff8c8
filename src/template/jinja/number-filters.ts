import { filter, type Filter, type FilterCall } from './filter-kit.js';
import { Float, isFloat, negate, roundHalfEven, toNumber, truncated, whole, type Num } from './numbers.js';
import { asNumber } from './operators.js';
import { kindOf, required, type Value } from './values.js';

export const NUMBER_FILTERS: ReadonlyMap<string, Filter> = new Map<string, Filter>([
  filter('abs', '', (value) => {
    const number = numberOf('abs', value);
    return toNumber(number) < 0 ? negate(number) : number;
  }),
  filter('float', 'default', (value, call) => {
    const number = asNumber(value) ?? parsed(value);
    return number === undefined ? (call.value('default') ?? Float.of(0)) : Float.of(toNumber(number));
  }),
  filter(
    'int',
    'default base',
    (value, call) => integer(value, call.count('base', 10)) ?? call.value('default') ?? 0,
  ),
  filter('round', 'precision method', rounded),
]);

function numberOf(name: string, value: Value): Num {
  const number = asNumber(required(value));
  if (number === undefined) throw new Error(`the filter \`${name}\` takes a number, not ${kindOf(value)}`);
  return number;
}

/** A number as Python's `float()` reads it. */
function parsed(value: Value): Num | undefined {
  const text = typeof value === 'string' ? value.trim().replaceAll(/(?<=\d)_(?=\d)/g, '') : '';
  return /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i.test(text) ? Float.of(Number(text)) : undefined;
}

const DIGITS = '0123456789abcdefghijklmnopqrstuvwxyz';
const PREFIXES: Readonly<Record<number, string>> = { 2: '0b', 8: '0o', 16: '0x' };
/** Digits of a text that becomes a whole number. */
const LONGEST = 1200;

/** The value without its fraction; texts are read in `base`, else as a number in decimals. */
function integer(value: Value, base: number): Num | undefined {
  const number = asNumber(value);
  if (number !== undefined) return withoutFraction(number);
  if (typeof value !== 'string' || value.length > LONGEST) return undefined;
  const text = value
    .trim()
    .toLowerCase()
    .replaceAll(/(?<=\w)_(?=\w)/g, '');
  const sign = text.startsWith('-') ? -1n : 1n;
  let digits = text.replace(/^[+-]/, '');
  const prefix = PREFIXES[base];
  if (prefix !== undefined && digits.startsWith(prefix)) digits = digits.slice(2);
  if (digits !== '' && [...digits].every((digit) => DIGITS.slice(0, base).includes(digit))) {
    let total = 0n;
    for (const digit of digits) total = total * BigInt(base) + BigInt(DIGITS.indexOf(digit));
    return whole(sign * total);
  }
  const decimal = parsed(value);
  return decimal === undefined ? undefined : withoutFraction(decimal);
}

function withoutFraction(value: Num): Num | undefined {
  if (!isFloat(value)) return value;
  return Number.isFinite(toNumber(value)) ? truncated(toNumber(value)) : undefined;
}

/** Without digits the result is a whole number, as that of Python's `round(x)`. */
function rounded(value: Value, call: FilterCall): Value {
  const number = numberOf('round', value);
  const precision = call.count('precision', 0);
  const method = call.text('method', 'common');
  if (!['common', 'ceil', 'floor'].includes(method))
    throw new Error('the filter `round` takes the method common, ceil or floor');
  if (!isFloat(number) && (method === 'common' ? precision >= 0 : precision === 0)) return number;
  const exact = toNumber(number);
  if (!Number.isFinite(exact)) return number;
  // Read as a literal: the last digit of a power differs between versions of Node.
  const scale = Number(`1e${precision}`);
  const result =
    method === 'common'
      ? roundHalfEven(exact, precision)
      : Math[method === 'ceil' ? 'ceil' : 'floor'](exact * scale) / scale;
  if (!Number.isFinite(result)) return number;
  return precision === 0 || (method === 'common' && !isFloat(number)) ? truncated(result) : Float.of(result);
}
