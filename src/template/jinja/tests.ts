import { bind, type Runtime } from './filter-kit.js';
import { isFloat, isNum, toNumber } from './numbers.js';
import { asNumber, calculate, compare, contains, isEqual } from './operators.js';
import { textOf } from './text.js';
import {
  Callable,
  isList,
  isMapping,
  kindOf,
  required,
  Undefined,
  type CallArguments,
  type Value,
} from './values.js';

export type Test = (runtime: Runtime, value: Value, args: CallArguments) => boolean;

const isInteger = (value: Value): boolean => isNum(value) && !isFloat(value);

/** Jinja2's tests, with Python's semantics. */
export const TESTS: ReadonlyMap<string, Test> = new Map<string, Test>([
  plain('boolean', (value) => typeof value === 'boolean'),
  plain('callable', (value) => value instanceof Callable),
  plain('defined', (value) => !(value instanceof Undefined)),
  withOther('divisibleby', (value, other, { budget }) =>
    isZero(calculate('%', number(value), number(other), budget)),
  ),
  ...(['eq', 'equalto', '=='] as const).map((name) =>
    withOther(name, (a, b, { budget }) => isEqual(a, b, budget)),
  ),
  plain('escaped', () => false),
  plain('even', (value, { budget }) => isZero(calculate('%', number(value), 2, budget))),
  plain('false', (value) => value === false),
  plain('filter', (value, runtime) => runtime.knows('filter', textOf(value, runtime.budget))),
  plain('float', (value) => isNum(value) && isFloat(value)),
  ...ordered(['ge', '>='], '>='),
  ...ordered(['gt', 'greaterthan', '>'], '>'),
  withOther('in', (value, list, { budget }) => contains(list, value, budget)),
  plain('integer', isInteger),
  plain(
    'iterable',
    (value) => typeof value === 'string' || isList(value) || isMapping(value) || value instanceof Undefined,
  ),
  ...ordered(['le', '<='], '<='),
  plain('lower', (value, { budget }) => isCased(textOf(value, budget), 'toLowerCase')),
  ...ordered(['lt', 'lessthan', '<'], '<'),
  plain('mapping', (value) => isMapping(value)),
  ...(['ne', '!='] as const).map((name) => withOther(name, (a, b, { budget }) => !isEqual(a, b, budget))),
  plain('none', (value) => value === null),
  plain('number', (value) => isNum(value) || typeof value === 'boolean'),
  plain('odd', (value, { budget }) => !isZero(calculate('%', number(value), 2, budget))),
  withOther(
    'sameas',
    (a, b, { budget }) => typeof a === typeof b && (a === b || (isNum(a) && isEqual(a, b, budget))),
  ),
  plain('sequence', (value) => typeof value === 'string' || isList(value) || isMapping(value)),
  plain('string', (value) => typeof value === 'string'),
  plain('test', (value, runtime) => runtime.knows('test', textOf(value, runtime.budget))),
  plain('true', (value) => value === true),
  plain('undefined', (value) => value instanceof Undefined),
  plain('upper', (value, { budget }) => isCased(textOf(value, budget), 'toUpperCase')),
]);

function plain(name: string, test: (value: Value, runtime: Runtime) => boolean): readonly [string, Test] {
  return [
    name,
    (runtime, value, args) => {
      bind(`the test \`${name}\``, [], args);
      return test(value, runtime);
    },
  ];
}

function withOther(
  name: string,
  test: (value: Value, other: Value, runtime: Runtime) => boolean,
): readonly [string, Test] {
  return [
    name,
    (runtime, value, args) => {
      const other = bind(`the test \`${name}\``, ['value'], args).get('value');
      if (other === undefined) throw new Error(`the test \`${name}\` takes a value, as in \`is ${name} 3\``);
      return test(value, other, runtime);
    },
  ];
}

function ordered(
  names: readonly string[],
  operator: '<' | '<=' | '>' | '>=',
): readonly (readonly [string, Test])[] {
  return names.map((name) => withOther(name, (a, b, { budget }) => compare(operator, a, b, budget)));
}

function number(value: Value): Value {
  const found = asNumber(required(value));
  if (found === undefined) throw new Error(`this test takes a number, not ${kindOf(value)}`);
  return found;
}

const isZero = (value: Value): boolean => isNum(value) && toNumber(value) === 0;

/** There is a letter, and all letters have this case. */
function isCased(text: string, change: 'toLowerCase' | 'toUpperCase'): boolean {
  return text[change]() === text && text.toLowerCase() !== text.toUpperCase();
}
