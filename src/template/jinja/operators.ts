import { characterCount, sliceCharacters } from '../../core/code-points.js';
import type { Budget } from '../../sandbox/budget.js';
import type { BinaryOperator, CompareOperator } from './ast.js';
import { percentFormat } from './format.js';
import { arithmetic, compareNumbers, isFloat, isNum, numberText, toNumber, type Num } from './numbers.js';
import { textOf } from './text.js';
import {
  Callable,
  entriesOf,
  fieldOf,
  isList,
  isMapping,
  kindOf,
  Namespace,
  required,
  sizeOf,
  Tuple,
  uncalled,
  Undefined,
  type List,
  type Value,
} from './values.js';

/** Entries of lists and objects that are compared or looked at for the price of one step. */
const ENTRIES_PER_STEP = 50;

/** `+ - * / // % **` and `~`, as in Python; `+` also joins a text with a number. */
export function calculate(
  operator: Exclude<BinaryOperator, 'and' | 'or'>,
  left: Value,
  right: Value,
  budget: Budget,
): Value {
  if (operator === '~') return joined(textOf(left, budget), textOf(right, budget), budget);
  const [a, b] = [required(left), required(right)];
  const [m, n] = [asNumber(a), asNumber(b)];
  if (m !== undefined && n !== undefined) return arithmetic(operator, m, n);
  if (operator === '+') {
    if (isList(a) && isList(b)) return madeList(a instanceof Tuple, a, b, budget);
    const isText = (value: Value): boolean => typeof value === 'string';
    const isAddable = (value: Value): boolean => isText(value) || isNum(value) || typeof value === 'boolean';
    if ((isText(a) && isAddable(b)) || (isText(b) && isAddable(a)))
      return joined(textOf(a, budget), textOf(b, budget), budget);
  }
  if (operator === '*') {
    if (n !== undefined && (typeof a === 'string' || isList(a))) return repeated(a, n, budget);
    if (m !== undefined && (typeof b === 'string' || isList(b))) return repeated(b, m, budget);
  }
  if (operator === '%' && typeof a === 'string') return percentFormat(a, b, budget);
  throw new Error(
    `\`${operator}\` takes no ${words(a)} and ${words(b)}${operator === '+' ? '; `~` joins any values as text' : ''}`,
  );
}

const words = (value: Value): string => kindOf(value).replace(/^an? /, '');

/** Numbers, and booleans as 0 and 1. */
export function asNumber(value: Value): Num | undefined {
  if (typeof value === 'boolean') return Number(value);
  return isNum(value) ? value : undefined;
}

function joined(a: string, b: string, budget: Budget): string {
  budget.text(a.length + b.length);
  return a + b;
}

function madeList(isTuple: boolean, a: List, b: List, budget: Budget): List {
  budget.list({}, a.length + b.length);
  const both = [...a, ...b];
  return isTuple ? Tuple.make(both) : both;
}

function repeated(value: string | List, times: Num, budget: Budget): Value {
  if (isFloat(times))
    throw new Error(`\`*\` repeats a text or a list a whole number of times, not ${numberText(times)}`);
  const count = Math.max(0, toNumber(times));
  if (typeof value === 'string') {
    budget.newText(value.length * count);
    return value.repeat(count);
  }
  budget.list({}, value.length * count);
  const all = Array.from({ length: count }, () => value).flat();
  return value instanceof Tuple ? Tuple.make(all) : all;
}

/** One comparison. */
export function compare(operator: CompareOperator, a: Value, b: Value, budget: Budget): boolean {
  switch (operator) {
    case '==':
      return looselyEqual(a, b, budget);
    case '!=':
      return !looselyEqual(a, b, budget);
    case 'in':
      return contains(b, a, budget);
    case 'not in':
      return !contains(b, a, budget);
    default: {
      const order = orderOf(a, b, budget, operator);
      if (operator === '<') return order < 0;
      if (operator === '<=') return order <= 0;
      return operator === '>' ? order > 0 : order >= 0;
    }
  }
}

/**
 * As `==` of Python, except that a number equals its own text: a column that holds numbers for one author holds texts
 * for another, as the scores of a judge do.
 */
function looselyEqual(a: Value, b: Value, budget: Budget): boolean {
  if (typeof a === 'string' && isNum(b)) return isTextOf(a, b);
  if (typeof b === 'string' && isNum(a)) return isTextOf(b, a);
  return isEqual(a, b, budget);
}

const isTextOf = (text: string, number: Num): boolean =>
  text === numberText(number) || text === String(toNumber(number));

export function isEqual(a: Value, b: Value, budget: Budget): boolean {
  for (const value of [a, b]) {
    if (value instanceof Undefined && value.mistake !== undefined) required(value);
    if (value instanceof Callable) throw uncalled(value);
  }
  if (a === b) return true;
  const [m, n] = [asNumber(a), asNumber(b)];
  if (m !== undefined && n !== undefined) return compareNumbers(m, n) === 0;
  if (a instanceof Undefined || b instanceof Undefined)
    return a instanceof Undefined && b instanceof Undefined;
  if (isList(a) && isList(b)) {
    if (a.length !== b.length || a instanceof Tuple !== b instanceof Tuple) return false;
    budget.step(a.length / ENTRIES_PER_STEP);
    return a.every((item, index) => isEqual(item, b[index] ?? null, budget));
  }
  if (!isMapping(a) || !isMapping(b) || sizeOf(a) !== sizeOf(b)) return false;
  budget.step(sizeOf(a) / ENTRIES_PER_STEP);
  return entriesOf(a).every(([key, value]) => {
    const other = fieldOf(b, key);
    return other !== undefined && isEqual(value, other, budget);
  });
}

/** Negative when `a` comes first, 0 when neither does. Only numbers, texts and lists have an order. */
export function orderOf(left: Value, right: Value, budget: Budget, operator = '<'): number {
  const [a, b] = [required(left), required(right)];
  const [m, n] = [asNumber(a), asNumber(b)];
  if (m !== undefined && n !== undefined) return compareNumbers(m, n);
  if (typeof a === 'string' && typeof b === 'string') return compareTexts(a, b);
  if (isList(a) && isList(b) && a instanceof Tuple === b instanceof Tuple) {
    budget.step(Math.min(a.length, b.length) / ENTRIES_PER_STEP);
    const index = a.findIndex((item, at) => at >= b.length || !isEqual(item, b[at] ?? null, budget));
    if (index === -1) return a.length - b.length;
    return index >= b.length ? 1 : orderOf(a[index] ?? null, b[index] ?? null, budget, operator);
  }
  throw new Error(`\`${operator}\` cannot compare ${kindOf(a)} with ${kindOf(b)}${mixHint(a, b)}`);
}

function mixHint(a: Value, b: Value): string {
  const isMix = [a, b].some(isNum) && [a, b].some((value) => typeof value === 'string');
  return isMix ? ': turn the text into a number with `| float`' : '';
}

/** By code points, as Python does. */
function compareTexts(a: string, b: string): number {
  if (a === b) return 0;
  const isPlain = !SURROGATE.test(a) && !SURROGATE.test(b);
  if (isPlain) return a < b ? -1 : 1;
  const [left, right] = [[...a], [...b]];
  const at = left.findIndex((character, index) => character !== right[index]);
  return (left[at]?.codePointAt(0) ?? -1) - (right[at]?.codePointAt(0) ?? -1) || left.length - right.length;
}

const SURROGATE = /[\ud800-\udfff]/;

export function contains(list: Value, value: Value, budget: Budget): boolean {
  const within = required(list);
  const item = required(value);
  if (typeof within === 'string') {
    if (typeof item === 'string') return within.includes(item);
    throw new Error(`\`in\` looks for a text in a text, not for ${kindOf(item)}`);
  }
  if (isMapping(within)) return fieldOf(within, item) !== undefined;
  if (!isList(within)) throw new Error(`\`in\` takes a list, a text or an object, not ${kindOf(within)}`);
  budget.step(within.length / ENTRIES_PER_STEP);
  return within.some((each) => looselyEqual(each, item, budget));
}

/** The values that a loop goes over: entries of a list, keys of an object, characters of a text. */
export function iterate(value: Value, user: string, budget: Budget): List {
  if (isList(value)) return value;
  if (typeof value === 'string') {
    budget.list({}, value.length);
    return [...value];
  }
  if (value instanceof Undefined && value.mistake === undefined) return [];
  required(value);
  if (isMapping(value)) return entriesOf(value).map(([key]) => key);
  throw new Error(`${user} takes a list, not ${kindOf(value)}`);
}

/** `object.name`, without its methods. */
export function readField(object: Value, key: Value, written: string | (() => string)): Value {
  const path = (): string => (typeof written === 'string' ? written : written());
  if (object instanceof Undefined) throw new Error(object.mistake ?? `\`${object.name}\` has no value`);
  if (isMapping(object)) return fieldOf(object, key) ?? new Undefined(path());
  if (object instanceof Namespace) return object.fields.get(String(key)) ?? new Undefined(path());
  if (object instanceof Callable) return object.fields?.get(String(key)) ?? new Undefined(path());
  const index = asNumber(key);
  if (index !== undefined && (typeof object === 'string' || isList(object)))
    return entryAt(object, toNumber(index)) ?? new Undefined(path());
  const named = object instanceof Tuple && typeof key === 'string' ? object.names.indexOf(key) : -1;
  if (named >= 0 && object instanceof Tuple) return object[named] ?? null;
  if (key === 'length' && typeof object === 'string') return characterCount(object);
  if (key === 'length' && isList(object)) return object.length;
  return new Undefined(path(), mistakeOf(object, key, path()));
}

function mistakeOf(object: Value, key: Value, path: string): string | undefined {
  if (typeof key !== 'string' || object === null) return undefined;
  const owner = path.endsWith(`.${key}`) ? path.slice(0, -key.length - 1) : '';
  const what = owner === '' ? 'a value' : `\`${owner}\``;
  const advice =
    typeof object === 'string'
      ? `; if it is JSON, read it with \`(${owner === '' ? 'value' : owner} | fromjson).${key}\``
      : isList(object)
        ? '; read one of its entries, or all of them with a loop'
        : '';
  return `${what} is ${kindOf(object)} and has no field \`${key}\`${advice}`;
}

function entryAt(list: string | List, index: number): Value | undefined {
  if (typeof list !== 'string') return list.at(index);
  const length = characterCount(list);
  if (index >= length || index < -length) return undefined;
  return sliceCharacters(list, index, index === -1 ? undefined : index + 1);
}

/** `value[start:stop:step]` */
export function slice(value: Value, bounds: readonly [Value, Value, Value], budget: Budget): Value {
  const sliced = required(value);
  if (typeof sliced !== 'string' && !isList(sliced)) throw new Error(`${kindOf(sliced)} cannot be sliced`);
  const [from, to, by] = bounds.map((bound) => {
    const number = bound === null || bound instanceof Undefined ? undefined : asNumber(bound);
    if (number === undefined && bound !== null) throw new Error('a slice takes whole numbers');
    return number === undefined ? undefined : toNumber(number);
  });
  const step = by ?? 1;
  if (step === 0) throw new Error('the step of a slice cannot be 0');
  if (typeof sliced === 'string' && step === 1) {
    const text = sliceCharacters(sliced, from ?? 0, to);
    budget.text(text.length);
    return text;
  }
  const all: List = typeof sliced === 'string' ? [...sliced] : sliced;
  const picked = step === 1 ? [...all].slice(from, to) : stepped(all, from, to, step);
  budget.list(picked, picked.length);
  if (typeof sliced === 'string') return picked.join('');
  return sliced instanceof Tuple ? Tuple.make(picked) : picked;
}

function stepped(all: List, from: number | undefined, to: number | undefined, step: number): List {
  const [low, high] = step > 0 ? [0, all.length] : [-1, all.length - 1];
  const clamp = (bound: number): number =>
    Math.min(high, Math.max(low, bound < 0 ? bound + all.length : bound));
  const start = from === undefined ? (step > 0 ? low : high) : clamp(from);
  const stop = to === undefined ? (step > 0 ? high : low) : clamp(to);
  const picked: Value[] = [];
  for (let at = start; step > 0 ? at < stop : at > stop; at += step) picked.push(all[at] ?? null);
  return picked;
}
