import { child, children, identifierName, type Node } from './jinja-ast.js';
import { KNOWN_FUNCTIONS } from './jinja-filters.js';
import type { Comparison } from './types.js';

/** The path from the row to a value inside a template; a step `0` means any entry of a list. */
export interface Origin {
  readonly path: readonly string[];
  /** The value is a list of the values at the path. */
  readonly isListOf?: true;
}

/** Names that the template defines, and the origin of their values where it is known. */
export type Bound = ReadonlyMap<string, Origin | undefined>;

/** Names that the template language itself defines. */
const CONSTANTS = new Set(['true', 'false', 'none', 'True', 'False', 'None', 'loop', 'caller']);

/** True when a name is a column: neither the language nor the template defines it. */
export function isOfRow(name: string, bound: Bound): boolean {
  return !bound.has(name) && !CONSTANTS.has(name) && !KNOWN_FUNCTIONS.includes(name);
}

/** The origin of an expression's value; `undefined` when it is computed or unknown. */
export function originOf(node: Node | undefined, bound: Bound): Origin | undefined {
  switch (node?.type) {
    case 'Identifier': {
      const name = String(node['value']);
      return isOfRow(name, bound) ? { path: [name] } : bound.get(name);
    }
    case 'MemberExpression':
      return memberOrigin(node, bound);
    case 'FilterExpression':
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
export function fieldName(property: Node, isComputed: boolean): string | undefined {
  if (property.type === 'Identifier' && !isComputed) return String(property['value']);
  return property.type === 'StringLiteral' ? String(property['value']) : undefined;
}

function memberOrigin(node: Node, bound: Bound): Origin | undefined {
  const property = child(node, 'property');
  const owner = originOf(child(node, 'object'), bound);
  if (!property || !owner) return undefined;
  if (property.type === 'SliceExpression') return owner;
  if (property.type === 'IntegerLiteral') return entryOf(owner);
  const name = fieldName(property, node['computed'] === true);
  return name === undefined || owner.isListOf ? undefined : { path: [...owner.path, name] };
}

/** Filters that give a list of the same entries. */
const SAME_ENTRIES = new Set(['list', 'sort', 'reverse', 'unique', 'selectattr', 'rejectattr']);

function filterOrigin(node: Node, bound: Bound): Origin | undefined {
  const filter = child(node, 'filter');
  const name = filterName(node);
  const operand = originOf(child(node, 'operand'), bound);
  if (name === undefined || !operand) return undefined;
  if (SAME_ENTRIES.has(name)) return operand;
  if (name === 'first' || name === 'last') return entryOf(operand);
  const attribute = name === 'map' ? attributeOf(name, filter) : undefined;
  const entry = attribute === undefined ? undefined : entryOf(operand);
  return entry && attribute !== undefined
    ? { path: [...entry.path, ...attribute.split('.')], isListOf: true }
    : undefined;
}

export function filterName(node: Node): string | undefined {
  const filter = child(node, 'filter');
  return identifierName(filter) ?? identifierName(filter && child(filter, 'callee'));
}

/** The field of the entries that `map(attribute='x')` or `selectattr('x', …)` reads. */
export function attributeOf(name: string, filter: Node | undefined): string | undefined {
  if (filter?.type !== 'CallExpression') return undefined;
  const [first] = children(filter, 'args');
  const isNamed =
    first?.type === 'KeywordArgumentExpression' && identifierName(child(first, 'key')) === 'attribute';
  const value = name === 'map' ? (isNamed ? child(first, 'value') : undefined) : first;
  return value?.type === 'StringLiteral' ? String(value['value']) : undefined;
}

/** A comparison without positions, which the tree does not have. */
export interface BareComparison {
  readonly operator: Comparison['operator'];
  readonly values: readonly (string | number | boolean)[];
}

/** The literal that `selectattr('role', 'equalto', 'user')` compares with. */
export function attributeComparison(filter: Node | undefined): BareComparison | undefined {
  const [, test, value] = filter ? children(filter, 'args') : [];
  const isEquality =
    test?.type === 'StringLiteral' && ['eq', 'equalto', '=='].includes(String(test['value']));
  const literal = isEquality ? literalOf(value) : undefined;
  return literal === undefined ? undefined : { operator: '==', values: [literal] };
}

const MIRRORED = { '==': '==', '!=': '!=', '<': '>', '<=': '>=', '>': '<', '>=': '<=' } as const;

/** For each side of an operator, the values that the other side lists as literals. */
export function comparisonsOf(node: Node): {
  readonly left?: BareComparison;
  readonly right?: BareComparison;
} {
  const operator = String((node['operator'] as { readonly value?: unknown } | undefined)?.value);
  const [left, right] = [child(node, 'left'), child(node, 'right')];
  if (operator === 'in' || operator === 'not in') {
    const isList = right?.type === 'ArrayLiteral' || right?.type === 'TupleLiteral';
    const values = isList ? children(right, 'value').map(literalOf) : [];
    const known = values.filter((value) => value !== undefined);
    return known.length > 0 && known.length === values.length
      ? { left: { operator: 'in', values: known } }
      : {};
  }
  if (!Object.hasOwn(MIRRORED, operator)) return {};
  const plain = operator as keyof typeof MIRRORED;
  const [onLeft, onRight] = [literalOf(left), literalOf(right)];
  return {
    ...(onRight !== undefined && { left: { operator: plain, values: [onRight] } }),
    ...(onLeft !== undefined && { right: { operator: MIRRORED[plain], values: [onLeft] } }),
  };
}

function literalOf(node: Node | undefined): string | number | boolean | undefined {
  if (node?.type === 'StringLiteral') return String(node['value']);
  if (node?.type === 'IntegerLiteral' || node?.type === 'FloatLiteral') return Number(node['value']);
  const name = identifierName(node)?.toLowerCase();
  return name === 'true' ? true : name === 'false' ? false : undefined;
}
