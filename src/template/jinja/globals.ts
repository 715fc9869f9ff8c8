import type { Budget } from '../../sandbox/budget.js';
import { dictFrom } from './list-filters.js';
import { asNumber } from './operators.js';
import { toNumber } from './numbers.js';
import { Callable, Dict, entriesOf, Namespace, Undefined, type CallArguments, type Value } from './values.js';

const RANGE_LIMIT = 10_000;

/** Functions of every template. A template can shadow them; none of them reads a clock or the host. */
export const FUNCTIONS: Readonly<Record<string, (args: CallArguments, budget: Budget) => Value>> = {
  cycler: ({ positional }) => {
    if (positional.length === 0) throw new Error('`cycler` takes at least one value');
    let at = 0;
    const fields = new Map<string, Value>([['current', positional[0] ?? null]]);
    const move = (to: number): Value => {
      const value = positional[at] ?? null;
      at = to % positional.length;
      fields.set('current', positional[at] ?? null);
      return value;
    };
    fields.set('next', new Callable('next', () => move(at + 1)));
    fields.set('reset', new Callable('reset', () => (move(0), null)));
    return new Namespace(fields);
  },
  dict: ({ positional: [given], named }, budget) =>
    Dict.make([...(given === undefined ? [] : entriesOf(dictFrom(given, budget))), ...named]),
  joiner: ({ positional: [separator = ', '] }) => {
    let isFirst = true;
    return new Callable('joiner', () => {
      if (!isFirst) return separator;
      isFirst = false;
      return '';
    });
  },
  namespace: ({ positional: [given], named }, budget) => {
    const entries = given === undefined ? [] : entriesOf(dictFrom(given, budget));
    return new Namespace(
      new Map([...entries.map(([key, value]) => [String(key), value] as const), ...named]),
    );
  },
  range: ({ positional }, budget) => {
    const numbers = positional.map((value) => {
      const number = value instanceof Undefined ? undefined : asNumber(value);
      if (number === undefined || !Number.isInteger(toNumber(number)))
        throw new Error('`range` takes whole numbers');
      return toNumber(number);
    });
    const [first = 0, second, step = 1] = numbers;
    const [from, to] = second === undefined ? [0, first] : [first, second];
    if (numbers.length === 0 || numbers.length > 3)
      throw new Error('`range` takes one to three whole numbers');
    if (step === 0) throw new Error('the step of `range` cannot be 0');
    const length = Math.ceil((to - from) / step);
    if (!(length <= RANGE_LIMIT)) throw new Error(`range() is limited to ${RANGE_LIMIT} numbers`);
    const list = Array.from({ length: Math.max(0, length) }, (_, index) => from + index * step);
    budget.list(list, list.length);
    return list;
  },
};
