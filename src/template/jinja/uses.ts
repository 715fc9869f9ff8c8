import type { Span } from '../../core/problem.js';
import {
  argumentsOf,
  namesOf,
  partsOf,
  type Body,
  type Expression,
  type Filter,
  type Macro,
  type Statement,
} from './ast.js';
import { FUNCTIONS } from './globals.js';
import {
  attributeComparison,
  attributeOf,
  comparisonOf,
  entryOf,
  fieldName,
  isIndex,
  mirroredComparison,
  originOf,
  spanOf,
  withoutQuotes,
  type Origin,
} from './origins.js';
import type { Comparison, Reference } from '../types.js';

/** A name of the language, with its place. */
export interface UsedName {
  readonly name: string;
  readonly span: Span;
}

/** A JSONPath that is written in the template. */
export interface WrittenPath {
  readonly path: string;
  readonly span: Span;
}

/** What a template reads and uses, in the order of the text. */
export interface Uses {
  readonly references: readonly Reference[];
  readonly filters: readonly UsedName[];
  readonly tests: readonly UsedName[];
  readonly functions: readonly UsedName[];
  readonly jsonPaths: readonly WrittenPath[];
  /** It has loops, in statements or filters, macros, `set` or a JSONPath; without them its work is bounded by the size of the row. */
  readonly isProgram: boolean;
}

/** Tests that accept a missing value. */
const ABSENCE_TESTS = new Set(['defined', 'undefined', 'none']);

/** Filters whose first argument names another filter, or a test. */
const NAMED_IN = new Map([
  ['map', { kind: 'filters', at: 0 }],
  ['select', { kind: 'tests', at: 0 }],
  ['reject', { kind: 'tests', at: 0 }],
  ['selectattr', { kind: 'tests', at: 1 }],
  ['rejectattr', { kind: 'tests', at: 1 }],
] as const);

type Names = Map<string, Origin | undefined>;

interface Context {
  /** The value may be missing. */
  readonly optional?: boolean;
  readonly compared?: Comparison | undefined;
  /** What it is written as, when that is more than itself: with the name of a method. */
  readonly written?: Expression;
}

/** Lists what a template reads from the row; loop variables, `set` and macros belong to the template. */
export function findUses(body: Body): Uses {
  const walk = new Walk();
  walk.body(body, new Map());
  const allowed = new Set(walk.reads.filter(({ optional }) => optional).map(({ path }) => path.join('.')));
  const references = walk.reads.map((read) =>
    read.isInner || !allowed.has(read.path.join('.')) ? read : { ...read, optional: true },
  );
  return { ...walk.used, references, isProgram: walk.isProgram };
}

class Walk {
  readonly reads: Reference[] = [];
  readonly used = {
    filters: [] as UsedName[],
    tests: [] as UsedName[],
    functions: [] as UsedName[],
    jsonPaths: [] as WrittenPath[],
  };
  isProgram = false;
  /** Inside of something that is not evaluated in every row. */
  #isConditional = false;

  body(body: Body, bound: Names): void {
    for (const statement of body) this.#statement(statement, bound);
  }

  #statement(statement: Statement, bound: Names): void {
    if (!['text', 'print', 'if'].includes(statement.type)) this.isProgram = true;
    switch (statement.type) {
      case 'text':
      case 'break':
      case 'continue':
        return;
      case 'print':
        return this.#all(statement.values, bound);
      case 'if': {
        for (const [index, { test }] of statement.branches.entries())
          this.#sometimes(index > 0, () => this.#truth(test, bound));
        const bodies = [...statement.branches.map((branch) => branch.body), statement.otherwise];
        return this.#sometimes(true, () => this.#branches(bodies, bound));
      }
      case 'for': {
        this.#visit(statement.list, bound);
        const inner: Names = new Map(bound).set('loop', undefined);
        const isOneName = statement.target.type === 'name';
        const entry = isOneName ? entryOf(originOf(statement.list, bound)) : undefined;
        for (const name of namesOf(statement.target)) inner.set(name, entry);
        return this.#sometimes(true, () => {
          if (statement.test) this.#truth(statement.test, withoutLoop(inner, bound));
          this.body(statement.body, inner);
          this.body(statement.otherwise, new Map(bound));
        });
      }
      case 'set': {
        this.#visit(statement.value, bound);
        const origin = originOf(statement.value, bound);
        const isOneName = statement.target.type === 'name';
        // A name that is set twice may have either value.
        for (const name of namesOf(statement.target))
          bound.set(name, bound.has(name) || !isOneName ? undefined : origin);
        return;
      }
      case 'set-block':
        this.body(statement.body, new Map(bound));
        this.#visit(statement.filter, bound);
        for (const name of namesOf(statement.target)) bound.set(name, undefined);
        return;
      case 'filter-block':
        this.body(statement.body, new Map(bound));
        return this.#visit(statement.filter, bound);
      case 'with': {
        const inner: Names = new Map(bound);
        for (const { target, value } of statement.variables) {
          this.#visit(value, bound);
          for (const name of namesOf(target)) inner.set(name, originOf(value, bound));
        }
        return this.body(statement.body, inner);
      }
      case 'macro':
        bound.set(statement.name, undefined);
        return this.#macro(statement, bound);
      case 'call':
        this.#visit(statement.call, bound);
        return this.#macro(statement.caller, bound);
    }
  }

  #macro({ parameters, body }: Omit<Macro, 'type'>, bound: Names): void {
    const inner: Names = new Map(bound);
    for (const name of ['varargs', 'kwargs', 'caller', ...parameters.map((parameter) => parameter.name)])
      inner.set(name, undefined);
    this.#sometimes(true, () => {
      for (const { value } of parameters) if (value) this.#visit(value, inner);
      this.body(body, inner);
    });
  }

  #sometimes(isConditional: boolean, walk: () => void): void {
    const before = this.#isConditional;
    this.#isConditional ||= isConditional;
    walk();
    this.#isConditional = before;
  }

  /** A name that is set in one of several branches may have another value after it. */
  #branches(bodies: readonly Body[], bound: Names): void {
    const before = new Map(bound);
    for (const body of bodies) this.body(body, bound);
    for (const [name, origin] of bound) if (before.get(name) !== origin) bound.set(name, undefined);
  }

  #all(nodes: readonly Expression[], bound: Names): void {
    for (const node of nodes) this.#visit(node, bound);
  }

  #visit(node: Expression, bound: Names, context: Context = {}): void {
    switch (node.type) {
      case 'name':
      case 'field':
      case 'item':
      case 'slice':
        return this.#path(node, bound, context);
      case 'filter':
        return this.#filter(node, bound, context);
      case 'test':
        this.used.tests.push({ name: node.name, span: node.nameSpan });
        this.#visit(node.operand, bound, {
          optional: context.optional === true || ABSENCE_TESTS.has(node.name),
        });
        return this.#all(argumentsOf(node.args), bound);
      case 'compare': {
        const operands = [node.first, ...node.rest.map(({ operand }) => operand)];
        for (const [index, operand] of operands.entries()) {
          const after = node.rest[index];
          const before = node.rest[index - 1];
          const previous = operands[index - 1];
          const compared =
            (after && comparisonOf(after.operator, after.operand)) ??
            (before && previous ? mirroredComparison(previous, before.operator) : undefined);
          this.#visit(operand, bound, { compared });
        }
        return;
      }
      case 'conditional':
        this.#truth(node.test, bound);
        return this.#sometimes(true, () =>
          this.#all(node.otherwise ? [node.value, node.otherwise] : [node.value], bound),
        );
      case 'call': {
        const { callee } = node;
        if (callee.type === 'name') {
          if (!bound.has(callee.name)) this.used.functions.push({ name: callee.name, span: spanOf(callee) });
          // In `x.items()` the path ends at `x`: the method is not a field.
        } else if (callee.type === 'field')
          this.#visit(callee.object, bound, { optional: context.optional ?? false, written: callee });
        else this.#visit(callee, bound);
        return this.#all(argumentsOf(node.args), bound);
      }
      case 'unary':
        if (node.operator === 'not')
          return this.#visit(node.operand, bound, { optional: context.optional ?? false });
        return this.#visit(node.operand, bound);
      case 'binary':
        if (node.operator !== 'and' && node.operator !== 'or')
          return this.#all([node.left, node.right], bound);
        this.#truth(node.left, bound);
        return this.#sometimes(true, () => this.#visit(node.right, bound, context));
      default:
        return this.#all(partsOf(node), bound);
    }
  }

  /** An expression of which only the truth is asked: what is missing is false. */
  #truth(node: Expression, bound: Names): void {
    if (node.type === 'unary' && node.operator === 'not') return this.#truth(node.operand, bound);
    if (node.type !== 'binary' || (node.operator !== 'and' && node.operator !== 'or'))
      return this.#visit(node, bound, { optional: isPath(node) });
    this.#truth(node.left, bound);
    this.#sometimes(true, () => this.#truth(node.right, bound));
  }

  #filter(node: Filter, bound: Names, { optional = false }: Context): void {
    const { name, args } = node;
    this.used.filters.push({ name, span: node.nameSpan });
    if (NAMED_IN.has(name as 'map') || name === 'jsonpath') this.isProgram = true;
    this.#visit(node.operand, bound, { optional: optional || name === 'default' || name === 'd' });
    const attribute = attributeOf(node);
    const entry = attribute && entryOf(originOf(node.operand, bound));
    if (attribute && entry) {
      const compared = name === 'selectattr' || name === 'rejectattr' ? attributeComparison(args) : undefined;
      this.reads.push({
        path: [...entry.path, ...attribute.text.split('.')],
        span: withoutQuotes(attribute.node),
        optional: true,
        isInner: true,
        ...(compared && { compared }),
      });
    }
    const named = NAMED_IN.get(name as 'map');
    const inner = named && args.positional[named.at];
    if (named && inner?.type === 'literal' && typeof inner.value === 'string')
      this.used[named.kind].push({ name: inner.value, span: withoutQuotes(inner) });
    // `x | jsonpath("$.a")` and `list | map("jsonpath", "$.a")`.
    const path =
      name === 'jsonpath'
        ? (args.positional[0] ?? args.named.find((named) => named.name === 'expression')?.value)
        : inner?.type === 'literal' && inner.value === 'jsonpath'
          ? args.positional[1]
          : undefined;
    if (path?.type === 'literal' && typeof path.value === 'string')
      this.used.jsonPaths.push({ path: path.value, span: withoutQuotes(path) });
    this.#all(argumentsOf(args), bound);
  }

  #path(node: Expression, bound: Names, { optional = false, compared, written = node }: Context): void {
    let path: string[] = [];
    // The text ends where a key is computed.
    let end: Expression = written;
    let at: Expression = node;
    while (at.type === 'field' || at.type === 'item' || at.type === 'slice') {
      const step = at.type === 'slice' ? undefined : fieldName(at);
      path = step === undefined ? [] : [step, ...path];
      if (step === undefined) {
        const keys: readonly Expression[] = at.type === 'item' ? [at.index] : partsOf(at).slice(1);
        this.#all(keys, bound);
        if (!keys.every(isIndex)) end = at.object;
      }
      at = at.object;
    }
    if (at.type !== 'name') return this.#visit(at, bound, { optional });
    const isColumn = !bound.has(at.name);
    const origin = originOf(node, bound);
    const known = origin?.isListOf ? undefined : origin?.path;
    const span = { offset: at.offset, length: end.offset + end.length - at.offset };
    const full = [at.name, ...path];
    const isSame = isColumn && known?.join('.') === full.join('.');
    if (isColumn)
      this.reads.push({
        path: full,
        span,
        optional,
        ...(isSame && compared && { compared }),
        ...(this.#isConditional && { isConditional: true }),
      });
    if (known && !isSame)
      this.reads.push({ path: known, span, optional: true, isInner: true, ...(compared && { compared }) });
  }
}

function withoutLoop(inner: Names, outer: Names): Names {
  const names: Names = new Map(inner);
  if (outer.has('loop')) names.set('loop', outer.get('loop'));
  else names.delete('loop');
  return names;
}

function isPath(node: Expression): boolean {
  return node.type === 'name' || node.type === 'field' || node.type === 'item' || node.type === 'slice';
}

/** Functions that every template has. */
export const KNOWN_FUNCTIONS: readonly string[] = Object.keys(FUNCTIONS);
