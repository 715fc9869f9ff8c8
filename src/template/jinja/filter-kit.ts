import type { Budget } from '../../sandbox/budget.js';
import { isFloat, isNum, numberText, toNumber } from './numbers.js';
import { asNumber, iterate, readField } from './operators.js';
import { textOf } from './text.js';
import { kindOf, required, Undefined, type CallArguments, type List, type Value } from './values.js';

/** What filters and tests may use. */
export interface Runtime {
  readonly budget: Budget;
  /** The bounds of all `fit` filters are multiplied by this. */
  readonly fitScale: number;
  /** The next random number, from 0 (included) to 1 (excluded). */
  random(): number;
  applyFilter(name: string, value: Value, args: CallArguments): Value;
  knows(kind: 'filter' | 'test', name: string): boolean;
  applyTest(name: string, value: Value, args: CallArguments): boolean;
}

export type Filter = (runtime: Runtime, value: Value, args: CallArguments) => Value;

/** What a filter gets: its runtime and readers of its arguments. */
export interface FilterCall {
  readonly runtime: Runtime;
  readonly budget: Budget;
  /** An argument, or `undefined` when it is not given. */
  value(name: string): Value | undefined;
  text(name: string, otherwise: string): string;
  /** A whole number. */
  count(name: string, otherwise: number): number;
  flag(name: string, otherwise?: boolean): boolean;
}

/** A filter with named parameters, which are also its order: `'width first'`. */
export function filter(
  name: string,
  parameters: string,
  run: (value: Value, call: FilterCall) => Value,
): readonly [string, Filter] {
  const names = parameters.split(' ').filter(Boolean);
  return [
    name,
    (runtime, value, args) => {
      const given = bind(`the filter \`${name}\``, names, args);
      const { budget } = runtime;
      const call: FilterCall = {
        runtime,
        budget,
        value: (parameter) => given.get(parameter),
        text(parameter, otherwise) {
          const found = given.get(parameter);
          return found === undefined ? otherwise : textOf(found, budget);
        },
        count(parameter, otherwise) {
          const found = given.get(parameter);
          if (found === undefined) return otherwise;
          const number = asNumber(found);
          if (number !== undefined && !isFloat(number)) return toNumber(number);
          throw new Error(
            `\`${parameter}\` of the filter \`${name}\` takes a whole number, not ${shown(found)}`,
          );
        },
        flag(parameter, otherwise = false) {
          const found = given.get(parameter);
          return found === undefined ? otherwise : isFlag(found);
        },
      };
      return run(value, call);
    },
  ];
}

function shown(value: Value): string {
  return isNum(value) ? numberText(value) : kindOf(value);
}

function isFlag(value: Value): boolean {
  return value !== null && value !== false && asNumber(value) !== 0 && value !== '';
}

/** The arguments by name. */
export function bind(what: string, names: readonly string[], args: CallArguments): Map<string, Value> {
  const { positional, named } = args;
  if (positional.length > names.length) {
    const most = names.length === 0 ? 'no arguments' : `at most ${names.length}: ${names.join(', ')}`;
    throw new Error(`${what} takes ${most}`);
  }
  const given = new Map<string, Value>();
  for (const [index, value] of positional.entries()) given.set(names[index] ?? '', value);
  for (const [name, value] of named) {
    if (!names.includes(name)) {
      const known = names.length === 0 ? 'it takes none' : `it takes ${names.join(', ')}`;
      throw new Error(`${what} has no argument \`${name}\`: ${known}`);
    }
    given.set(name, value);
  }
  return given;
}

/** A text that a filter makes, once its length is known to be allowed. */
export function made(length: number, budget: Budget, make: () => string): string {
  budget.newText(length);
  return make();
}

/** The entries of a list, an object or a text; a missing value has none. */
export function entries(value: Value, name: string, budget: Budget): List {
  return iterate(value, `the filter \`${name}\``, budget);
}

/** Reads `a.b.0` from each entry; several paths are separated by commas. */
export function attributeReader(attribute: Value, otherwise?: Value): (item: Value) => Value {
  const steps = stepsOf(attribute);
  return (item) => {
    let value = item;
    let path = '';
    for (const step of steps) {
      path = path === '' ? String(step) : `${path}.${String(step)}`;
      value = readField(value, step, path);
      if (value instanceof Undefined && otherwise !== undefined) value = otherwise;
    }
    return value;
  };
}

function stepsOf(attribute: Value): readonly (string | number)[] {
  if (typeof attribute === 'string')
    return attribute.split('.').map((step) => (/^\d+$/.test(step) ? Number(step) : step));
  const index = asNumber(required(attribute));
  if (index === undefined) throw new Error(`an attribute is a name, not ${kindOf(attribute)}`);
  return [toNumber(index)];
}
