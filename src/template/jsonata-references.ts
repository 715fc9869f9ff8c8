import { isObject } from '../core/json.js';
import { comparisonIn } from './jsonata-literals.js';
import type { Reference } from './types.js';

/** A node of JSONata's syntax tree; its own types leave out `path` and others. */
interface ExprNode {
  readonly type: string;
  readonly value?: unknown;
  /** Offset of the token's end. */
  readonly position?: number;
  readonly steps?: readonly ExprNode[];
  /** Predicates of a step of a path, and of anything else. */
  readonly stages?: readonly Stage[];
  readonly predicate?: readonly Stage[];
  /** Grouping: `a{key: value}`. */
  readonly group?: { readonly lhs: unknown };
  /** The keys of a sort step. */
  readonly terms?: readonly { readonly expression: unknown }[];
  /** `a@$v`: the next step is looked up beside `a`. */
  readonly focus?: string;
  readonly lhs?: unknown;
  readonly rhs?: unknown;
}

interface Stage {
  readonly expr?: unknown;
}

/** Where names are looked up: the path to it from the row, which is `[]`; `undefined` where it is unknown. */
type Context = readonly string[] | undefined;

/** The parts of a row that an expression reads. */
interface ExpressionReads {
  readonly references: readonly Reference[];
  /** Offset of the end of the token that reads the whole row, if there is one. */
  readonly wholeRowAt: number | undefined;
}

interface Found {
  readonly references: Reference[];
  wholeRowAt: number | undefined;
}

/** Lists the columns that an expression reads, and the fields that it reads of their entries: `rows[size > 1]`. */
export function readsOf(tree: unknown): ExpressionReads {
  const found: Found = { references: [], wholeRowAt: undefined };
  collect(tree, [], found);
  return found;
}

/** The names of an expression that is one plain path and nothing else. */
export function plainPath(node: unknown): readonly string[] | undefined {
  const steps = isExprNode(node) && node.type === 'path' && !node.group ? (node.steps ?? []) : [];
  const plain = steps.length > 0 && steps.every((step) => step.type === 'name' && !step.stages);
  return plain ? steps.map((step) => String(step.value)) : undefined;
}

function collect(node: unknown, here: Context, found: Found): void {
  if (Array.isArray(node)) for (const item of node) collect(item, here, found);
  else if (isExprNode(node))
    collectSteps(node, node.type === 'path' ? (node.steps ?? []) : [node], here, found);
}

/** A path, step by step; anything else is a path of one. */
function collectSteps(node: ExprNode, steps: readonly ExprNode[], start: Context, found: Found): void {
  const predicates: { readonly stages: readonly Stage[]; readonly here: Context }[] = [];
  let here = start;
  let base = start;
  let names: ExprNode[] = [];
  for (const step of steps) {
    if (step.type === 'name') {
      if (names.length === 0) base = here;
      names.push(step);
      here &&= [...here, String(step.value)];
    } else {
      addReference(names, base, found);
      names = [];
      here = after(step, here, found);
    }
    predicates.push({ stages: step.stages ?? step.predicate ?? [], here });
    if (step.focus === undefined) continue;
    addReference(names, base, found);
    names = [];
    here = undefined;
  }
  addReference(names, base, found);
  if (isRow(here)) found.wholeRowAt ??= steps.at(-1)?.position ?? 1;

  for (const { stages, here: filtered } of predicates)
    for (const { expr } of stages) collect(expr, filtered, found);
  collect(node.group?.lhs, here, found);
}

function addReference(names: readonly ExprNode[], base: Context, { references }: Found): void {
  if (!base || names.length === 0) return;
  const path = [...base, ...names.map(({ value }) => String(value))];
  references.push({
    path,
    span: spanOf(names),
    optional: true,
    ...(base.length > 0 && { isInner: true as const }),
  });
}

/** The context after a step that is not a name. */
function after(step: ExprNode, here: Context, found: Found): Context {
  switch (step.type) {
    case 'variable':
      return step.value === '$' ? [] : step.value === '' ? here : undefined;
    case 'parent':
      return here?.slice(0, -1);
    case 'sort':
      for (const { expression } of step.terms ?? []) collect(expression, here, found);
      return here;
    case 'wildcard':
    case 'descendant':
      if (isRow(here)) found.wholeRowAt ??= step.position ?? 1;
      return undefined;
    case 'binary':
      collectSides(step, here, found);
      return undefined;
    default:
      collectInside(step, here, found);
      return undefined;
  }
}

/** Collected where the context they apply to is known. */
const APPLIED_LATER = new Set(['stages', 'predicate', 'group']);

function collectInside(node: ExprNode, here: Context, found: Found): void {
  // `|pattern|update|` is a function: its input is unknown here.
  const inside = node.type === 'transform' ? undefined : here;
  for (const [field, inner] of Object.entries(node))
    if (field !== 'value' && !APPLIED_LATER.has(field)) collect(inner, inside, found);
}

/** Both sides of an operator. A path that is compared with a literal keeps the literal. */
function collectSides(node: ExprNode, here: Context, found: Found): void {
  for (const side of ['lhs', 'rhs'] as const) {
    const before = found.references.length;
    collect(node[side], here, found);
    const reference = found.references[before];
    const compared = plainPath(node[side]) && comparisonIn(node, side);
    if (reference && compared) found.references[before] = { ...reference, compared };
  }
}

/** JSONata's positions are those of a token's end. */
function spanOf(names: readonly ExprNode[]): Reference['span'] {
  const start = (names[0]?.position ?? 0) - String(names[0]?.value).length;
  return { offset: Math.max(0, start), length: Math.max(1, (names.at(-1)?.position ?? 1) - start) };
}

const isRow = (here: Context): boolean => here?.length === 0;

function isExprNode(value: unknown): value is ExprNode {
  return isObject(value) && typeof value['type'] === 'string';
}
