/** The two ways of Python to format text: `'%s' % value` and `'{}'.format(value)`, with the same limits. */
import type { Budget } from '../../sandbox/budget.js';
import { isFloat, isNum, numberText, toNumber, truncated, type Num } from './numbers.js';
import { textOf } from './text.js';
import { fieldOf, isMapping, kindOf, Tuple, type CallArguments, type Value } from './values.js';

/** Characters of a padded or rounded value. */
const WIDEST = 1000;

interface Spec {
  readonly fill: string;
  readonly align: string;
  readonly sign: string;
  readonly isAlternate: boolean;
  readonly width: number;
  readonly comma: string;
  readonly precision: number | undefined;
  readonly type: string;
}

/** `text % values`: a tuple gives the values one by one, an object by name. */
export function percentFormat(text: string, values: Value, budget: Budget): string {
  const given = values instanceof Tuple ? [...values] : [values];
  let used = 0;
  const counted = counter(budget);
  const next = (): Value => {
    if (used >= given.length) throw new Error(`there are more places than values in \`${shown(text)}\``);
    return given[used++] ?? null;
  };
  const count = (written: string | undefined): number | undefined => {
    if (written === undefined || written === '') return undefined;
    return written === '*' ? toNumber(numberOf(next())) : Number(written);
  };
  const result = text.replace(
    /%(?:\(([^)]*)\))?([-+ #0]*)(\d+|\*)?(?:\.(\d+|\*)?)?([\s\S]?)/g,
    (whole, key: string | undefined, flags: string, width: string, precision: string, type: string) => {
      if (type === '%') return '%';
      if (!'sradiufFeEgGxXoc'.includes(type) || type === '')
        throw new Error(`\`${whole}\` is not a format; a percent sign is written \`%%\``);
      const hasPoint = /\.(?:\d+|\*)?[\s\S]?$/.test(whole) && whole.includes('.');
      const wide = count(width) ?? 0;
      const exact = hasPoint ? (count(precision) ?? 0) : undefined;
      let value: Value;
      if (key !== undefined) {
        const field = isMapping(values) ? fieldOf(values, key) : undefined;
        if (field === undefined) throw new Error(`there is no value \`${key}\` for \`${shown(text)}\``);
        used = given.length;
        value = field;
      } else value = next();
      const isNumber = !'srac'.includes(type);
      const spec: Spec = {
        fill: flags.includes('0') && !flags.includes('-') && isNumber ? '0' : ' ',
        align: flags.includes('-') || wide < 0 ? '<' : flags.includes('0') && isNumber ? '=' : '>',
        sign: flags.includes('+') ? '+' : flags.includes(' ') ? ' ' : '-',
        isAlternate: flags.includes('#'),
        width: Math.abs(wide),
        comma: '',
        precision: exact,
        type: 'iu'.includes(type) ? 'd' : 'ra'.includes(type) ? 's' : type,
      };
      if (!isNumber)
        return counted(
          padded(cut(isNum(value) && type === 'c' ? character(value) : textOf(value, budget), exact), spec),
        );
      const number = numberOf(value);
      return counted(formatNumber('diuxXo'.includes(type) ? withoutFraction(number) : number, spec));
    },
  );
  if (used < given.length && !isMapping(values))
    throw new Error(`there are more values than places in \`${shown(text)}\``);
  return result;
}

/** Counts the parts of a text as they are made. */
function counter(budget: Budget): (part: string) => string {
  let length = 0;
  return (part) => {
    length += part.length;
    budget.text(length);
    budget.newText(part.length);
    return part;
  };
}

/** `text.format(…)`; fields are read by `read`, as elsewhere in a template. */
export function braceFormat(
  text: string,
  { positional, named }: CallArguments,
  read: (object: Value, key: Value) => Value,
  budget: Budget,
): string {
  let automatic = 0;
  const counted = counter(budget);
  const valueOf = (field: string): Value => {
    const [, root = '', rest = ''] = /^([^.[]*)([\s\S]*)$/.exec(field) ?? [];
    const index = root === '' ? automatic++ : /^\d+$/.test(root) ? Number(root) : undefined;
    let value = index === undefined ? named.get(root) : positional[index];
    if (value === undefined) throw new Error(`there is no value for \`{${field}}\``);
    for (const [, name, key = ''] of rest.matchAll(/\.([^.[]+)|\[([^\]]*)\]/g))
      value = read(value, name ?? (/^\d+$/.test(key) ? Number(key) : key));
    return value;
  };
  const result = text.replace(/\{\{|\}\}|\{([^{}]*)\}|[{}]/g, (whole, inside: string | undefined) => {
    if (whole === '{{' || whole === '}}') return whole.charAt(0);
    if (inside === undefined) throw new Error('a brace in a format is written twice: `{{` or `}}`');
    const [, field = '', , written = ''] = /^([^:!]*)(![a-z])?(?::([\s\S]*))?$/.exec(inside) ?? [];
    return counted(formatValue(valueOf(field), written, budget));
  });
  return result;
}

function formatValue(value: Value, written: string, budget: Budget): string {
  const found = /^(?:([\s\S])?([<>=^]))?([-+ ])?(#)?(0)?(\d*)([,_])?(?:\.(\d+))?([a-zA-Z%])?$/u.exec(written);
  if (!found) throw new Error(`\`${shown(written)}\` is not a format`);
  const [, fill, align, sign = '-', alternate, zero, width, comma = '', precision, type = ''] = found;
  const isNumber = isNum(value);
  const spec: Spec = {
    fill: fill ?? (zero ? '0' : ' '),
    align: align ?? (zero ? '=' : isNumber ? '>' : '<'),
    sign,
    isAlternate: alternate !== undefined,
    width: Number(width),
    comma,
    precision: precision === undefined ? undefined : Number(precision),
    type,
  };
  if (isNumber && type !== 's') return formatNumber(value, spec);
  if (type !== '' && type !== 's')
    throw new Error(`the format \`${type}\` takes a number, not ${kindOf(value)}`);
  return padded(cut(textOf(value, budget), spec.precision), spec);
}

function formatNumber(value: Num, spec: Spec): string {
  const { precision, type } = spec;
  if ((precision ?? 0) > 100) throw new Error('a format is limited to 100 digits after the point');
  const number = toNumber(value);
  const sign = number < 0 || Object.is(number, -0) ? '-' : spec.sign === '-' ? '' : spec.sign;
  const size = Math.abs(number);
  let digits: string;
  if (
    ['d', 'x', 'X', 'o', 'b', 'c'].includes(type) ||
    (type === '' && !isFloat(value) && precision === undefined)
  ) {
    if (isFloat(value))
      throw new Error(`the format \`${type}\` takes a whole number, not ${numberText(value)}`);
    if (type === 'c') return padded(character(value), spec);
    const base = { x: 16, X: 16, o: 8, b: 2 }[type] ?? 10;
    const whole = BigInt(numberText(value).replace('-', ''));
    digits = (spec.isAlternate && base !== 10 ? `0${type}` : '') + whole.toString(base);
    if (type === 'X') digits = digits.toUpperCase();
    if (precision !== undefined) digits = digits.padStart(precision, '0');
  } else if (!Number.isFinite(number)) digits = numberText(size);
  else if (type === 'f' || type === 'F') digits = fixed(size, precision ?? 6);
  else if (type === '%') digits = `${fixed(size * 100, precision ?? 6)}%`;
  else if (type === 'e' || type === 'E') digits = exponent(size.toExponential(precision ?? 6), type);
  else
    digits =
      type === '' && precision === undefined
        ? numberText(value).replace('-', '')
        : general(size, precision ?? 6, type);
  if (spec.comma !== '')
    digits = digits.replace(/^\d+/, (part) => part.replaceAll(/\B(?=(\d{3})+$)/g, spec.comma));
  const room = spec.width - sign.length - digits.length;
  checkWidth(spec.width);
  if (spec.align === '=' && room > 0) return sign + spec.fill.repeat(room) + digits;
  return padded(sign + digits, spec);
}

/** `toFixed` writes numbers from 1e21 with an exponent. */
const fixed = (size: number, digits: number): string =>
  size < 1e21 ? size.toFixed(digits) : `${BigInt(size)}${digits > 0 ? `.${'0'.repeat(digits)}` : ''}`;

function exponent(text: string, type: string): string {
  const long = text.replace(/e([+-])(\d)$/, 'e$10$2');
  return type === 'E' || type === 'G' ? long.toUpperCase() : long;
}

function general(size: number, precision: number, type: string): string {
  const digits = Math.max(1, precision);
  const text = size.toExponential(digits - 1);
  const power = Number(text.slice(text.indexOf('e') + 1));
  const isShort = power >= -4 && power < digits;
  const plain = isShort ? size.toFixed(Math.max(0, digits - 1 - power)) : text.slice(0, text.indexOf('e'));
  const trimmed = plain.includes('.') ? plain.replace(/\.?0+$/, '') : plain;
  return isShort ? trimmed : exponent(trimmed + text.slice(text.indexOf('e')), type);
}

function padded(text: string, { fill, align, width }: Spec): string {
  checkWidth(width);
  const room = width - [...text].length;
  if (room <= 0) return text;
  if (align === '<') return text + fill.repeat(room);
  if (align !== '^') return fill.repeat(room) + text;
  const left = Math.floor(room / 2);
  return fill.repeat(left) + text + fill.repeat(room - left);
}

function checkWidth(width: number): void {
  if (width > WIDEST) throw new Error(`a width is limited to ${WIDEST} characters`);
}

const cut = (text: string, precision: number | undefined): string =>
  precision === undefined ? text : [...text].slice(0, precision).join('');

function character(value: Num): string {
  const code = toNumber(value);
  if (!Number.isInteger(code) || code < 0 || code > 0x10ffff)
    throw new Error(`${numberText(value)} is no character`);
  return String.fromCodePoint(code);
}

function numberOf(value: Value): Num {
  if (typeof value === 'boolean') return Number(value);
  if (isNum(value)) return value;
  throw new Error(`this format takes a number, not ${kindOf(value)}`);
}

const withoutFraction = (value: Num): Num => (isFloat(value) ? truncated(toNumber(value)) : value);

const shown = (text: string): string => (text.length > 40 ? `${text.slice(0, 40)}…` : text);
