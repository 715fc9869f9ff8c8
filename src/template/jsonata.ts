import { createRequire } from 'node:module';
import type { JsonataError } from 'jsonata';
import { isObject, type Json } from '../json.js';
import { err, ok } from '../result.js';
import { FORBIDDEN, unknownFunctions } from './jsonata-functions.js';
import { comparisonIn, writtenPatterns } from './jsonata-literals.js';
import type { Expression, Parsed, Reference, Scope, TemplateProblem } from './types.js';

/** A node of JSONata's syntax tree; its own types leave out `path` and others. */
interface ExprNode {
  readonly type: string;
  readonly value?: unknown;
  /** Offset of the token's end. */
  readonly position?: number;
  readonly steps?: readonly ExprNode[];
  readonly stages?: readonly unknown[];
  readonly lhs?: unknown;
  readonly rhs?: unknown;
}

/** An expression may take this long, nest this deep and make lists this long; none of it is ours to trust. */
const LIMITS = { timeout: 1000, stack: 500, sequence: 1_000_000 };

/** JSONata is CommonJS and only needed by recipes that use it. */
const load = (): typeof import('jsonata') =>
  createRequire(import.meta.url)('jsonata') as typeof import('jsonata');

/** Parses a JSONata expression. Field names at the top level are columns. */
export function parseExpression(source: string): Parsed<Expression> {
  const jsonata = load();
  try {
    const compiled = jsonata(source, LIMITS);
    const unknown = unknownFunctions(compiled.ast(), source);
    if (unknown.length > 0) return err(unknown);
    // Called under another name they would still be there.
    for (const name of FORBIDDEN.keys()) compiled.assign(name, undefined);
    const references: Reference[] = [];
    const unbounded = collect(compiled.ast(), true, references);
    if (unbounded) {
      const span = { offset: Math.max(0, (unbounded.position ?? 1) - 1), length: 1 };
      const message = 'this reads the whole row, so its dependencies cannot be known';
      return err([{ code: 'jsonata-syntax', message, hint: 'name the columns that are needed', span }]);
    }
    return ok({
      source,
      references,
      plainPath: plainPath(compiled.ast()),
      patterns: writtenPatterns(compiled.ast()),
      evaluate: (scope) => evaluate(compiled, references, scope),
    });
  } catch (error) {
    const inner = /^\s*\{\{\s*([^{}]+?)\s*\}\}\s*$/.exec(source)?.[1];
    if (inner !== undefined) return err([inBraces(source, inner)]);
    return err([
      {
        code: 'jsonata-syntax',
        message: `this is not valid JSONata: ${sentence(error)}`,
        span: errorSpan(error, source),
      },
    ]);
  }
}

/** What works in a prompt is tried here as well. */
const inBraces = (source: string, inner: string): TemplateProblem => ({
  code: 'jsonata-syntax',
  message: 'JSONata stands without braces',
  hint: `write \`${inner}\``,
  fix: { replace: inner, instead: source },
  span: { offset: 0, length: source.length },
});

/** JSONata counts wall time against its limit, so evaluations take turns: nobody pays for another's time. */
let turn: Promise<unknown> = Promise.resolve();

function evaluate(
  compiled: ReturnType<typeof import('jsonata')>,
  references: readonly Reference[],
  scope: Scope,
): ReturnType<Expression['evaluate']> {
  const result = turn.then(() => evaluateNow(compiled, references, scope));
  turn = result;
  return result;
}

async function evaluateNow(
  compiled: ReturnType<typeof import('jsonata')>,
  references: readonly Reference[],
  scope: Scope,
): ReturnType<Expression['evaluate']> {
  const visible = Object.fromEntries(
    references.map(({ path: [root = ''] }) => [root, scope[root] ?? undefined]),
  );
  try {
    return ok(toJson(await compiled.evaluate(visible)));
  } catch (error) {
    return err(sentence(error));
  }
}

/** Results carry null prototypes and hidden properties; a JSON round trip leaves the plain value. */
function toJson(value: unknown): Json {
  const text = JSON.stringify(value) as string | undefined;
  return text === undefined ? null : (JSON.parse(text) as Json);
}

/**
 * Lists the columns that an expression reads. `atRow` is true while names are looked up in the row itself,
 * and false inside steps that have moved on to another value. Returns a node that stands for the whole row,
 * if there is one.
 */
function collect(node: unknown, atRow: boolean, found: Reference[]): ExprNode | undefined {
  if (Array.isArray(node)) {
    for (const item of node) {
      const whole = collect(item, atRow, found);
      if (whole) return whole;
    }
    return undefined;
  }
  if (!isExprNode(node)) return undefined;
  if (node.type === 'path') return collectPath(node, atRow, found);
  if (
    atRow &&
    (isRowVariable(node) || node.type === 'wildcard' || node.type === 'descendant' || node.type === 'parent')
  )
    return node;
  if (node.type === 'variable' && node.value === '$') return node;
  if (node.type === 'binary' && atRow) return collectSides(node, found);
  for (const [field, inner] of Object.entries(node)) {
    const whole = field === 'value' ? undefined : collect(inner, atRow, found);
    if (whole) return whole;
  }
  return undefined;
}

/** Both sides of an operator; a path that is compared with a value keeps that beside it. */
function collectSides(node: ExprNode, found: Reference[]): ExprNode | undefined {
  for (const side of ['lhs', 'rhs'] as const) {
    const before = found.length;
    const whole = collect(node[side], true, found);
    if (whole) return whole;
    const [reference] = found.slice(before);
    const compared = plainPath(node[side]) && comparisonIn(node, side);
    if (reference && compared) found[before] = { ...reference, compared };
  }
  return undefined;
}

function collectPath(node: ExprNode, atRow: boolean, found: Reference[]): ExprNode | undefined {
  const steps = node.steps ?? [];
  const [first, ...others] = steps;
  if (!first) return undefined;
  const fromRow = (atRow && isRowVariable(first)) || (first.type === 'variable' && first.value === '$');
  const named = fromRow ? others : steps;
  const readsRow = fromRow || (atRow && first.type === 'name');
  if (readsRow) {
    const names = leadingNames(named);
    if (names.length === 0) return first;
    found.push({ path: names.map((step) => String(step.value)), span: spanOf(names), optional: true });
  } else {
    const whole = collect(first, atRow, found);
    if (whole) return whole;
  }
  // What follows works on the value found so far; only `$$` leads back to the row.
  return collect(
    [steps.map((step) => step.stages), others.filter((step) => step.type !== 'name')],
    false,
    found,
  );
}

function leadingNames(steps: readonly ExprNode[]): readonly ExprNode[] {
  const end = steps.findIndex((step) => step.type !== 'name');
  return end === -1 ? steps : steps.slice(0, end);
}

/** JSONata's positions are those of a token's end. */
function spanOf(names: readonly ExprNode[]): { offset: number; length: number } {
  const start = (names[0]?.position ?? 0) - String(names[0]?.value).length;
  return { offset: Math.max(0, start), length: Math.max(1, (names.at(-1)?.position ?? 1) - start) };
}

function plainPath(node: unknown): readonly string[] | undefined {
  const steps = isExprNode(node) && node.type === 'path' ? (node.steps ?? []) : [];
  const plain = steps.length > 0 && steps.every((step) => step.type === 'name' && !step.stages);
  return plain ? steps.map((step) => String(step.value)) : undefined;
}

const isRowVariable = (node: ExprNode): boolean => node.type === 'variable' && node.value === '';

function isExprNode(value: unknown): value is ExprNode {
  return isObject(value) && typeof value['type'] === 'string';
}

function errorSpan(error: unknown, source: string): { offset: number; length: number } {
  const { position, token } = error as Partial<JsonataError>;
  const length = Math.max(1, String(token ?? '').length);
  const offset = Math.max(0, Math.min((position ?? source.length) - length, source.length - length));
  return { offset, length };
}

function sentence(error: unknown): string {
  const { message } = error as Partial<JsonataError>;
  const text = typeof message === 'string' && message !== '' ? message : 'it ends too early';
  return text.charAt(0).toLowerCase() + text.slice(1);
}
