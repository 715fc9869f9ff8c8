import { Interpreter } from '@huggingface/jinja';
import { characterCount, sliceCharacters } from '../core/code-points.js';
import { Budget, type BudgetLimits } from '../sandbox/budget.js';
import { allChildren, child, children, identifierName, type Node } from './jinja-ast.js';

/** Steps of one round of a loop, in addition to those of its body. */
const STEPS_PER_ROUND = 5;

/** Spaces. */
const WIDEST_INDENT = 1000;

/** Facts about a template that its limits need. */
export interface TemplatePlan {
  /** Nodes that loops iterate over. */
  readonly iterables: ReadonlySet<unknown>;
  /** Nodes that give the width of an indent. */
  readonly widths: ReadonlySet<unknown>;
  /** True when it has loops, macros or `set`; without them its work is bounded by the size of the row. */
  readonly isProgram: boolean;
}

const PROGRAM_NODES = new Set(['For', 'Set', 'Macro', 'CallStatement']);

export function planOf(program: Node): TemplatePlan {
  const nodes = withInner(program);
  const loops = nodes.filter(({ type }) => type === 'For').map((loop) => child(loop, 'iterable'));
  return {
    iterables: new Set(loops.map((node) => (node?.type === 'SelectExpression' ? node['lhs'] : node))),
    widths: new Set(nodes.flatMap(widthsOf)),
    isProgram: nodes.some(({ type }) => PROGRAM_NODES.has(type)),
  };
}

function withInner(node: Node, found: Node[] = []): readonly Node[] {
  found.push(node);
  for (const inner of allChildren(node)) withInner(inner, found);
  return found;
}

/** The arguments of `indent` and `tojson`, also where they are unpacked: `indent(*widths)`. */
function widthsOf(node: Node): readonly unknown[] {
  const isFilter = node.type === 'FilterExpression' || node.type === 'FilterStatement';
  const filter = isFilter ? child(node, 'filter') : undefined;
  const name = identifierName(filter && child(filter, 'callee'));
  if (!filter || (name !== 'indent' && name !== 'tojson')) return [];
  return children(filter, 'args').map((argument) => argument[INNER[argument.type] ?? ''] ?? argument);
}

/** Where an argument has its value, if it is not the argument itself. */
const INNER: Readonly<Record<string, string>> = {
  KeywordArgumentExpression: 'value',
  SpreadExpression: 'argument',
  KeywordSpreadExpression: 'argument',
};

/** A value of the library; `undefined` for the first entry of an empty list. */
type Result = { readonly value: unknown } | undefined;

/** The part of the library's interpreter that is used here; the library exports no types for it. */
type Base = new (environment: unknown) => {
  run(program: Node): { readonly value: unknown };
  evaluate(node: Node | undefined, environment: unknown): Result;
  applyFilter(operand: Result, filter: Node, environment: unknown): Result;
  evaluateMemberExpression(node: Node, environment: unknown): Result;
};

/** The library's interpreter with a budget: it stops a template that uses far more than any prompt needs. */
export class BoundedInterpreter extends (Interpreter as unknown as Base) {
  readonly #budget: Budget;

  constructor(
    environment: unknown,
    private readonly plan: TemplatePlan,
    limits: BudgetLimits,
  ) {
    super(environment);
    this.#budget = new Budget(limits);
  }

  /** Called for every node each time it is evaluated. */
  override evaluate(node: Node | undefined, environment: unknown): Result {
    this.#budget.step();
    const result = super.evaluate(node, environment);
    const value = result?.value;
    const isMade = node !== undefined && MAKERS.has(node.type);
    if (Array.isArray(value)) this.#budget.list(value, value.length);
    else if (typeof value === 'string') this.#budget[isMade ? 'newText' : 'text'](value.length);
    if (this.plan.iterables.has(node)) this.#budget.step(STEPS_PER_ROUND * sizeOf(value));
    if (this.plan.widths.has(node)) checkWidths(value);
    return result;
  }

  /** `length` counts characters as Python does; the library counts UTF-16 units. */
  override applyFilter(operand: Result, filter: Node, environment: unknown): Result {
    const result = super.applyFilter(operand, filter, environment);
    const isLength = identifierName(filter) === 'length' && typeof operand?.value === 'string';
    return result && isLength ? withValue(result, characterCount(String(operand.value))) : result;
  }

  /** `text[0]` is a character and not half of one. */
  override evaluateMemberExpression(node: Node, environment: unknown): Result {
    const result = super.evaluateMemberExpression(node, environment);
    if (typeof result?.value !== 'string' || result.value.length !== 1 || node['computed'] !== true)
      return result;
    const text = this.evaluate(child(node, 'object'), environment)?.value;
    const index = this.evaluate(child(node, 'property'), environment)?.value;
    if (typeof text !== 'string' || typeof index !== 'number') return result;
    const character = sliceCharacters(text, index, index === -1 ? undefined : index + 1);
    return withValue(result, character);
  }
}

/** The library's value with another content. */
function withValue(result: NonNullable<Result>, value: unknown): Result {
  return Object.assign(Object.create(Object.getPrototypeOf(result) as object) as object, result, { value });
}

/** Nodes that make new text; others pass text on or concatenate it. */
const MAKERS = new Set(['CallExpression', 'FilterExpression', 'FilterStatement']);

function sizeOf(value: unknown): number {
  return Array.isArray(value) ? value.length : value instanceof Map ? value.size : 0;
}

/** The value of an argument, or a list or object of such. */
function checkWidths(value: unknown): void {
  const isTooWide = (width: unknown): boolean => typeof width === 'number' && width > WIDEST_INDENT;
  const inner = Array.isArray(value) || value instanceof Map ? [...value.values()] : [];
  if (isTooWide(value) || inner.some((entry: { readonly value: unknown }) => isTooWide(entry.value)))
    throw new Error(`an indent is limited to ${WIDEST_INDENT} spaces`);
}
