import type { Json } from '../../core/json.js';
import type { Body, Expression } from './ast.js';
import { fieldName } from './origins.js';
import type { Scope } from '../types.js';

/**
 * A part of a template without filters, conditions and loops: literal text, or the path to a value of the row. Most
 * prompts consist of these, and need no interpreter when the values are texts.
 */
type PlainPart = string | readonly (string | number)[];

/** The parts of a template; `undefined` when it has other parts than text and paths. */
export function plainPartsOf(body: Body): readonly PlainPart[] | undefined {
  const parts = body.map((statement) => {
    if (statement.type === 'text') return statement.value;
    const [value, ...others] = statement.type === 'print' ? statement.values : [];
    return value && others.length === 0 ? stepsOf(value) : undefined;
  });
  return parts.every((part) => part !== undefined) ? parts : undefined;
}

/** The rendered text; `undefined` when a value is not a text, which only the interpreter can print. */
export function joinTexts(parts: readonly PlainPart[], scope: Scope): string | undefined {
  let text = '';
  for (const part of parts) {
    const value = typeof part === 'string' ? part : valueAt(scope, part);
    if (typeof value !== 'string') return undefined;
    text += value;
  }
  return text;
}

function stepsOf(node: Expression): readonly (string | number)[] | undefined {
  if (node.type === 'name') return [node.name];
  if (node.type !== 'field' && node.type !== 'item') return undefined;
  const owner = stepsOf(node.object);
  const index = node.type === 'item' && node.index.type === 'literal' ? node.index.value : undefined;
  const step = typeof index === 'number' ? index : fieldName(node);
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
