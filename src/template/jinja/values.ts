/**
 * Values inside a template. Values of the row are used as they are; a template never changes one. What JSON lacks has
 * a class of its own.
 */
import type { Json, JsonObject } from '../../core/json.js';
import { Float, isNum, toNumber, type Num } from './numbers.js';

type Primitive = null | boolean | string;

export type Value = Primitive | Num | readonly Value[] | JsonObject | Dict | Undefined | Callable | Namespace;

/** A missing value: it prints as nothing, is false, and fails where a value is needed. */
export class Undefined {
  readonly isMissing = true;

  constructor(
    /** What is missing, as in the text: `row.name`. */
    readonly name: string,
    /** Why reading it is a mistake even where a missing value is allowed, as for a field of a text. */
    readonly mistake?: string,
  ) {}
}

/** A tuple; it prints as a list. */
export class Tuple extends Array<Value> {
  static override get [Symbol.species](): ArrayConstructor {
    return Array;
  }

  /** Names of its entries, if they have any. */
  names: readonly string[] = [];

  static make(values: Iterable<Value>, names: readonly string[] = []): Tuple {
    const tuple = new Tuple();
    tuple.names = names;
    for (const value of values) tuple.push(value);
    return tuple;
  }
}

/** An object that a template makes: its keys may be numbers, and keep the order in which they were added. */
export class Dict {
  readonly #entries = new Map<string, readonly [Value, Value]>();

  static make(entries: Iterable<readonly [Value, Value]>): Dict {
    const dict = new Dict();
    for (const [key, value] of entries) dict.#entries.set(hashOf(key), [key, value]);
    return dict;
  }

  get size(): number {
    return this.#entries.size;
  }

  get(key: Value): Value | undefined {
    return this.#entries.get(hashOf(key))?.[1];
  }

  entries(): readonly (readonly [Value, Value])[] {
    return [...this.#entries.values()];
  }
}

/** Values that a template may assign to: `namespace()`, and what loops and macros know of themselves. */
export class Namespace {
  constructor(
    readonly fields: Map<string, Value>,
    /** What it is called for: `loop(children)` of a recursive loop. */
    readonly call?: (args: CallArguments) => Value,
  ) {}
}

export interface CallArguments {
  readonly positional: readonly Value[];
  readonly named: ReadonlyMap<string, Value>;
}

/** A function, method or macro. */
export class Callable {
  constructor(
    readonly name: string,
    readonly call: (args: CallArguments) => Value,
    readonly fields?: ReadonlyMap<string, Value>,
    /** How a value that is read by this name is written, where there may be one: a field of JSON in a text. */
    readonly otherwise?: string,
  ) {}
}

/** Fails for a function where its result is meant. */
export function uncalled({ name, otherwise }: Callable): Error {
  return new Error(`\`${name}\` is a function: write \`${name}()\`${otherwise ?? ''}`);
}

export type List = readonly Value[];

export const isList = (value: Value): value is List => Array.isArray(value);

/** An object of the row, or one that the template made. */
export const isMapping = (value: Value): value is JsonObject | Dict =>
  value instanceof Dict ||
  (typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    !(value instanceof Float) &&
    !(value instanceof Undefined) &&
    !(value instanceof Callable) &&
    !(value instanceof Namespace));

export function entriesOf(value: JsonObject | Dict): readonly (readonly [Value, Value])[] {
  return value instanceof Dict ? value.entries() : Object.entries(value);
}

export function sizeOf(value: JsonObject | Dict): number {
  return value instanceof Dict ? value.size : Object.keys(value).length;
}

/** A field of an object; `undefined` when it has none of this name. */
export function fieldOf(value: JsonObject | Dict, key: Value): Value | undefined {
  if (value instanceof Dict) return value.get(key);
  return typeof key === 'string' && Object.hasOwn(value, key) ? (value[key] ?? null) : undefined;
}

/** A word for the kind of a value, for messages. */
export function kindOf(value: Value): string {
  if (value === null) return 'null';
  if (typeof value === 'string') return 'text';
  if (typeof value === 'boolean') return 'a boolean';
  if (isNum(value)) return 'a number';
  if (isList(value)) return 'a list';
  if (value instanceof Undefined) return 'nothing';
  return isMapping(value) ? 'an object' : 'a function';
}

/** Fails for a value that is missing, or that was read by mistake. */
export function required(value: Value): Exclude<Value, Undefined> {
  if (value instanceof Undefined) throw new Error(value.mistake ?? `\`${value.name}\` has no value`);
  return value;
}

export function isTruthy(value: Value): boolean {
  if (typeof value === 'boolean') return value;
  if (typeof value === 'string') return value !== '';
  if (value === null) return false;
  if (isNum(value)) return toNumber(value) !== 0;
  if (isList(value)) return value.length > 0;
  if (value instanceof Undefined) {
    if (value.mistake !== undefined) throw new Error(value.mistake);
    return false;
  }
  return isMapping(value) ? sizeOf(value) > 0 : true;
}

/**
 * A text that is the same for values that are equal as keys: 1, 1.0 and true are.
 *
 * @throws Error for a list or an object
 */
export function hashOf(value: Value): string {
  if (typeof value === 'string') return `s${value}`;
  if (typeof value === 'boolean') return `n${Number(value)}`;
  if (isNum(value)) return `n${value instanceof Float ? value.value : value}`;
  if (value === null) return 'null';
  if (value instanceof Tuple) return `t${JSON.stringify(value.map(hashOf))}`;
  throw new Error(`${kindOf(value)} cannot be a key`);
}

/** A value as JSON, for helpers that know nothing of templates. `count` bounds lists that hold another many times. */
export function toJson(value: Value, count = { left: MOST_VALUES }): Json {
  count.left -= 1;
  if (count.left < 0) throw new Error(`a filter takes at most ${MOST_VALUES.toLocaleString('en-US')} values`);
  if (isNum(value)) return toNumber(value);
  if (isList(value)) return value.map((item) => toJson(item, count));
  if (isMapping(value)) {
    return Object.fromEntries(entriesOf(value).map(([key, inner]) => [keyText(key), toJson(inner, count)]));
  }
  if (value instanceof Namespace) return toJson(Dict.make(value.fields), count);
  return value instanceof Undefined || value instanceof Callable ? null : value;
}

const MOST_VALUES = 1_000_000;

/** The key of an object in JSON. */
export function keyText(key: Value): string {
  return typeof key === 'string' ? key : String(toJson(key));
}
