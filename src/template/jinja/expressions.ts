/** Expressions of templates, after the grammar of Jinja2's `parser.py`. */
import {
  NO_ARGUMENTS,
  type Arguments,
  type BinaryOperator,
  type Bounds,
  type Compared,
  type CompareOperator,
  type Expression,
  type Target,
} from './ast.js';
import type { Block, Token } from './lexer.js';
import { BlockError, TokenReader } from './tokens.js';

/** How `row["…"]` is read: as a column, unless the template gives `row` or the name another meaning. */
export type IsColumn = (name: string) => boolean;

const COMPARISONS: ReadonlySet<string> = new Set(['==', '!=', '<', '<=', '>', '>=']);

/** Reads the tokens of one block. */
export class ExpressionParser extends TokenReader {
  constructor(
    block: Block,
    private readonly isColumn: IsColumn,
  ) {
    super(block);
  }

  /** A tuple without parentheses, or one expression. */
  tuple(options: { readonly isPlain?: boolean; readonly until?: string } = {}): Expression {
    const start = this.token;
    const items: Expression[] = [];
    let isTuple = false;
    for (;;) {
      if (this.token.type === 'end' || this.is(')', options.until ?? ')')) break;
      items.push(options.isPlain ? this.#or() : this.expression());
      if (!this.skip(',')) break;
      isTuple = true;
    }
    const [only] = items;
    if (!isTuple && only) return only;
    if (items.length === 0) throw this.unexpected('a value');
    return { type: 'tuple', items, ...this.from(start) };
  }

  expression(): Expression {
    let node = this.#or();
    while (this.is('if')) {
      this.next();
      const test = this.#or();
      const otherwise = this.skip('else') ? this.expression() : undefined;
      node = { type: 'conditional', test, value: node, otherwise, ...this.from(node) };
    }
    return node;
  }

  /** What values are assigned to. */
  target(until: string): Target {
    const targets: Target[] = [];
    let isTuple = false;
    for (;;) {
      if (this.token.type === 'end' || this.is(')', until)) break;
      targets.push(this.#oneTarget());
      if (!this.skip(',')) break;
      isTuple = true;
    }
    const [only] = targets;
    if (!only) throw this.unexpected('a name');
    return isTuple ? { type: 'targets', targets } : only;
  }

  #oneTarget(): Target {
    if (this.skip('(')) {
      const inner = this.target(')');
      this.expect(')');
      return inner;
    }
    const { text: name, offset, length } = this.#newName();
    if (!this.skip('.')) return { type: 'name', name };
    return { type: 'namespace', object: name, name: this.name().text, span: { offset, length } };
  }

  #newName(): Token {
    if (CONSTANTS.has(this.token.text)) throw new BlockError(`\`${this.token.text}\` cannot be assigned to`);
    return this.name();
  }

  /** The filters that follow; `node` is what the first one is applied to. */
  filters(node: Expression): Expression {
    let filtered = node;
    while (this.skip('|')) filtered = this.filter(filtered);
    return filtered;
  }

  filter(operand: Expression): Expression {
    const { text: name, offset, length } = this.name();
    const args = this.is('(') ? this.#arguments() : NO_ARGUMENTS;
    return { type: 'filter', operand, name, nameSpan: { offset, length }, args, ...this.from(operand) };
  }

  #or(): Expression {
    return this.#binary(['or'], () => this.#binary(['and'], () => this.#not()));
  }

  #not(): Expression {
    const start = this.token;
    if (!this.skip('not')) return this.#compare();
    const operand = this.#not();
    return { type: 'unary', operator: 'not', operand, ...this.from(start) };
  }

  #compare(): Expression {
    const first = this.#sum();
    const rest: Compared[] = [];
    for (;;) {
      const operator = this.#comparison();
      if (operator === undefined) break;
      rest.push({ operator, operand: this.#sum() });
    }
    return rest.length === 0 ? first : { type: 'compare', first, rest, ...this.from(first) };
  }

  #comparison(): CompareOperator | undefined {
    if (this.token.type === 'operator' && COMPARISONS.has(this.token.text))
      return this.next().text as CompareOperator;
    if (this.skip('in')) return 'in';
    if (!this.is('not') || this.following?.text !== 'in') return undefined;
    this.next();
    this.next();
    return 'not in';
  }

  #sum(): Expression {
    return this.#binary(['+', '-'], () =>
      this.#binary(['~'], () =>
        this.#binary(['*', '/', '//', '%'], () => this.#binary(['**'], () => this.#unary(true))),
      ),
    );
  }

  #binary(operators: readonly BinaryOperator[], operand: () => Expression): Expression {
    let left = operand();
    while (this.is(...operators) && this.token.type !== 'end') {
      const operator = this.next().text as BinaryOperator;
      left = { type: 'binary', operator, left, right: operand(), ...this.from(left) };
    }
    return left;
  }

  /** As in Jinja2, a sign is read before `**`, and filters belong to the signed value. */
  #unary(withFilters: boolean): Expression {
    const start = this.token;
    let node: Expression;
    if (this.is('-', '+') && start.type === 'operator') {
      const operator = this.next().text === '-' ? '-' : '+';
      const operand = this.#unary(false);
      node = { type: 'unary', operator, operand, ...this.from(start) };
    } else node = this.#postfix(this.#primary());
    return withFilters ? this.#suffixes(node) : node;
  }

  #primary(): Expression {
    const token = this.token;
    if (token.type === 'name') {
      this.next();
      return CONSTANTS.has(token.text)
        ? { type: 'literal', value: CONSTANTS.get(token.text) ?? null, ...this.from(token) }
        : { type: 'name', name: token.text, ...this.from(token) };
    }
    if (token.type === 'string') {
      let value = '';
      while (this.token.type === 'string') value += this.next().text;
      return { type: 'literal', value, ...this.from(token) };
    }
    if (token.type === 'number') {
      this.next();
      return { type: 'literal', value: token.value, ...this.from(token) };
    }
    if (this.skip('(')) {
      const inner: Expression = this.is(')')
        ? { type: 'tuple', items: [], ...this.from(token) }
        : this.tuple();
      this.expect(')');
      return inner;
    }
    if (this.skip('['))
      return { type: 'list', items: this.#items(']', () => this.expression()), ...this.from(token) };
    if (this.skip('{')) {
      const entries = this.#items('}', () => {
        const key = this.expression();
        this.expect(':');
        return [key, this.expression()] as const;
      });
      return { type: 'dict', entries, ...this.from(token) };
    }
    throw this.unexpected('a value');
  }

  #items<T>(closer: string, item: () => T): readonly T[] {
    const items: T[] = [];
    while (!this.is(closer)) {
      items.push(item());
      if (!this.skip(',')) break;
    }
    this.expect(closer);
    return items;
  }

  #postfix(start: Expression): Expression {
    let node = start;
    for (;;) {
      if (this.skip('.')) node = this.#field(node);
      else if (this.skip('[')) node = this.#subscript(node);
      else if (this.is('('))
        node = { type: 'call', callee: node, args: this.#arguments(), ...this.from(node) };
      else return node;
    }
  }

  #field(object: Expression): Expression {
    const token = this.next();
    if (token.type === 'name') return { type: 'field', object, name: token.text, ...this.from(object) };
    if (token.type !== 'number') throw this.unexpected('a name', token);
    const index: Expression = { ...token, type: 'literal', value: token.value };
    return { type: 'item', object, index, ...this.from(object) };
  }

  #subscript(object: Expression): Expression {
    const start = this.token;
    const parts: (Expression | Bounds)[] = this.#items(']', () => this.#subscribed()).slice();
    const [only] = parts;
    if (only === undefined) throw this.unexpected('a value');
    if (parts.length === 1 && 'start' in only)
      return { type: 'slice', object, bounds: only, ...this.from(object) };
    const items = parts.filter((part) => 'type' in part);
    const [single] = items;
    const index: Expression =
      single && items.length === 1 ? single : { type: 'tuple', items, ...this.from(start) };
    const span = this.from(object);
    const isRow = object.type === 'name' && object.name === 'row';
    if (isRow && index.type === 'literal' && typeof index.value === 'string' && this.isColumn(index.value))
      return { type: 'name', name: index.value, ...span };
    return { type: 'item', object, index, ...span };
  }

  #subscribed(): Expression | Bounds {
    const start = this.is(':') ? undefined : this.expression();
    if (!this.skip(':')) {
      if (start) return start;
      throw this.unexpected('a value');
    }
    const bound = (): Expression | undefined => (this.is(':', ']', ',') ? undefined : this.expression());
    const stop = bound();
    return { start, stop, step: this.skip(':') ? bound() : undefined };
  }

  #suffixes(start: Expression): Expression {
    let node = start;
    for (;;) {
      if (this.is('|')) node = this.filters(node);
      else if (this.is('is') && this.token.type === 'name') node = this.#test(node);
      else if (this.is('('))
        node = { type: 'call', callee: node, args: this.#arguments(), ...this.from(node) };
      else return node;
    }
  }

  #test(operand: Expression): Expression {
    this.next();
    const isNegated = this.skip('not');
    const { text: name, offset, length } = this.name();
    let args = NO_ARGUMENTS;
    if (this.is('(') && this.token.type === 'operator') args = this.#arguments();
    else if (this.#startsValue()) {
      if (this.is('is')) throw new BlockError('tests cannot be chained: write `x is a and x is b`');
      args = { ...NO_ARGUMENTS, positional: [this.#postfix(this.#primary())] };
    }
    const test: Expression = {
      type: 'test',
      operand,
      name,
      nameSpan: { offset, length },
      args,
      ...this.from(operand),
    };
    return isNegated ? { type: 'unary', operator: 'not', operand: test, ...this.from(operand) } : test;
  }

  #startsValue(): boolean {
    if (this.token.type === 'name') return !this.is('else', 'or', 'and', 'if', 'in', 'not');
    return (
      this.token.type === 'string' ||
      this.token.type === 'number' ||
      (this.token.type === 'operator' && this.is('[', '{'))
    );
  }

  #arguments(): Arguments {
    this.expect('(');
    const positional: Expression[] = [];
    const named: { name: string; value: Expression }[] = [];
    let rest: Expression | undefined;
    let restNamed: Expression | undefined;
    while (!this.is(')')) {
      if (this.is('*') && rest === undefined && restNamed === undefined) {
        this.next();
        rest = this.expression();
      } else if (this.is('**') && restNamed === undefined) {
        this.next();
        restNamed = this.expression();
      } else if (
        this.token.type === 'name' &&
        this.following?.type === 'operator' &&
        this.following.text === '='
      ) {
        if (restNamed !== undefined) throw this.unexpected();
        const name = this.next().text;
        this.next();
        named.push({ name, value: this.expression() });
      } else if (named.length > 0 || rest !== undefined || restNamed !== undefined) {
        throw new BlockError('an argument without a name cannot follow one with a name');
      } else positional.push(this.expression());
      if (!this.skip(',')) break;
    }
    this.expect(')');
    return { positional, named, rest, restNamed };
  }
}

const CONSTANTS: ReadonlyMap<string, boolean | null> = new Map([
  ['true', true],
  ['True', true],
  ['false', false],
  ['False', false],
  ['none', null],
  ['None', null],
]);
