import { allChildren, child, children, identifierName, type Node } from './jinja-ast.js';
import {
  attributeComparison,
  attributeOf,
  comparisonsOf,
  entryOf,
  fieldName,
  filterName,
  isOfRow,
  originOf,
  type BareComparison,
  type Origin,
} from './jinja-values.js';

/** The names that a template uses. The syntax tree has no positions; they are found later. */
export interface Uses {
  /** In the order of the tree. */
  readonly reads: readonly Read[];
  readonly filters: readonly string[];
  readonly tests: readonly string[];
  readonly functions: readonly string[];
}

export interface Read {
  /** From the row; `undefined` where a loop variable or the like is read. */
  readonly path: readonly string[] | undefined;
  /** The same through loops, `set`, indexes and filters, for types; `undefined` where it is unknown. */
  readonly origin: readonly string[] | undefined;
  /** How it is written: names of a path, or the text in quotes that names a field. */
  readonly written: readonly string[] | string;
  /** True when the value may be missing. */
  readonly optional: boolean;
  readonly compared: BareComparison | undefined;
}

/** Tests that accept a missing value. */
const ABSENCE_TESTS = new Set(['defined', 'undefined', 'none']);

/** Filters that read a field of a list's entries. */
const ATTRIBUTE_FILTERS = new Set(['map', 'selectattr', 'rejectattr']);

type Names = Map<string, Origin | undefined>;

interface Context {
  readonly optional?: boolean;
  readonly compared?: BareComparison | undefined;
}

/** Lists what a template reads from the row; loop variables, `set` and macros belong to the template. */
export function findUses(program: Node): Uses {
  const reads: Read[] = [];
  const filters: string[] = [];
  const tests: string[] = [];
  const functions: string[] = [];

  const visitAll = (nodes: readonly (Node | undefined)[], bound: Names): void => {
    for (const node of nodes) visit(node, bound);
  };

  const visit = (node: Node | undefined, bound: Names, context: Context = {}): void => {
    const { optional = false, compared } = context;
    if (!node) return;
    switch (node.type) {
      case 'Identifier':
      case 'MemberExpression':
        return visitPath(node, bound, optional, compared);
      case 'For':
        return visitFor(node, bound);
      case 'Set': {
        visit(child(node, 'value'), bound);
        visitAll(children(node, 'body'), bound);
        const origin = originOf(child(node, 'value'), bound);
        const isOneName = child(node, 'assignee')?.type === 'Identifier';
        // A name that is set twice may have either value.
        for (const name of boundNames(child(node, 'assignee')))
          bound.set(name, bound.has(name) || !isOneName ? undefined : origin);
        return;
      }
      case 'Macro':
        return visitMacro(node, bound);
      case 'FilterExpression':
      case 'FilterStatement':
        return visitFilter(node, bound, optional);
      case 'TestExpression': {
        const test = child(node, 'test');
        const name = identifierName(test) ?? identifierName(test && child(test, 'callee'));
        if (name !== undefined) tests.push(name);
        return visit(child(node, 'operand'), bound, {
          optional: optional || (name !== undefined && ABSENCE_TESTS.has(name)),
        });
      }
      case 'BinaryExpression': {
        const sides = comparisonsOf(node);
        visit(child(node, 'left'), bound, { compared: sides.left });
        return visit(child(node, 'right'), bound, { compared: sides.right });
      }
      case 'CallExpression': {
        const callee = child(node, 'callee');
        const name = identifierName(callee);
        if (name !== undefined && !bound.has(name)) functions.push(name);
        else if (callee && callee.type !== 'Identifier') visit(receiver(callee), bound, { optional });
        return visitAll(children(node, 'args'), bound);
      }
      case 'KeywordArgumentExpression':
        return visit(child(node, 'value'), bound);
      case 'If':
      case 'Ternary':
        return visitCondition(node, bound);
      default:
        return visitAll(allChildren(node), bound);
    }
  };

  const visitFor = (node: Node, bound: Names): void => {
    const iterable = child(node, 'iterable');
    const isSelect = iterable?.type === 'SelectExpression';
    const list = isSelect ? child(iterable, 'lhs') : iterable;
    const loopVariable = child(node, 'loopvar');
    const entry = loopVariable?.type === 'Identifier' ? entryOf(originOf(list, bound)) : undefined;
    const inner: Names = new Map(bound);
    for (const name of boundNames(loopVariable)) inner.set(name, entry);
    visit(list, bound);
    if (isSelect) visit(child(iterable, 'test'), inner);
    visitAll(children(node, 'body'), inner);
    visitAll(children(node, 'defaultBlock'), bound);
  };

  const visitMacro = (node: Node, bound: Names): void => {
    const name = identifierName(child(node, 'name'));
    if (name !== undefined) bound.set(name, undefined);
    const inner: Names = new Map(bound).set('varargs', undefined).set('kwargs', undefined);
    for (const parameter of children(node, 'args')) {
      for (const bindable of boundNames(parameter)) inner.set(bindable, undefined);
      visit(child(parameter, 'value'), bound);
    }
    visitAll(children(node, 'body'), inner);
  };

  const visitFilter = (node: Node, bound: Names, optional: boolean): void => {
    const filter = child(node, 'filter');
    const name = filterName(node);
    if (name !== undefined) filters.push(name);
    const operand = child(node, 'operand');
    const entry =
      name !== undefined && ATTRIBUTE_FILTERS.has(name) ? entryOf(originOf(operand, bound)) : undefined;
    const attribute = entry && name !== undefined ? attributeOf(name, filter) : undefined;
    visit(operand, bound, { optional: optional || name === 'default' });
    if (entry && attribute !== undefined) {
      reads.push({
        path: undefined,
        origin: [...entry.path, ...attribute.split('.')],
        written: attribute,
        optional: true,
        compared: name === 'map' ? undefined : attributeComparison(filter),
      });
    }
    if (filter?.type === 'CallExpression') visitAll(children(filter, 'args'), bound);
    visitAll(children(node, 'body'), bound);
  };

  /** A value that is only tested may be missing; one that is used must exist. */
  const visitCondition = (node: Node, bound: Names): void => {
    const conditions = [child(node, 'test'), child(node, 'condition')];
    for (const condition of conditions) {
      if (condition) visit(condition, bound, { optional: isPlainPath(condition) });
    }
    const before = new Map(bound);
    visitAll(
      allChildren(node).filter((inner) => !conditions.includes(inner)),
      bound,
    );
    // A name that is set in one branch may have another value after it.
    for (const [name, origin] of bound) if (before.get(name) !== origin) bound.set(name, undefined);
  };

  const visitPath = (
    node: Node,
    bound: Names,
    optional: boolean,
    compared: BareComparison | undefined,
  ): void => {
    const path: string[] = [];
    const written: string[] = [];
    let at: Node = node;
    while (at.type === 'MemberExpression') {
      const property = child(at, 'property');
      const isComputed = at['computed'] === true;
      const step = property && fieldName(property, isComputed);
      if (step === undefined) path.length = 0;
      else path.unshift(step);
      if (step !== undefined) written.unshift(step);
      if (step === undefined && (property?.type !== 'Identifier' || isComputed)) visit(property, bound);
      const object = child(at, 'object');
      if (!object) return;
      at = object;
    }
    const root = identifierName(at);
    if (root === undefined) return visit(at, bound, { optional });
    const isRow = isOfRow(root, bound);
    const origin = originOf(node, bound);
    if (!isRow && !origin) return;
    reads.push({
      path: isRow ? [root, ...path] : undefined,
      origin: origin?.isListOf ? undefined : origin?.path,
      written: [root, ...written],
      optional,
      compared,
    });
  };

  visit(program, new Map());
  return { reads, filters, tests, functions };
}

/** In `x.items()` the path ends at `x`: the method is not a field. */
function receiver(callee: Node): Node {
  return (callee.type === 'MemberExpression' && child(callee, 'object')) || callee;
}

function isPlainPath(node: Node): boolean {
  return node.type === 'Identifier' || node.type === 'MemberExpression';
}

function boundNames(node: Node | undefined): readonly string[] {
  if (!node) return [];
  if (node.type === 'KeywordArgumentExpression') return boundNames(child(node, 'key'));
  const name = identifierName(node);
  if (name !== undefined) return [name];
  return node.type === 'TupleLiteral' ? children(node, 'value').flatMap(boundNames) : [];
}
