import { characterCount } from '../../core/code-points.js';
import { jsonIn } from '../../core/json.js';
import {
  attributeReader,
  entries,
  filter,
  type Filter,
  type FilterCall,
  type Runtime,
} from './filter-kit.js';
import { findMatches } from './jsonpath.js';
import { parseJsonPath } from './jsonpath-syntax.js';
import { asNumber, calculate, isEqual, iterate, orderOf, readField } from './operators.js';
import {
  Dict,
  entriesOf,
  hashOf,
  isList,
  isMapping,
  isTruthy,
  kindOf,
  required,
  sizeOf,
  toJson,
  Tuple,
  Undefined,
  type CallArguments,
  type List,
  type Value,
} from './values.js';

/** Jinja2's filters for lists and objects. Where Python gives an iterator, these give a list. */
export const LIST_FILTERS: ReadonlyMap<string, Filter> = new Map<string, Filter>([
  filter('attr', 'name', (value, call) => {
    const name = call.text('name', '');
    return isMapping(value) ? readField(value, name, name) : new Undefined(name);
  }),
  filter('batch', 'linecount fill_with', batched),
  filter('count', '', lengthOf),
  filter('d', 'default_value boolean', withDefault),
  filter('default', 'default_value boolean', withDefault),
  filter('dictsort', 'case_sensitive by reverse', sortedEntries),
  filter(
    'first',
    '',
    (value, { budget }) => entries(value, 'first', budget)[0] ?? new Undefined('the first entry'),
  ),
  filter('groupby', 'attribute default case_sensitive', grouped),
  filter('items', '', (value) => (value instanceof Undefined ? [] : pairsOf(value, 'items'))),
  filter('jsonpath', 'expression', matchesOf),
  filter('keys', '', (value) => pairsOf(value, 'keys').map(([key]) => key ?? null)),
  filter(
    'last',
    '',
    (value, { budget }) => entries(value, 'last', budget).at(-1) ?? new Undefined('the last entry'),
  ),
  filter('length', '', lengthOf),
  filter('list', '', (value, { budget }) => [...entries(value, 'list', budget)]),
  ['map', mapped],
  filter('max', 'case_sensitive attribute', (value, call) => extreme(value, call, 'max')),
  filter('min', 'case_sensitive attribute', (value, call) => extreme(value, call, 'min')),
  filter('random', '', (value, { runtime, budget }) => {
    const list = entries(value, 'random', budget);
    return list.length === 0
      ? new Undefined('a random entry')
      : (list[Math.floor(runtime.random() * list.length)] ?? null);
  }),
  [
    'reject',
    (runtime, value, args) =>
      selected(runtime, value, args, { name: 'reject', keeps: false, byAttribute: false }),
  ],
  [
    'rejectattr',
    (runtime, value, args) =>
      selected(runtime, value, args, { name: 'rejectattr', keeps: false, byAttribute: true }),
  ],
  filter('reverse', '', (value, { budget }) => {
    const list = entries(value, 'reverse', budget).toReversed();
    return typeof value === 'string' ? list.join('') : list;
  }),
  [
    'select',
    (runtime, value, args) =>
      selected(runtime, value, args, { name: 'select', keeps: true, byAttribute: false }),
  ],
  [
    'selectattr',
    (runtime, value, args) =>
      selected(runtime, value, args, { name: 'selectattr', keeps: true, byAttribute: true }),
  ],
  filter('slice', 'slices fill_with', sliced),
  filter('sort', 'reverse case_sensitive attribute', (value, call) => {
    const list = entries(value, 'sort', call.budget);
    const attribute = call.value('attribute') ?? null;
    const reads =
      typeof attribute === 'string' ? attribute.split(',') : attribute === null ? [] : [attribute];
    const keys = reads.length === 0 ? [(item: Value) => item] : reads.map((read) => attributeReader(read));
    const isCased = call.flag('case_sensitive');
    return sortedBy(
      list,
      keys.map((key) => (item) => folded(key(item), isCased)),
      call.flag('reverse'),
      call,
    );
  }),
  filter('sum', 'attribute start', (value, call) => {
    const read = readerOf(call);
    const list = entries(value, 'sum', call.budget);
    return list.reduce((total, item) => added(total, read(item), call), call.value('start') ?? 0);
  }),
  filter('unique', 'case_sensitive attribute', (value, call) => {
    const seen = new Set<string>();
    const key = keyOf(call);
    return entries(value, 'unique', call.budget).filter((item) => {
      const hash = identity(key(item), call);
      return !seen.has(hash) && seen.add(hash);
    });
  }),
  filter('values', '', (value) => pairsOf(value, 'values').map(([, inner]) => inner ?? null)),
]);

function added(total: Value, item: Value, { budget }: FilterCall): Value {
  if (asNumber(required(item)) === undefined && typeof total !== 'string' && !isList(total))
    throw new Error(`the filter \`sum\` takes numbers, not ${kindOf(item)}`);
  return calculate('+', total, item, budget);
}

function lengthOf(value: Value): number {
  if (typeof value === 'string') return characterCount(value);
  if (isList(value)) return value.length;
  if (value instanceof Undefined && value.mistake === undefined) return 0;
  const given = required(value);
  if (isMapping(given)) return sizeOf(given);
  throw new Error(`the filter \`length\` takes a text, a list or an object, not ${kindOf(given)}`);
}

function withDefault(value: Value, call: FilterCall): Value {
  const isMissing = value instanceof Undefined || (call.flag('boolean') && !isTruthy(value));
  return isMissing ? (call.value('default_value') ?? '') : value;
}

function pairsOf(value: Value, name: string): readonly Tuple[] {
  const given = required(value);
  if (!isMapping(given)) throw new Error(`the filter \`${name}\` takes an object, not ${kindOf(given)}`);
  return entriesOf(given).map((pair) => Tuple.make(pair));
}

/** Texts as lower case, unless their case counts. */
const folded = (value: Value, isCased: boolean): Value =>
  typeof value === 'string' && !isCased ? value.toLowerCase() : value;

/** Reads `attribute` of an entry, or the entry itself without it. */
function readerOf(call: FilterCall): (item: Value) => Value {
  const attribute = call.value('attribute') ?? null;
  return attribute === null ? (item) => item : attributeReader(attribute);
}

function keyOf(call: FilterCall): (item: Value) => Value {
  const isCased = call.flag('case_sensitive');
  const read = readerOf(call);
  return (item) => folded(read(item), isCased);
}

/** Lists and objects, which Python cannot tell apart here, are the same when their JSON is. */
function identity(value: Value, { runtime }: FilterCall): string {
  if (value instanceof Undefined) return 'missing';
  if (!isList(value) && !isMapping(value)) return hashOf(value);
  return `json${String(runtime.applyFilter('tojson', value, { positional: [], named: new Map([['sort_keys', true]]) }))}`;
}

function sortedBy(
  list: List,
  keys: readonly ((item: Value) => Value)[],
  isReversed: boolean,
  { budget }: FilterCall,
): List {
  budget.list({}, list.length);
  const keyed = list.map((item) => ({ item, key: keys.map((key) => key(item)) }));
  const sign = isReversed ? -1 : 1;
  return keyed
    .sort((a, b) => {
      for (const [index, key] of a.key.entries()) {
        const order = orderOf(key, b.key[index] ?? null, budget, 'sort');
        if (order !== 0) return order * sign;
      }
      return 0;
    })
    .map(({ item }) => item);
}

function sortedEntries(value: Value, call: FilterCall): List {
  const by = call.text('by', 'key');
  if (by !== 'key' && by !== 'value') throw new Error('the filter `dictsort` sorts by "key" or "value"');
  const at = by === 'key' ? 0 : 1;
  const isCased = call.flag('case_sensitive');
  const key = (pair: Value): Value => folded(isList(pair) ? (pair[at] ?? null) : null, isCased);
  return sortedBy(pairsOf(value, 'dictsort'), [key], call.flag('reverse'), call);
}

function extreme(value: Value, call: FilterCall, name: 'min' | 'max'): Value {
  const [first, ...rest] = entries(value, name, call.budget);
  if (first === undefined) return new Undefined(`the ${name} of nothing`);
  const key = keyOf(call);
  let best = first;
  let bestKey = required(key(first));
  for (const item of rest) {
    const other = key(item);
    const order = orderOf(other, bestKey, call.budget, name);
    if (name === 'min' ? order < 0 : order > 0) [best, bestKey] = [item, required(other)];
  }
  return best;
}

function batched(value: Value, call: FilterCall): List {
  const list = entries(value, 'batch', call.budget);
  const size = positive('batch', call.count('linecount', 0));
  const fill = call.value('fill_with') ?? null;
  const rows: Value[][] = [];
  for (let at = 0; at < list.length; at += size) rows.push(list.slice(at, at + size));
  call.budget.list({}, list.length + rows.length);
  const last = rows.at(-1);
  if (fill !== null && last && last.length < size) {
    call.budget.list({}, size - last.length);
    while (last.length < size) last.push(fill);
  }
  return rows;
}

function sliced(value: Value, call: FilterCall): List {
  const list = entries(value, 'slice', call.budget);
  const slices = positive('slice', call.count('slices', 0));
  const fill = call.value('fill_with') ?? null;
  call.budget.list({}, list.length + slices);
  const each = Math.floor(list.length / slices);
  const longer = list.length % slices;
  return Array.from({ length: slices }, (_, at) => {
    const start = at * each + Math.min(at, longer);
    const part = list.slice(start, start + each + (at < longer ? 1 : 0));
    return fill !== null && at >= longer ? [...part, fill] : part;
  });
}

function positive(name: string, count: number): number {
  if (count < 1)
    throw new Error(`the filter \`${name}\` takes a whole number of at least 1, as in \`| ${name}(3)\``);
  return count;
}

/** Pairs of a value and the entries that have it, which are also read as `grouper` and `list`. */
function grouped(value: Value, call: FilterCall): List {
  const attribute = call.value('attribute');
  if (attribute === undefined) throw new Error('the filter `groupby` takes the name of an attribute');
  const fallback = call.value('default') ?? null;
  const read = attributeReader(attribute, fallback === null ? undefined : fallback);
  const isCased = call.flag('case_sensitive');
  const sorted = sortedBy(
    entries(value, 'groupby', call.budget),
    [(item) => folded(read(item), isCased)],
    false,
    call,
  );
  const groups: { readonly key: Value; readonly list: Value[] }[] = [];
  for (const item of sorted) {
    const key = read(item);
    const last = groups.at(-1);
    if (last && isEqual(folded(last.key, isCased), folded(key, isCased), call.budget)) last.list.push(item);
    else groups.push({ key, list: [item] });
  }
  return groups.map(({ key, list }) => Tuple.make([key, list], ['grouper', 'list']));
}

/** `map(attribute='a.b')`, or `map('filter', …)` with the filter's arguments. */
function mapped(runtime: Runtime, value: Value, { positional, named }: CallArguments): Value {
  if (!isTruthy(value)) return [];
  const list = entries(value, 'map', runtime.budget);
  runtime.budget.list({}, list.length);
  const [name, ...rest] = positional;
  const attribute = named.get('attribute');
  if (name === undefined) {
    const unknown = [...named.keys()].find((key) => key !== 'attribute' && key !== 'default');
    if (attribute === undefined || unknown !== undefined)
      throw new Error(
        "the filter `map` takes `attribute='name'` with an optional `default`, or the name of a filter",
      );
    const fallback = named.get('default') ?? null;
    return list.map(attributeReader(attribute, fallback === null ? undefined : fallback));
  }
  if (typeof name !== 'string')
    throw new Error(`the filter \`map\` takes the name of a filter, not ${kindOf(name)}`);
  return list.map((item) => {
    runtime.budget.step();
    return runtime.applyFilter(name, item, { positional: rest, named });
  });
}

/** `select`, `reject` and the like: the name of a test with its arguments, else whether the value is true. */
function selected(
  runtime: Runtime,
  value: Value,
  { positional, named }: CallArguments,
  {
    name,
    keeps,
    byAttribute,
  }: { readonly name: string; readonly keeps: boolean; readonly byAttribute: boolean },
): Value {
  if (!isTruthy(value)) return [];
  const list = iterate(value, `the filter \`${name}\``, runtime.budget);
  const attribute = byAttribute ? positional[0] : undefined;
  const [test, ...rest] = byAttribute ? positional.slice(1) : positional;
  if (byAttribute && attribute === undefined)
    throw new Error(`the filter \`${name}\` takes the name of an attribute`);
  const read = attribute === undefined ? (item: Value) => item : attributeReader(attribute);
  if (test !== undefined && typeof test !== 'string')
    throw new Error(`the filter \`${name}\` takes the name of a test, not ${kindOf(test)}`);
  return list.filter((item) => {
    runtime.budget.step();
    const tested = read(item);
    return (
      (test === undefined
        ? isTruthy(tested)
        : runtime.applyTest(test, tested, { positional: rest, named })) === keeps
    );
  });
}

/** For `dict(…)`: an object, or a list of pairs. */
export function dictFrom(value: Value, budget: Runtime['budget']): Dict {
  const given = required(value);
  if (isMapping(given)) return Dict.make(entriesOf(given));
  const pairs = iterate(given, '`dict`', budget).map((pair): readonly [Value, Value] => {
    if (!isList(pair) || pair.length !== 2) throw new Error('`dict` takes an object or a list of pairs');
    return [pair[0] ?? null, pair[1] ?? null];
  });
  return Dict.make(pairs);
}

/** As in Data Designer, JSON in a text is read; its filter takes objects only. */
function matchesOf(value: Value, call: FilterCall): Value {
  const read = typeof value === 'string' ? (jsonIn(value) ?? null) : toJson(required(value));
  if (typeof read !== 'object' || read === null) {
    const given = typeof value === 'string' ? 'text without one in JSON' : kindOf(value);
    throw new Error(`the filter \`jsonpath\` takes an object or a list, not ${given}`);
  }
  const source = call.text('expression', '$');
  const path = parseJsonPath(source);
  if (!path.ok) throw new Error(`\`${source}\` is not a JSONPath: ${path.error.message}`);
  return findMatches(path.value, read, call.budget);
}
