import type { Span } from '../../core/problem.js';
import type { Float } from './numbers.js';

/** The syntax tree of a template. Every expression knows its place in the text. */
export type Expression =
  | (Span & { readonly type: 'literal'; readonly value: Literal })
  | (Span & { readonly type: 'name'; readonly name: string })
  | (Span & { readonly type: 'list' | 'tuple'; readonly items: readonly Expression[] })
  | (Span & { readonly type: 'dict'; readonly entries: readonly (readonly [Expression, Expression])[] })
  | (Span & { readonly type: 'field'; readonly object: Expression; readonly name: string })
  | (Span & { readonly type: 'item'; readonly object: Expression; readonly index: Expression })
  | (Span & { readonly type: 'slice'; readonly object: Expression; readonly bounds: Bounds })
  | (Span & { readonly type: 'call'; readonly callee: Expression; readonly args: Arguments })
  | Filter
  | (Span & {
      readonly type: 'test';
      readonly operand: Expression;
      readonly name: string;
      readonly nameSpan: Span;
      readonly args: Arguments;
    })
  | (Span & { readonly type: 'unary'; readonly operator: '-' | '+' | 'not'; readonly operand: Expression })
  | (Span & {
      readonly type: 'binary';
      readonly operator: BinaryOperator;
      readonly left: Expression;
      readonly right: Expression;
    })
  | (Span & { readonly type: 'compare'; readonly first: Expression; readonly rest: readonly Compared[] })
  | (Span & {
      readonly type: 'conditional';
      readonly test: Expression;
      readonly value: Expression;
      readonly otherwise: Expression | undefined;
    })
  /** The text of the block that a filter is applied to: `{% filter upper %}…{% endfilter %}`. */
  | (Span & { readonly type: 'captured' });

export interface Filter extends Span {
  readonly type: 'filter';
  readonly operand: Expression;
  readonly name: string;
  readonly nameSpan: Span;
  readonly args: Arguments;
}

export type Literal = string | number | bigint | boolean | Float | null;

export type BinaryOperator = '+' | '-' | '*' | '/' | '//' | '%' | '**' | '~' | 'and' | 'or';

export type CompareOperator = '==' | '!=' | '<' | '<=' | '>' | '>=' | 'in' | 'not in';

/** `< 5` of `1 < x < 5`. */
export interface Compared {
  readonly operator: CompareOperator;
  readonly operand: Expression;
}

export interface Bounds {
  readonly start: Expression | undefined;
  readonly stop: Expression | undefined;
  readonly step: Expression | undefined;
}

export interface Arguments {
  readonly positional: readonly Expression[];
  readonly named: readonly { readonly name: string; readonly value: Expression }[];
  /** `*list` */
  readonly rest: Expression | undefined;
  /** `**object` */
  readonly restNamed: Expression | undefined;
}

export const NO_ARGUMENTS: Arguments = { positional: [], named: [], rest: undefined, restNamed: undefined };

/** Where a value is assigned: `x`, `ns.x` or `a, (b, c)`. */
export type Target =
  | { readonly type: 'name'; readonly name: string }
  | { readonly type: 'namespace'; readonly object: string; readonly name: string; readonly span: Span }
  | { readonly type: 'targets'; readonly targets: readonly Target[] };

export interface Parameter {
  readonly name: string;
  readonly value: Expression | undefined;
}

export type Statement =
  | { readonly type: 'text'; readonly value: string }
  | { readonly type: 'print'; readonly values: readonly Expression[] }
  | {
      readonly type: 'if';
      readonly branches: readonly { readonly test: Expression; readonly body: Body }[];
      readonly otherwise: Body;
    }
  | {
      readonly type: 'for';
      readonly target: Target;
      readonly list: Expression;
      readonly test: Expression | undefined;
      readonly isRecursive: boolean;
      readonly body: Body;
      readonly otherwise: Body;
    }
  | { readonly type: 'set'; readonly target: Target; readonly value: Expression }
  /** `filter` is `captured` itself without one. */
  | { readonly type: 'set-block'; readonly target: Target; readonly filter: Expression; readonly body: Body }
  | {
      readonly type: 'with';
      readonly variables: readonly { readonly target: Target; readonly value: Expression }[];
      readonly body: Body;
    }
  | Macro
  | {
      readonly type: 'call';
      readonly call: Extract<Expression, { type: 'call' }>;
      readonly caller: Omit<Macro, 'type'>;
    }
  | { readonly type: 'filter-block'; readonly filter: Expression; readonly body: Body }
  | { readonly type: 'break' | 'continue' };

export interface Macro {
  readonly type: 'macro';
  readonly name: string;
  readonly parameters: readonly Parameter[];
  readonly body: Body;
}

export type Body = readonly Statement[];

/** The names in a target. */
export function namesOf(target: Target): readonly string[] {
  if (target.type === 'targets') return target.targets.flatMap(namesOf);
  return target.type === 'name' ? [target.name] : [];
}

/** The parts of an expression that are evaluated, in order. */
export function partsOf(node: Expression): readonly Expression[] {
  switch (node.type) {
    case 'literal':
    case 'name':
    case 'captured':
      return [];
    case 'list':
    case 'tuple':
      return node.items;
    case 'dict':
      return node.entries.flat();
    case 'field':
      return [node.object];
    case 'item':
      return [node.object, node.index];
    case 'slice':
      return [node.object, ...defined([node.bounds.start, node.bounds.stop, node.bounds.step])];
    case 'call':
      return [node.callee, ...argumentsOf(node.args)];
    case 'filter':
    case 'test':
      return [node.operand, ...argumentsOf(node.args)];
    case 'unary':
      return [node.operand];
    case 'binary':
      return [node.left, node.right];
    case 'compare':
      return [node.first, ...node.rest.map(({ operand }) => operand)];
    case 'conditional':
      return [node.test, node.value, ...defined([node.otherwise])];
  }
}

export function argumentsOf({ positional, named, rest, restNamed }: Arguments): readonly Expression[] {
  return [...positional, ...named.map(({ value }) => value), ...defined([rest, restNamed])];
}

const defined = (nodes: readonly (Expression | undefined)[]): readonly Expression[] =>
  nodes.filter((node) => node !== undefined);
