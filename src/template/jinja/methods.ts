import type { Budget } from '../../sandbox/budget.js';
import { characterCount, sliceCharacters } from '../../core/code-points.js';
import { bind } from './filter-kit.js';
import { braceFormat } from './format.js';
import { asNumber, isEqual, readField } from './operators.js';
import { toNumber } from './numbers.js';
import {
  capitalized,
  centered,
  lines,
  occurrences,
  padded,
  replaced,
  stripped,
  titledByLetters,
} from './strings.js';
import {
  Callable,
  entriesOf,
  fieldOf,
  isList,
  isMapping,
  kindOf,
  Tuple,
  type CallArguments,
  type List,
  type Value,
} from './values.js';

/** A method: the value that it belongs to, its arguments in order, and all of them as given. */
type Method<T> = (
  self: T,
  args: readonly (Value | undefined)[],
  given: CallArguments,
  budget: Budget,
) => Value;
type Methods<T> = Readonly<Record<string, readonly [parameters: string, method: Method<T>]>>;

/** Python's methods of texts, lists and objects; those that would change a list or an object do not exist. */
export function methodOf(self: Value, name: string, budget: Budget): Callable | undefined {
  if (typeof self === 'string') return callable(TEXT, self, name, budget);
  if (isList(self)) return callable(LIST, self, name, budget);
  return isMapping(self) ? callable(OBJECT, self, name, budget) : undefined;
}

function callable<T extends Value>(
  methods: Methods<T>,
  self: T,
  name: string,
  budget: Budget,
): Callable | undefined {
  const found = Object.hasOwn(methods, name) ? methods[name] : undefined;
  if (found) {
    const [parameters, method] = found;
    const names = parameters.split(' ').filter(Boolean);
    return new Callable(
      name,
      (given) => {
        if (parameters === '*') return method(self, given.positional, given, budget);
        const values = bind(`\`${name}()\``, names, given);
        const result = method(
          self,
          names.map((parameter) => values.get(parameter)),
          given,
          budget,
        );
        if (typeof result === 'string') budget.newText(result.length);
        if (isList(result)) budget.list(result, result.length);
        return result;
      },
      undefined,
      typeof self === 'string' ? `, or read JSON in a text with \`(… | fromjson).${name}\`` : undefined,
    );
  }
  if (!CHANGING.has(name) || typeof self === 'string') return undefined;
  return new Callable(name, () => {
    const instead = isList(self)
      ? '`{% set list = list + [value] %}`'
      : '`namespace()` for values that change';
    throw new Error(`\`${name}()\` would change ${kindOf(self)}, which templates cannot: use ${instead}`);
  });
}

const CHANGING = new Set([
  'append', 'clear', 'extend', 'insert', 'pop', 'popitem', 'remove', 'reverse', 'setdefault', 'sort', 'update',
]); // prettier-ignore

function text(value: Value | undefined, otherwise?: string): string {
  if (typeof value === 'string') return value;
  if ((value === undefined || value === null) && otherwise !== undefined) return otherwise;
  throw new Error(`this method takes a text, not ${value === undefined ? 'nothing' : kindOf(value)}`);
}

function count(value: Value | undefined, otherwise: number): number {
  const number = value === undefined || value === null ? otherwise : asNumber(value);
  if (number === undefined || !Number.isInteger(toNumber(number)))
    throw new Error('this method takes a whole number');
  return toNumber(number);
}

const chars = (value: Value | undefined): string | undefined =>
  value === undefined || value === null ? undefined : text(value);

/** For texts whose every character matches; the empty text has none. */
const all =
  (pattern: RegExp): Method<string> =>
  (self) =>
    pattern.test(self);

function affixed(self: string, given: Value | undefined, test: 'startsWith' | 'endsWith'): boolean {
  const options = given !== undefined && isList(given) ? given : [given];
  return options.some((option) => self[test](text(option)));
}

/** Counted in characters. */
function found(self: string, part: string, from: number, to: Value | undefined, isLast: boolean): number {
  const within = sliceCharacters(self, from, to === undefined || to === null ? undefined : count(to, 0));
  const at = isLast ? within.lastIndexOf(part) : within.indexOf(part);
  return at === -1
    ? -1
    : characterCount(within.slice(0, at)) + (from < 0 ? Math.max(0, characterCount(self) + from) : from);
}

function foundOrFail(at: number): number {
  if (at === -1) throw new Error('`index()` finds nothing: use `find()` to get -1');
  return at;
}

function split(self: string, by: Value | undefined, most: number, fromRight: boolean): List {
  if (by === undefined || by === null) {
    const words = [...self.matchAll(/\S+/g)];
    if (most < 0 || words.length <= most + 1) return words.map(([word]) => word);
    if (fromRight) {
      const rest = words.slice(words.length - most);
      return [self.slice(0, rest[0]?.index ?? self.length).trim(), ...rest.map(([word]) => word)];
    }
    return [...words.slice(0, most).map(([word]) => word), self.slice(words[most]?.index).trimEnd()];
  }
  const separator = text(by);
  if (separator === '') throw new Error('`split()` takes a separator that is not empty');
  const parts = self.split(separator);
  if (most < 0 || parts.length <= most + 1) return parts;
  return fromRight
    ? [parts.slice(0, parts.length - most).join(separator), ...parts.slice(parts.length - most)]
    : [...parts.slice(0, most), parts.slice(most).join(separator)];
}

function partition(self: string, by: string, at: number, isLast: boolean): Tuple {
  if (at === -1) return Tuple.make(isLast ? ['', '', self] : [self, '', '']);
  return Tuple.make([self.slice(0, at), by, self.slice(at + by.length)]);
}

const TEXT: Methods<string> = {
  capitalize: ['', capitalized],
  casefold: ['', (self) => self.toLowerCase().replaceAll('ß', 'ss')],
  center: [
    'width fillchar',
    (self, [width, fill], _, budget) => centered(self, count(width, 0), text(fill, ' '), budget),
  ],
  count: ['sub', (self, [part]) => occurrences(self, text(part))],
  endswith: ['suffix', (self, [suffix]) => affixed(self, suffix, 'endsWith')],
  find: ['sub start end', (self, [part, from, to]) => found(self, text(part), count(from, 0), to, false)],
  format: [
    '*',
    (self, _, given, budget) =>
      braceFormat(self, given, (object, key) => readField(object, key, String(key)), budget),
  ],
  index: [
    'sub start end',
    (self, [part, from, to]) => foundOrFail(found(self, text(part), count(from, 0), to, false)),
  ],
  isalnum: ['', all(/^[\p{L}\p{N}]+$/u)],
  isalpha: ['', all(/^\p{L}+$/u)],
  isascii: ['', all(/^[\0-\x7f]*$/)],
  isdecimal: ['', all(/^\p{Nd}+$/u)],
  isdigit: ['', all(/^[\p{Nd}\u00b2\u00b3\u00b9\u2070-\u2089]+$/u)],
  islower: ['', (self) => self === self.toLowerCase() && self !== self.toUpperCase()],
  isnumeric: ['', all(/^\p{N}+$/u)],
  isspace: ['', all(/^\s+$/)],
  istitle: ['', (self) => self === titledByLetters(self) && self.toLowerCase() !== self.toUpperCase()],
  isupper: ['', (self) => self === self.toUpperCase() && self !== self.toLowerCase()],
  join: [
    'iterable',
    (self, [list], _, budget) => {
      if (list === undefined || (!isList(list) && typeof list !== 'string'))
        throw new Error('`join()` takes a list of texts');
      const parts = [...list].map((item: Value) => text(item));
      budget.text(parts.reduce((length, part) => length + part.length + self.length, 0));
      return parts.join(self);
    },
  ],
  ljust: [
    'width fillchar',
    (self, [width, fill], _, budget) => padded(self, count(width, 0), text(fill, ' '), 'right', budget),
  ],
  lower: ['', (self) => self.toLowerCase()],
  lstrip: ['chars', (self, [given]) => stripped(self, 'left', chars(given))],
  partition: ['sep', (self, [by]) => partition(self, text(by), self.indexOf(text(by)), false)],
  removeprefix: [
    'prefix',
    (self, [part]) => (self.startsWith(text(part)) ? self.slice(text(part).length) : self),
  ],
  removesuffix: [
    'suffix',
    (self, [part]) =>
      text(part) !== '' && self.endsWith(text(part)) ? self.slice(0, -text(part).length) : self,
  ],
  replace: [
    'old new count',
    (self, [old, by, times], _, budget) => replaced(self, text(old), text(by), count(times, -1), budget),
  ],
  rfind: ['sub start end', (self, [part, from, to]) => found(self, text(part), count(from, 0), to, true)],
  rindex: [
    'sub start end',
    (self, [part, from, to]) => foundOrFail(found(self, text(part), count(from, 0), to, true)),
  ],
  rjust: [
    'width fillchar',
    (self, [width, fill], _, budget) => padded(self, count(width, 0), text(fill, ' '), 'left', budget),
  ],
  rpartition: ['sep', (self, [by]) => partition(self, text(by), self.lastIndexOf(text(by)), true)],
  rsplit: ['sep maxsplit', (self, [by, most]) => split(self, by, count(most, -1), true)],
  rstrip: ['chars', (self, [given]) => stripped(self, 'right', chars(given))],
  split: ['sep maxsplit', (self, [by, most]) => split(self, by, count(most, -1), false)],
  splitlines: ['', (self) => lines(self, false)],
  startswith: ['prefix', (self, [prefix]) => affixed(self, prefix, 'startsWith')],
  strip: ['chars', (self, [given]) => stripped(self, 'both', chars(given))],
  swapcase: [
    '',
    (self) =>
      [...self]
        .map((each) => (each === each.toUpperCase() ? each.toLowerCase() : each.toUpperCase()))
        .join(''),
  ],
  title: ['', titledByLetters],
  upper: ['', (self) => self.toUpperCase()],
  zfill: [
    'width',
    (self, [width], _, budget) => {
      const sign = /^[+-]/.exec(self)?.[0] ?? '';
      return sign + padded(self.slice(sign.length), count(width, 0) - sign.length, '0', 'left', budget);
    },
  ],
};

const LIST: Methods<List> = {
  copy: ['', (self) => self],
  count: [
    'value',
    (self, [value = null], _, budget) => self.filter((item) => isEqual(item, value, budget)).length,
  ],
  index: [
    'value',
    (self, [value = null], _, budget) => foundOrFail(self.findIndex((item) => isEqual(item, value, budget))),
  ],
};

const OBJECT: Methods<Extract<Value, object>> = {
  copy: ['', (self) => self],
  get: [
    'key default',
    (self, [key = null, otherwise = null]) => (isMapping(self) ? (fieldOf(self, key) ?? otherwise) : null),
  ],
  items: ['', (self) => pairs(self).map((pair) => Tuple.make(pair))],
  keys: ['', (self) => pairs(self).map(([key]) => key)],
  values: ['', (self) => pairs(self).map(([, value]) => value)],
};

const pairs = (self: Value): readonly (readonly [Value, Value])[] => (isMapping(self) ? entriesOf(self) : []);
