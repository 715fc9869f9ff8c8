import { Interpreter } from '@huggingface/jinja';
import { Budget, type BudgetLimits } from '../sandbox/budget.js';
import { allChildren, child, children, identifierName, type Node } from './jinja-ast.js';

/** What going round once costs, beside what is done in it. */
const STEPS_A_TURN = 5;

/** Spaces. */
const WIDEST_INDENT = 1000;

/** What is to be known about a template before it is rendered. */
export interface TemplatePlan {
  /** What loops go through. */
  readonly iterables: ReadonlySet<unknown>;
  /** What says how far to indent. */
  readonly widths: ReadonlySet<unknown>;
  /** Whether it can go round, or use what it made to make more; without that its work is bounded by the row. */
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

/** A value of the library's; none at all for the first entry of an empty list. */
type Result = { readonly value: unknown } | undefined;

/** The part of the library's interpreter that we use: its types are not to be had. */
type Base = new (environment: unknown) => {
  run(program: Node): { readonly value: unknown };
  evaluate(node: Node | undefined, environment: unknown): Result;
};

/** The library's interpreter, which gives up on a template that does or makes far more than any prompt needs. */
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

  /** Called for every node of the tree whenever its turn comes. */
  override evaluate(node: Node | undefined, environment: unknown): Result {
    this.#budget.step();
    const result = super.evaluate(node, environment);
    const value = result?.value;
    const isMade = node !== undefined && MAKERS.has(node.type);
    if (Array.isArray(value)) this.#budget.list(value, value.length);
    else if (typeof value === 'string') this.#budget[isMade ? 'newText' : 'text'](value.length);
    if (this.plan.iterables.has(node)) this.#budget.step(STEPS_A_TURN * sizeOf(value));
    if (this.plan.widths.has(node)) checkWidths(value);
    return result;
  }
}

/** What has a text of its own as its result; others have what they were given, or put it together. */
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
