import { createRequire } from 'node:module';
import type { jsonpath as Library } from 'json-p3';
import type { Json } from '../../core/json.js';
import { memoize } from '../../core/memoize.js';
import { err, ok, type Result } from '../../core/result.js';

/** A path of JSONPath (RFC 9535): `$.a[0]`, or `@.a` in a filter. */
export interface Path {
  readonly from: 'root' | 'current';
  readonly segments: readonly Segment[];
}

export interface Segment {
  /** `..` selects from every value inside, too. */
  readonly descends: boolean;
  readonly selectors: readonly Selector[];
}

export type Selector =
  | { readonly type: 'any' }
  | { readonly type: 'name'; readonly name: string }
  | { readonly type: 'index'; readonly index: number }
  | Slice
  | { readonly type: 'filter'; readonly condition: Expression };

export interface Slice {
  readonly type: 'slice';
  readonly start: number | undefined;
  readonly stop: number | undefined;
  readonly step: number | undefined;
}

export type Expression =
  | { readonly type: 'literal'; readonly value: Json }
  | { readonly type: 'path'; readonly path: Path }
  | { readonly type: 'not'; readonly operand: Expression }
  | Binary
  | { readonly type: 'call'; readonly name: string; readonly args: readonly Expression[] };

export interface Binary {
  readonly type: 'binary';
  /** `&&`, `||` or a comparison. */
  readonly operator: string;
  readonly left: Expression;
  readonly right: Expression;
}

/** What is wrong with a path, and at which character. */
export interface PathMistake {
  readonly message: string;
  readonly offset: number;
}

/** Parses a path with `json-p3`, which also checks how it calls functions. */
export const parseJsonPath = memoize(
  (source: string): Result<Path, PathMistake> => {
    if (!source.startsWith('$')) return err({ message: 'a path begins with `$`', offset: 0 });
    const library = load();
    try {
      return ok(pathOf(library.compile(source), 'root', library));
    } catch (error) {
      if (!(error instanceof library.JSONPathError)) throw error;
      const offset = error.token.index;
      return err({ message: worded(error.message, source.slice(offset, offset + 1)), offset });
    }
  },
  (source) => source,
);

/** Loaded by the first template with a path: it takes 10 ms. */
function load(): typeof Library {
  return (createRequire(import.meta.url)('json-p3') as typeof import('json-p3')).jsonpath;
}

/** Without the place that the library adds, and without the names of its tokens. */
function worded(message: string, found: string): string {
  const plain = message.replace(/ \('.*':\d+\)$/s, '');
  if (!plain.includes('TOKEN_')) return plain;
  return found.trim() === '' ? 'it ends too early, or with a blank' : `unexpected \`${found}\``;
}

function pathOf(path: Library.JSONPathQuery, from: Path['from'], library: typeof Library): Path {
  return {
    from,
    segments: path.segments.map((segment) => ({
      descends: segment.toString().startsWith('..'),
      selectors: segment.selectors.map((selector) => selectorOf(selector, library)),
    })),
  };
}

function selectorOf(selector: Library.JSONPathSelector, library: typeof Library): Selector {
  const { NameSelector, IndexSelector, SliceSelector, FilterSelector } = library.selectors;
  if (selector instanceof NameSelector) return { type: 'name', name: selector.name };
  if (selector instanceof IndexSelector) return { type: 'index', index: selector.index };
  if (selector instanceof SliceSelector) {
    const { start, stop, step } = selector;
    return { type: 'slice', start, stop, step };
  }
  if (selector instanceof FilterSelector)
    return { type: 'filter', condition: expressionOf(selector.expression, library) };
  return { type: 'any' };
}

function expressionOf(node: Library.expressions.FilterExpression, library: typeof Library): Expression {
  const {
    LogicalExpression,
    PrefixExpression,
    InfixExpression,
    RelativeQuery,
    RootQuery,
    FunctionExtension,
  } = library.expressions;
  const { StringLiteral, NumberLiteral, BooleanLiteral } = library.expressions;
  const inner = (part: Library.expressions.FilterExpression): Expression => expressionOf(part, library);
  if (node instanceof LogicalExpression) return inner(node.expression);
  if (node instanceof PrefixExpression) return { type: 'not', operand: inner(node.right) };
  if (node instanceof InfixExpression)
    return { type: 'binary', operator: node.operator, left: inner(node.left), right: inner(node.right) };
  if (node instanceof RelativeQuery) return { type: 'path', path: pathOf(node.path, 'current', library) };
  if (node instanceof RootQuery) return { type: 'path', path: pathOf(node.path, 'root', library) };
  if (node instanceof FunctionExtension) return { type: 'call', name: node.name, args: node.args.map(inner) };
  const isLiteral =
    node instanceof StringLiteral || node instanceof NumberLiteral || node instanceof BooleanLiteral;
  return { type: 'literal', value: isLiteral ? node.value : null };
}
