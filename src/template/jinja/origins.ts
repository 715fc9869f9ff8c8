import type { Arguments, CompareOperator, Expression, Filter } from './ast.js';
import { Float, isNum, toNumber } from './numbers.js';
import type { ComparedValue, Comparison } from '../types.js';

/** The path from the row to a value inside a template; a step `0` means any entry of a list. */
export interface Origin {
  readonly path: readonly string[];
  /** The value is a list of the values at the path. */
  readonly isListOf?: true;
}

/** Names that the template defines, and the origin of their values where it is known. */
export type Bound = ReadonlyMap<string, Origin | undefined>;

/** The origin of an expression's value; `undefined` when it is computed or unknown. */
export function originOf(node: Expression, bound: Bound): Origin | undefined {
  switch (node.type) {
    case 'name':
      return bound.has(node.name) ? bound.get(node.name) : { path: [node.name] };
    case 'slice':
      return originOf(node.object, bound);
    case 'field':
    case 'item': {
      const owner = originOf(node.object, bound);
      const name = fieldName(node);
      if (!owner) return undefined;
      if (name !== undefined) return owner.isListOf ? undefined : { path: [...owner.path, name] };
      return node.type === 'item' && isIndex(node.index) ? entryOf(owner) : undefined;
    }
    case 'filter':
      return filterOrigin(node, bound);
    default:
      return undefined;
  }
}

/** Any entry of a list. */
export function entryOf(origin: Origin | undefined): Origin | undefined {
  if (!origin) return undefined;
  return { path: origin.isListOf ? origin.path : [...origin.path, '0'] };
}

/** `a.b` and `a['b']` name a field; an index, a slice or a computed key does not. */
export function fieldName(node: Extract<Expression, { type: 'field' | 'item' }>): string | undefined {
  if (node.type === 'field') return node.name;
  return node.index.type === 'literal' && typeof node.index.value === 'string' ? node.index.value : undefined;
}

/** A number that is written out. */
export function isIndex(node: Expression): boolean {
  if (node.type === 'unary') return isIndex(node.operand);
  return node.type === 'literal' && isNum(node.value);
}

/** Filters that give a list of the same entries. */
const SAME_ENTRIES = new Set([
  'list',
  'reject',
  'rejectattr',
  'reverse',
  'select',
  'selectattr',
  'sort',
  'unique',
]);

/** Filters that give one of the entries. */
const ONE_ENTRY = new Set(['first', 'last', 'max', 'min', 'random']);

function filterOrigin(node: Filter, bound: Bound): Origin | undefined {
  const operand = originOf(node.operand, bound);
  if (!operand || SAME_ENTRIES.has(node.name)) return operand;
  if (ONE_ENTRY.has(node.name)) return entryOf(operand);
  const attribute = node.name === 'map' ? attributeOf(node)?.text : undefined;
  const entry = attribute === undefined ? undefined : entryOf(operand);
  return entry && attribute !== undefined
    ? { path: [...entry.path, ...attribute.split('.')], isListOf: true }
    : undefined;
}

/** Where each filter names a field of the entries: the position, or the name, of its argument. */
const ATTRIBUTES: Readonly<Record<string, number | undefined>> = {
  groupby: 0, join: 1, map: undefined, max: 1, min: 1, rejectattr: 0, selectattr: 0, sort: 2, sum: 0, unique: 1,
}; // prettier-ignore

/** The field of the entries that `map(attribute='x')`, `selectattr('x', …)` and the like read, with its literal. */
export function attributeOf({
  name,
  args,
}: Filter): { readonly text: string; readonly node: Expression } | undefined {
  if (!Object.hasOwn(ATTRIBUTES, name)) return undefined;
  const at = ATTRIBUTES[name];
  const positional = at === undefined ? undefined : args.positional[at];
  const node = positional ?? args.named.find((argument) => argument.name === 'attribute')?.value;
  if (node?.type !== 'literal' || typeof node.value !== 'string' || node.value.includes(','))
    return undefined;
  return { text: node.value, node };
}

/** The literal that `selectattr('role', 'equalto', 'user')` compares with. */
export function attributeComparison({ positional }: Arguments): Comparison | undefined {
  const [, test, value] = positional;
  const isEquality =
    test?.type === 'literal' &&
    typeof test.value === 'string' &&
    ['eq', 'equalto', '=='].includes(test.value);
  const literal = isEquality && value ? literalOf(value) : undefined;
  return literal && { operator: '==', values: [literal], isLoose: false };
}

const MIRRORED = { '==': '==', '!=': '!=', '<': '>', '<=': '>=', '>': '<', '>=': '<=' } as const;

/** What the left side of an operator is compared with, if the right side lists literals. */
export function comparisonOf(operator: CompareOperator, right: Expression): Comparison | undefined {
  if (operator !== 'in' && operator !== 'not in') {
    const literal = literalOf(right);
    return literal && { operator, values: [literal], isLoose: true };
  }
  const values = right.type === 'list' || right.type === 'tuple' ? right.items.map(literalOf) : [];
  const known = values.filter((value) => value !== undefined);
  return known.length > 0 && known.length === values.length
    ? { operator: 'in', values: known, isLoose: true }
    : undefined;
}

/** The same for the right side. */
export function mirroredComparison(left: Expression, operator: CompareOperator): Comparison | undefined {
  if (operator === 'in' || operator === 'not in') return undefined;
  const literal = literalOf(left);
  return literal && { operator: MIRRORED[operator], values: [literal], isLoose: true };
}

function literalOf(node: Expression): ComparedValue | undefined {
  if (node.type === 'unary' && node.operator === '-') {
    const inner = literalOf(node.operand);
    return typeof inner?.value === 'number' ? { value: -inner.value, span: spanOf(node) } : undefined;
  }
  if (node.type !== 'literal') return undefined;
  const { value } = node;
  if (typeof value === 'string') return { value, span: withoutQuotes(node) };
  if (typeof value === 'boolean') return { value, span: spanOf(node) };
  return typeof value === 'number' || value instanceof Float
    ? { value: toNumber(value), span: spanOf(node) }
    : undefined;
}

export const spanOf = ({ offset, length }: Expression): { offset: number; length: number } => ({
  offset,
  length,
});

export const withoutQuotes = ({ offset, length }: Expression): { offset: number; length: number } => ({
  offset: offset + 1,
  length: length - 2,
});
