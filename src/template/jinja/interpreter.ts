import type { Budget } from '../../sandbox/budget.js';
import type { Arguments, Body, Expression, Macro, Statement, Target } from './ast.js';
import type { Runtime } from './filter-kit.js';
import { FILTERS } from './filters.js';
import { FUNCTIONS } from './globals.js';
import { LoopFields } from './loop.js';
import { methodOf } from './methods.js';
import { negate } from './numbers.js';
import { originOf } from './origins.js';
import { hasNoValue, pathText, Scope } from './scope.js';
import { asNumber, calculate, compare, iterate, readField, slice } from './operators.js';
import { TESTS } from './tests.js';
import { textOf } from './text.js';
import {
  Callable,
  Dict,
  entriesOf,
  isMapping,
  isTruthy,
  keyText,
  kindOf,
  Namespace,
  required,
  Tuple,
  Undefined,
  type CallArguments,
  type Value,
} from './values.js';
import type { Scope as Row } from '../types.js';

/** Steps of one round of a loop, in addition to those of its body. */
const STEPS_PER_ROUND = 5;

/** Expressions and calls within one another. */
const DEEPEST = 1500;

export interface InterpreterOptions {
  readonly row: Row;
  readonly budget: Budget;
  readonly fitScale: number;
  readonly random: (() => number) | undefined;
  /** Paths from the row, with dots, that are missing in it and that the template must not read then. */
  readonly absent: ReadonlySet<string>;
  readonly nullText: string;
}

const NOTHING_BOUND = new Map<string, undefined>();

const NO_VALUES: CallArguments = { positional: [], named: new Map() };

/** Walks the tree of a template. It reaches nothing but the row, its own variables and the functions of this room. */
export class Interpreter implements Runtime {
  readonly budget: Budget;
  readonly fitScale: number;
  #out = '';
  #captured = '';
  #depth = 0;
  /** Set by `break` and `continue`, until the loop sees it. */
  #signal: 'break' | 'continue' | undefined;

  constructor(private readonly options: InterpreterOptions) {
    this.budget = options.budget;
    this.fitScale = options.fitScale;
  }

  render(body: Body): string {
    this.#run(body, new Scope());
    return this.#out;
  }

  random(): number {
    const { random } = this.options;
    if (!random) throw new Error('nothing random can be drawn here');
    return random();
  }

  knows(kind: 'filter' | 'test', name: string): boolean {
    return (kind === 'filter' ? FILTERS : TESTS).has(name);
  }

  applyFilter(name: string, value: Value, args: CallArguments): Value {
    const filter = FILTERS.get(name);
    if (!filter) throw new Error(`unknown filter \`${name}\``);
    return filter(this, value, args);
  }

  applyTest(name: string, value: Value, args: CallArguments): boolean {
    const test = TESTS.get(name);
    if (!test) throw new Error(`unknown test \`${name}\``);
    return test(this, value, args);
  }

  #write(text: string): void {
    this.#out += text;
    this.budget.text(this.#out.length);
  }

  /** What is written meanwhile. */
  #capture(write: () => void): string {
    const before = this.#out;
    this.#out = '';
    write();
    const text = this.#out;
    this.#out = before;
    return text;
  }

  #run(body: Body, scope: Scope): void {
    for (const statement of body) {
      this.#statement(statement, scope);
      if (this.#signal) return;
    }
  }

  #statement(statement: Statement, scope: Scope): void {
    this.budget.step();
    switch (statement.type) {
      case 'text':
        return this.#write(statement.value);
      case 'print':
        for (const printed of statement.values) {
          const value = this.evaluate(printed, scope);
          this.#write(value === null ? this.options.nullText : textOf(value, this.budget));
        }
        return;
      case 'if': {
        const taken = statement.branches.find(({ test }) => isTruthy(this.evaluate(test, scope)));
        return this.#run(taken?.body ?? statement.otherwise, scope);
      }
      case 'for':
        return this.#loop(statement, this.evaluate(statement.list, scope), scope, 1);
      case 'set':
        return this.#assign(statement.target, this.evaluate(statement.value, scope), scope);
      case 'set-block':
        this.#captured = this.#capture(() => this.#run(statement.body, new Scope(scope)));
        return this.#assign(statement.target, this.evaluate(statement.filter, scope), scope);
      case 'filter-block':
        this.#captured = this.#capture(() => this.#run(statement.body, new Scope(scope)));
        return this.#write(textOf(this.evaluate(statement.filter, scope), this.budget));
      case 'with': {
        const inner = new Scope(scope);
        for (const { target, value } of statement.variables)
          this.#assign(target, this.evaluate(value, scope), inner);
        return this.#run(statement.body, inner);
      }
      case 'macro':
        return scope.set(statement.name, this.#macro(statement, scope));
      case 'call': {
        const { callee, args } = statement.call;
        const given = this.#arguments(args, scope);
        const caller = this.#macro({ type: 'macro', ...statement.caller }, scope);
        const named = new Map([...given.named, ['caller', caller] as const]);
        return this.#write(textOf(this.#call(callee, { ...given, named }, scope), this.budget));
      }
      case 'break':
      case 'continue':
        this.#signal = statement.type;
    }
  }

  #loop(loop: Extract<Statement, { type: 'for' }>, value: Value, scope: Scope, depth: number): void {
    const all = iterate(value, 'a loop', this.budget);
    this.budget.step(STEPS_PER_ROUND * all.length);
    const { test } = loop;
    const items = !test
      ? all
      : all.filter((item) => {
          const inner = new Scope(scope);
          this.#assign(loop.target, item, inner);
          return isTruthy(this.evaluate(test, inner));
        });
    const fields = new LoopFields(items, depth, this.budget);
    const again = (args: CallArguments): Value => {
      if (!loop.isRecursive) throw new Error('`loop()` needs a loop that ends with `recursive`');
      const inner = (): void => this.#loop(loop, args.positional[0] ?? null, scope, depth + 1);
      return this.#deeper(() => this.#capture(inner));
    };
    const state = new Namespace(fields, again);
    for (const [index, item] of items.entries()) {
      const inner = new Scope(scope);
      fields.move(index);
      inner.set('loop', state);
      this.#assign(loop.target, item, inner);
      this.#run(loop.body, inner);
      const signal = this.#signal;
      this.#signal = undefined;
      if (signal === 'break') break;
    }
    if (items.length === 0) this.#run(loop.otherwise, scope);
  }

  #assign(target: Target, value: Value, scope: Scope): void {
    if (target.type === 'name') return scope.set(target.name, value);
    if (target.type === 'namespace') {
      const owner = scope.get(target.object);
      if (!(owner instanceof Namespace) || owner.call)
        throw new Error(
          `\`${target.object}.${target.name}\` cannot be set: make \`${target.object}\` with \`namespace()\``,
        );
      owner.fields.set(target.name, value);
      return undefined;
    }
    const values = iterate(value, 'an assignment to several names', this.budget);
    if (values.length !== target.targets.length)
      throw new Error(`${values.length} values cannot be assigned to ${target.targets.length} names`);
    for (const [index, inner] of target.targets.entries()) this.#assign(inner, values[index] ?? null, scope);
    return undefined;
  }

  #macro({ name, parameters, body }: Macro, scope: Scope): Callable {
    const names = parameters.map((parameter) => parameter.name);
    const fields = new Map<string, Value>([
      ['name', name],
      ['arguments', Tuple.make(names)],
    ]);
    const call = ({ positional, named }: CallArguments): Value => {
      const inner = new Scope(scope);
      inner.set('varargs', Tuple.make(positional.slice(names.length)));
      inner.set('kwargs', Dict.make([...named].filter(([key]) => key !== 'caller' && !names.includes(key))));
      inner.set('caller', named.get('caller') ?? new Undefined('caller'));
      for (const [index, parameter] of parameters.entries()) {
        const given = positional[index] ?? (index < positional.length ? null : named.get(parameter.name));
        const otherwise = (): Value =>
          parameter.value ? this.evaluate(parameter.value, inner) : new Undefined(parameter.name);
        inner.set(parameter.name, given === undefined ? otherwise() : given);
      }
      return this.#deeper(() => this.#capture(() => this.#run(body, inner)));
    };
    return new Callable(name, call, fields);
  }

  #deeper<T>(work: () => T): T {
    this.#depth += 1;
    if (this.#depth > DEEPEST) throw new Error('it is nested too deeply');
    const result = work();
    this.#depth -= 1;
    return result;
  }

  evaluate(node: Expression, scope: Scope): Value {
    this.budget.step();
    this.#depth += 1;
    if (this.#depth > DEEPEST) throw new Error('it is nested too deeply');
    if (this.options.absent.size > 0) this.#assertPresent(node, scope);
    const value = this.#value(node, scope);
    this.#depth -= 1;
    return value;
  }

  #assertPresent(node: Expression, scope: Scope): void {
    const path = originOf(node, NOTHING_BOUND)?.path ?? [];
    const text = path.join('.');
    if (this.options.absent.has(text) && scope.get(path[0] ?? '') === undefined)
      throw new Error(hasNoValue(text));
  }

  #value(node: Expression, scope: Scope): Value {
    const { budget } = this;
    switch (node.type) {
      case 'literal':
        return node.value;
      case 'captured':
        return this.#captured;
      case 'name':
        return this.#lookUp(node.name, scope);
      case 'list':
      case 'tuple': {
        const items = node.items.map((item) => this.evaluate(item, scope));
        budget.list(items, items.length);
        return node.type === 'list' ? items : Tuple.make(items);
      }
      case 'dict': {
        const entries = node.entries.map(
          ([key, inner]) => [this.evaluate(key, scope), this.evaluate(inner, scope)] as const,
        );
        budget.list(entries, entries.length);
        return Dict.make(entries);
      }
      case 'field':
        return this.#field(this.evaluate(node.object, scope), node.name, node);
      case 'item': {
        const object = this.evaluate(node.object, scope);
        const key = this.evaluate(node.index, scope);
        return typeof key === 'string'
          ? this.#field(object, key, node)
          : readField(object, key, pathText(node));
      }
      case 'slice': {
        const object = this.evaluate(node.object, scope);
        const bound = (part: Expression | undefined): Value => (part ? this.evaluate(part, scope) : null);
        return slice(
          object,
          [bound(node.bounds.start), bound(node.bounds.stop), bound(node.bounds.step)],
          budget,
        );
      }
      case 'call':
        return this.#call(node.callee, this.#arguments(node.args, scope), scope);
      case 'filter':
        return this.applyFilter(
          node.name,
          this.evaluate(node.operand, scope),
          this.#arguments(node.args, scope),
        );
      case 'test':
        return this.applyTest(
          node.name,
          this.evaluate(node.operand, scope),
          this.#arguments(node.args, scope),
        );
      case 'unary':
        return this.#unary(node.operator, this.evaluate(node.operand, scope));
      case 'binary': {
        const left = this.evaluate(node.left, scope);
        if (node.operator === 'and') return isTruthy(left) ? this.evaluate(node.right, scope) : left;
        if (node.operator === 'or') return isTruthy(left) ? left : this.evaluate(node.right, scope);
        return calculate(node.operator, left, this.evaluate(node.right, scope), budget);
      }
      case 'compare': {
        let left = this.evaluate(node.first, scope);
        for (const { operator, operand } of node.rest) {
          const right = this.evaluate(operand, scope);
          if (!compare(operator, left, right, budget)) return false;
          left = right;
        }
        return true;
      }
      case 'conditional': {
        const isMet = isTruthy(this.evaluate(node.test, scope));
        if (isMet) return this.evaluate(node.value, scope);
        return node.otherwise
          ? this.evaluate(node.otherwise, scope)
          : new Undefined('the value without `else`');
      }
    }
  }

  #lookUp(name: string, scope: Scope): Value {
    const value = scope.get(name);
    if (value !== undefined) return value;
    const { row } = this.options;
    if (Object.hasOwn(row, name)) return row[name] ?? null;
    const make = Object.hasOwn(FUNCTIONS, name) ? FUNCTIONS[name] : undefined;
    return make ? new Callable(name, (args) => make(args, this.budget)) : new Undefined(name);
  }

  /** Data before methods: a field of an object may be called `items`. */
  #field(object: Value, name: string, node: Expression): Value {
    if (isMapping(object) && !(object instanceof Dict)) {
      if (Object.hasOwn(object, name)) return object[name] ?? null;
    }
    const value = readField(object, name, () => pathText(node));
    return value instanceof Undefined ? (methodOf(object, name, this.budget) ?? value) : value;
  }

  #call(callee: Expression, args: CallArguments, scope: Scope): Value {
    let called: Value | undefined;
    if (callee.type === 'field') {
      const object = this.evaluate(callee.object, scope);
      called = this.#field(object, callee.name, callee);
      if (!(called instanceof Callable)) called = methodOf(object, callee.name, this.budget) ?? called;
    } else if (
      callee.type === 'name' &&
      Object.hasOwn(FUNCTIONS, callee.name) &&
      scope.get(callee.name) === undefined
    ) {
      return FUNCTIONS[callee.name]?.(args, this.budget) ?? null;
    } else called = this.evaluate(callee, scope);
    if (called instanceof Namespace && called.call) return called.call(args);
    if (called instanceof Callable) return called.call(args);
    if (called instanceof Undefined)
      throw new Error(
        `there is no \`${callee.type === 'field' ? callee.name : pathText(callee)}()\`${callee.type === 'field' ? ' for this value' : ''}`,
      );
    throw new Error(`\`${pathText(callee)}\` is ${kindOf(required(called))}, and cannot be called`);
  }

  #unary(operator: '-' | '+' | 'not', value: Value): Value {
    if (operator === 'not') return !isTruthy(value);
    const number = asNumber(required(value));
    if (number === undefined) throw new Error(`\`${operator}\` takes a number, not ${kindOf(value)}`);
    return operator === '-' ? negate(number) : number;
  }

  #arguments({ positional, named, rest, restNamed }: Arguments, scope: Scope): CallArguments {
    if (positional.length === 0 && named.length === 0 && !rest && !restNamed) return NO_VALUES;
    const values = positional.map((value) => this.evaluate(value, scope));
    if (rest)
      values.push(...iterate(this.evaluate(rest, scope), '`*`', this.budget).slice(0, MOST_ARGUMENTS));
    const byName = new Map<string, Value>(
      named.map(({ name, value }) => [name, this.evaluate(value, scope)]),
    );
    if (restNamed) {
      const more = required(this.evaluate(restNamed, scope));
      if (!isMapping(more)) throw new Error(`\`**\` takes an object, not ${kindOf(more)}`);
      for (const [key, value] of entriesOf(more)) byName.set(keyText(key), value);
    }
    return { positional: values, named: byName };
  }
}

/** A spread is copied to the stack. */
const MOST_ARGUMENTS = 10_000;
