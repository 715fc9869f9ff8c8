/**
 * Evaluates JSONPath (RFC 9535), for the filter `jsonpath`. Paths and values are not trusted: every value that a path
 * visits is a step of the template's budget, and the patterns of `match()` and `search()` cannot run for long. Members
 * of objects come in the order of the document, which the RFC leaves open.
 */
import { isDeepStrictEqual } from 'node:util';
import { byCodePoint, characterCount } from '../../core/code-points.js';
import { isObject, ownValue, type Json } from '../../core/json.js';
import { boundedRegExp } from '../../sandbox/bounded-regexp.js';
import type { Budget } from '../../sandbox/budget.js';
import type { Binary, Expression, Path, Segment, Selector, Slice } from './jsonpath-syntax.js';

/** The values that a path matches. */
export function findMatches(path: Path, root: Json, budget: Budget): readonly Json[] {
  return nodesOf(path, { root, current: root, budget });
}

interface Place {
  readonly root: Json;
  /** What `@` is. */
  readonly current: Json;
  readonly budget: Budget;
}

function nodesOf({ from, segments }: Path, place: Place): readonly Json[] {
  return segments.reduce<readonly Json[]>(
    (values, segment) => matchesOf(segment, values, place),
    [from === 'root' ? place.root : place.current],
  );
}

function matchesOf({ descends, selectors }: Segment, values: readonly Json[], place: Place): readonly Json[] {
  const found: Json[] = [];
  for (const value of values)
    for (const visited of descends ? withDescendants(value) : [value]) {
      place.budget.step();
      for (const selector of selectors)
        for (const match of select(selector, visited, place)) {
          place.budget.step();
          found.push(match);
        }
    }
  return found;
}

function* withDescendants(value: Json): Generator<Json> {
  // A stack of its own: recursive generators take time in proportion to the depth for every value.
  const left = [value];
  for (let next = left.pop(); next !== undefined; next = left.pop()) {
    yield next;
    const children = childrenOf(next);
    for (let at = children.length - 1; at >= 0; at -= 1) left.push(children[at] ?? null);
  }
}

function childrenOf(value: Json): readonly Json[] {
  if (Array.isArray(value)) return value as readonly Json[];
  return isObject(value) ? Object.values(value) : [];
}

function* select(selector: Selector, value: Json, place: Place): Generator<Json> {
  switch (selector.type) {
    case 'any':
      return yield* childrenOf(value);
    case 'name': {
      const member = isObject(value) ? ownValue(value, selector.name) : undefined;
      if (member !== undefined) yield member;
      return;
    }
    case 'index': {
      const entry = Array.isArray(value) ? (value as readonly Json[]).at(selector.index) : undefined;
      if (entry !== undefined) yield entry;
      return;
    }
    case 'slice':
      if (Array.isArray(value)) yield* slice(value as readonly Json[], selector);
      return;
    case 'filter':
      for (const child of childrenOf(value))
        if (holds(selector.condition, { ...place, current: child })) yield child;
  }
}

/** RFC 9535, section 2.3.4.2.2. */
function* slice(list: readonly Json[], { start, stop, step = 1 }: Slice): Generator<Json> {
  const bound = (given: number | undefined, otherwise: number, least: number): number => {
    const at = given === undefined ? otherwise : given < 0 ? list.length + given : given;
    return Math.min(Math.max(at, least), list.length + least);
  };
  if (step > 0) {
    const end = bound(stop, list.length, 0);
    for (let at = bound(start, 0, 0); at < end; at += step) yield list[at] ?? null;
  }
  if (step < 0) {
    const end = bound(stop, -1, -1);
    for (let at = bound(start, list.length - 1, -1); at > end; at += step) yield list[at] ?? null;
  }
}

function holds(condition: Expression, place: Place): boolean {
  place.budget.step();
  switch (condition.type) {
    case 'binary':
      return decide(condition, place);
    case 'not':
      return !holds(condition.operand, place);
    case 'path':
      return nodesOf(condition.path, place).length > 0;
    case 'call':
      return isMatch(condition.name, condition.args, place);
    case 'literal':
      return condition.value === true;
  }
}

function decide({ operator, left, right }: Binary, place: Place): boolean {
  if (operator === '&&') return holds(left, place) && holds(right, place);
  if (operator === '||') return holds(left, place) || holds(right, place);
  const [a, b] = [valueOf(left, place), valueOf(right, place)];
  if (operator === '<' || operator === '>') return operator === '<' ? isLess(a, b) : isLess(b, a);
  const isSame = isEqual(a, b, place);
  if (operator === '==' || operator === '!=') return isSame === (operator === '==');
  return isSame || (operator === '<=' ? isLess(a, b) : isLess(b, a));
}

function isEqual(a: Json | undefined, b: Json | undefined, { budget }: Place): boolean {
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return a === b;
  for (const _ of withDescendants(a)) budget.step();
  return isDeepStrictEqual(a, b);
}

function isLess(a: Json | undefined, b: Json | undefined): boolean {
  if (typeof a === 'number' && typeof b === 'number') return a < b;
  return typeof a === 'string' && typeof b === 'string' && byCodePoint(a, b) < 0;
}

/** `undefined` is the value of a path that matches nothing, and of a function that has no result. */
function valueOf(node: Expression, place: Place): Json | undefined {
  switch (node.type) {
    case 'literal':
      return node.value;
    case 'path':
      return nodesOf(node.path, place)[0];
    case 'call':
      return node.args[0] && resultOf(node.name, node.args[0], place);
    default:
      return holds(node, place);
  }
}

/** `length()`, `count()` and `value()`. */
function resultOf(name: string, argument: Expression, place: Place): Json | undefined {
  if (name === 'length') {
    const value = valueOf(argument, place);
    if (typeof value === 'string') return characterCount(value);
    return typeof value === 'object' && value !== null ? childrenOf(value).length : undefined;
  }
  const nodes = argument.type === 'path' ? nodesOf(argument.path, place) : [];
  if (name === 'count') return nodes.length;
  return nodes.length === 1 ? nodes[0] : undefined;
}

/** `match()` and `search()`: false for what is not text, and for what is not a regular expression. */
function isMatch(name: string, [first, second]: readonly Expression[], place: Place): boolean {
  const text = first && valueOf(first, place);
  const pattern = second && valueOf(second, place);
  if (typeof text !== 'string' || typeof pattern !== 'string') return false;
  const source = asInJavaScript(pattern);
  try {
    return boundedRegExp(name === 'match' ? `^(?:${source})$` : source, 'u').test(text);
  } catch (error) {
    if (error instanceof SyntaxError) return false;
    throw error;
  }
}

/** I-Regexp (RFC 9485): `.` matches all but CR and LF. */
const asInJavaScript = (pattern: string): string =>
  pattern.replaceAll(/\\.|\[(?:\\.|[^\]\\])*\]|\./gsu, (part) => (part === '.' ? '[^\\n\\r]' : part));
