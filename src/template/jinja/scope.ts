import type { Expression } from './ast.js';
import { isNum, numberText } from './numbers.js';
import type { Value } from './values.js';

/** Names that the template defines, from the inside out. */
export class Scope {
  readonly #values = new Map<string, Value>();

  constructor(private readonly outer?: Scope) {}

  set(name: string, value: Value): void {
    this.#values.set(name, value);
  }

  get(name: string): Value | undefined {
    return this.#values.get(name) ?? (this.#values.has(name) ? null : this.outer?.get(name));
  }
}

export const hasNoValue = (path: string): string => `\`${path}\` has no value in this row`;

/** An expression as it is written, for messages. */
export function pathText(node: Expression): string {
  if (node.type === 'name') return node.name;
  if (node.type === 'field') return `${pathText(node.object)}.${node.name}`;
  if (node.type !== 'item') return '(…)';
  const { index } = node;
  if (index.type !== 'literal') return `${pathText(node.object)}[…]`;
  return typeof index.value === 'string'
    ? `${pathText(node.object)}.${index.value}`
    : `${pathText(node.object)}[${isNum(index.value) ? numberText(index.value) : '…'}]`;
}
