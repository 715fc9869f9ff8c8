import { isRegExp } from 'node:util/types';
import { isObject } from '../core/json.js';
import type { ComparedValue, Comparison } from './types.js';
import type { WrittenPattern } from '../sandbox/regex-safety.js';

/** Literal values in JSONata's syntax tree, whose positions are those of a token's end. */

const OPERATORS = { '=': '==', '!=': '!=', '<': '<', '<=': '<=', '>': '>', '>=': '>=', in: 'in' } as const;
const MIRRORED = {
  '==': '==',
  '!=': '!=',
  '<': '>',
  '<=': '>=',
  '>': '<',
  '>=': '<=',
  in: undefined,
} as const;

type Tree = Readonly<Record<string, unknown>>;

/** The values that one side of an operator is compared with, when the other side is a literal. */
export function comparisonIn(node: object, side: 'lhs' | 'rhs'): Comparison | undefined {
  const { value: sign, lhs, rhs } = node as Tree;
  if (typeof sign !== 'string' || !Object.hasOwn(OPERATORS, sign)) return undefined;
  const plain = OPERATORS[sign as keyof typeof OPERATORS];
  const operator = side === 'lhs' ? plain : MIRRORED[plain];
  const values = literals(side === 'lhs' ? rhs : lhs, operator === 'in');
  return operator && values.length > 0 ? { operator, values, isLoose: false } : undefined;
}

function literals(node: unknown, isListed: boolean): readonly ComparedValue[] {
  if (!isObject(node)) return [];
  if (isListed && node['type'] === 'unary' && node['value'] === '[') {
    const { expressions } = node as Tree;
    const entries = Array.isArray(expressions) ? (expressions as unknown[]) : [];
    const values = entries.map((entry) => literal(entry));
    return values.every((value) => value !== undefined) ? values : [];
  }
  const only = literal(node);
  return only ? [only] : [];
}

function literal(node: unknown): ComparedValue | undefined {
  const { type, value, position } = isObject(node) ? (node as Tree) : {};
  const end = Number(position);
  const isBoolean = type === 'value' && typeof value === 'boolean';
  if (type === 'string' && typeof value === 'string')
    return { value, span: { offset: Math.max(0, end - 1 - value.length), length: value.length } };
  if (!isBoolean && !(type === 'number' && typeof value === 'number')) return undefined;
  const { length } = String(value);
  return { value: value as number | boolean, span: { offset: Math.max(0, end - length), length } };
}

/** Every `/pattern/` in an expression. */
export function writtenPatterns(tree: unknown): readonly WrittenPattern[] {
  if (Array.isArray(tree)) return (tree as unknown[]).flatMap(writtenPatterns);
  if (isRegExp(tree) || typeof tree !== 'object' || tree === null) return [];
  const { type, value, position } = tree as Tree;
  if (type === 'regex' && isRegExp(value)) {
    const { source, flags } = value;
    const written = flags.replace('g', '');
    const length = source.length + 2 + written.length;
    return [{ source, flags: written, span: { offset: Math.max(0, Number(position) - length), length } }];
  }
  return Object.values(tree).flatMap(writtenPatterns);
}
