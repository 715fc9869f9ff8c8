import type { Json } from '../json.js';
import { child, children, type Node } from './jinja-ast.js';
import { fieldName, isOfRow } from './jinja-values.js';
import type { Scope } from './types.js';

/**
 * What a template without filters, conditions and loops consists of: its own words, and paths to values of
 * the row. Most prompts are such, and where the values are texts there is nothing to interpret.
 */
export type PlainPart = string | readonly (string | number)[];

/** The parts of a template; `undefined` when there is more in it than words and paths. */
export function plainPartsOf(program: Node): readonly PlainPart[] | undefined {
  const parts = children(program, 'body').map((node) =>
    node.type === 'StringLiteral' ? String(node['value']) : stepsOf(node),
  );
  return parts.every((part) => part !== undefined) ? parts : undefined;
}

/** The template's text; `undefined` when a value is no text: how others print, the interpreter knows. */
export function joinTexts(parts: readonly PlainPart[], scope: Scope): string | undefined {
  let text = '';
  for (const part of parts) {
    const value = typeof part === 'string' ? part : valueAt(scope, part);
    if (typeof value !== 'string') return undefined;
    text += value;
  }
  return text;
}

function stepsOf(node: Node | undefined): readonly (string | number)[] | undefined {
  if (node?.type === 'Identifier') {
    const name = String(node['value']);
    return isOfRow(name, new Map()) ? [name] : undefined;
  }
  const property = node?.type === 'MemberExpression' ? child(node, 'property') : undefined;
  const owner = node && property && stepsOf(child(node, 'object'));
  const step =
    property?.type === 'IntegerLiteral'
      ? Number(property['value'])
      : property && fieldName(property, node?.['computed'] === true);
  return owner && step !== undefined ? [...owner, step] : undefined;
}

function valueAt(scope: Scope, steps: readonly (string | number)[]): Json | undefined {
  let value: Json | undefined = scope;
  for (const step of steps) {
    if (typeof value !== 'object' || value === null) return undefined;
    if (Array.isArray(value) !== (typeof step === 'number') || !Object.hasOwn(value, step)) return undefined;
    value = (value as Readonly<Record<string | number, Json>>)[step];
  }
  return value;
}
