import { createRequire } from 'node:module';
import type { ExprNode } from 'jsonata';
import { boundedRegExpClass } from '../sandbox/bounded-regexp.js';
import { Budget, type BudgetLimits } from '../sandbox/budget.js';
import { Realm } from '../sandbox/realm.js';
import { runWithTimeout } from '../sandbox/run-with-timeout.js';
import { BUILT_IN, FORBIDDEN, OWN } from './jsonata-functions.js';

/**
 * Runs JSONata under limits that belong to one evaluation. JSONata looks at the clock between two steps and bounds
 * the depth of calls and the length of lists; it bounds neither texts nor the time within one of its functions.
 *
 * 1. The library is a private copy in a realm of its own, and each evaluation runs to its end before the next begins.
 *    JSONata's clock therefore counts the time of one evaluation, and the copy of a host program stays as it is.
 * 2. Built-in functions that an expression names are replaced in that expression, through `registerFunction`, by
 *    functions that check what they make and stop the library's own when it takes too long.
 * 3. JSONata calls a hook after each step; it measures the values that come out.
 * 4. Regular expressions are made by a class that ends a match that backtracks for too long.
 *
 * What an evaluation has used is an `Evaluation`. An expression has one at a time, since its evaluations are
 * synchronous.
 */
export interface CompiledExpression {
  readonly tree: ExprNode;
  /** The value; throws what JSONata throws, a `TimeoutError`, a `RegExpTimeoutError` or the error of a budget. */
  evaluate(input: unknown): unknown;
}

export interface EvaluationLimits extends BudgetLimits {
  /** Milliseconds. */
  readonly timeout: number;
  /** Calls within calls. */
  readonly stack: number;
  /** Entries of one list. */
  readonly sequence: number;
}

/** Compiles an expression; throws what JSONata throws for a text that is not JSONata. */
export function compile(source: string, limits: EvaluationLimits): CompiledExpression {
  const { realm, jsonata } = privateLibrary();
  const hasPatterns = source.includes('/');
  let evaluation = new Evaluation(limits);
  const current = (): Evaluation => evaluation;
  const RegexEngine = boundedRegExpClass(() => evaluation.timeLeft());
  const expression = jsonata(source, hasPatterns ? { ...limits, RegexEngine } : limits);
  let isPrepared = false;
  return {
    tree: expression.ast(),
    evaluate(input) {
      if (!isPrepared) prepare(expression, source, current);
      isPrepared = true;
      evaluation = new Evaluation(limits);
      return realm.run(() => expression.evaluate(input));
    },
  };
}

type Jsonata = typeof import('jsonata');
type Expression = ReturnType<Jsonata>;

interface Library {
  readonly realm: Realm;
  readonly jsonata: Jsonata;
}

let library: Library | undefined;

/** Loaded only by recipes that use it. */
function privateLibrary(): Library {
  if (library) return library;
  const realm = new Realm();
  const file = createRequire(import.meta.url).resolve('jsonata');
  return (library = { realm, jsonata: realm.loadModule(file) as Jsonata });
}

/** What one evaluation has used so far. */
class Evaluation {
  readonly budget: Budget;
  #sizes: WeakMap<object, number> | undefined;
  readonly #deadline: number;

  constructor(limits: EvaluationLimits) {
    this.budget = new Budget(limits);
    this.#deadline = performance.now() + limits.timeout;
  }

  /** Milliseconds. */
  timeLeft(): number {
    return this.#deadline - performance.now();
  }

  /**
   * The number of values in a value. A list that holds another one twice is short, but takes long to go through. In a
   * chain of steps most parts of a large value were measured before.
   */
  sizeOf(value: unknown): number {
    const few = countUpTo(FEW, value);
    if (few <= FEW) return few;
    const sizes = (this.#sizes ??= new WeakMap());
    const known = sizes.get(value as object);
    if (known !== undefined) return known;
    // A value that contains itself has no end.
    sizes.set(value as object, Infinity);
    let size = 1;
    for (const part of partsOf(value as object)) size += this.sizeOf(part);
    sizes.set(value as object, size);
    return size;
  }
}

/** Values in a value. Counting these again is faster than remembering them. */
const FEW = 100;

/** The number of values in a value, or a larger number than `limit`. */
function countUpTo(limit: number, value: unknown): number {
  if (typeof value !== 'object' || value === null || isFunction(value)) return 1;
  let count = 1;
  for (const part of partsOf(value)) {
    if (count > limit) return count;
    count += countUpTo(limit - count, part);
  }
  return count;
}

const partsOf = (value: object): readonly unknown[] => (Array.isArray(value) ? value : Object.values(value));

/** A function is an object for JSONata, and holds every variable that it can see. */
const isFunction = (value: object): boolean => '_jsonata_lambda' in value || '_jsonata_function' in value;

/** JSONata calls the function in this variable after each step. */
const AFTER_STEP = Symbol.for('jsonata.__evaluate_exit');

type Current = () => Evaluation;

function measureSteps(current: Current): (...step: readonly unknown[]) => void {
  return (_step, _input, _environment, result) => {
    const evaluation = current();
    if (typeof result === 'string') evaluation.budget.text(result.length);
    else evaluation.budget.value(evaluation.sizeOf(result));
  };
}

/** Done before the first evaluation, since most expressions of a recipe are only checked. */
function prepare(expression: Expression, source: string, current: Current): void {
  (expression.assign as (name: unknown, value: unknown) => void)(AFTER_STEP, measureSteps(current));
  // The check of names refuses them; called through another name they would still be there.
  for (const name of FORBIDDEN.keys()) expression.assign(name, undefined);
  for (const [name, implementation] of OWN) {
    if (source.includes(name)) expression.registerFunction(name, implementation);
  }
  for (const name of BUILT_IN) {
    if (!source.includes(name)) continue;
    const native = nativeFunction(name);
    expression.registerFunction(name, limitedFunction(name, native, current), native.signature?.definition);
  }
}

/** A built-in function, as a variable of JSONata holds it. */
interface NativeFunction {
  readonly implementation: Implementation;
  readonly signature?: { readonly definition: string };
}

type Implementation = (this: unknown, ...given: unknown[]) => unknown;

function nativeFunction(name: string): NativeFunction {
  const { realm, jsonata } = privateLibrary();
  return realm.run(() => jsonata(`$${name}`).evaluate({})) as NativeFunction;
}

/** The function under the limits of the evaluation that calls it. */
function limitedFunction(
  name: string,
  { implementation: native }: NativeFunction,
  current: Current,
): Implementation {
  const check = BEFORE_CALL.get(name);
  const isSlow = slowness(name, native);
  const limited: Implementation = function limited(...given) {
    const evaluation = current();
    check?.(given, evaluation.budget);
    const call = (): unknown => native.apply(this, given);
    const result = isSlow(given) ? runWithTimeout(call, evaluation.timeLeft()) : call();
    const isGiven = name === 'lookup' || (name === 'string' && result === given[0]);
    if (typeof result === 'string' && !isGiven) evaluation.budget.newText(result.length);
    return result;
  };
  // JSONata reads the parameters of a function from its length and its source.
  return Object.defineProperties(limited, {
    length: { value: native.length },
    toString: { value: () => String(native) },
  });
}

/** Functions that take far more time than their parameters are long: pictures of dates and numbers, all pairs of a list. */
const SUPERLINEAR = new Set([
  'distinct',
  'formatInteger',
  'formatNumber',
  'fromMillis',
  'parseInteger',
  'toMillis',
]);

/** Functions that go through all that is in a value. */
const DEEP = new Set(['clone', 'string']);

/** Characters or entries: all other functions are done with so many within 20 milliseconds. */
const MANY = 1_000_000;

/**
 * Whether a call of a function has to be watched. Functions that call others are asynchronous: JSONata's clock runs
 * between their steps.
 */
function slowness(name: string, native: Implementation): (given: readonly unknown[]) => boolean {
  if (native.constructor.name === 'AsyncFunction') return () => false;
  if (SUPERLINEAR.has(name)) return () => true;
  const isDeep = DEEP.has(name);
  return (given) =>
    given.some((value) =>
      typeof value === 'object' && value !== null
        ? isDeep || (Array.isArray(value) && value.length > MANY)
        : typeof value === 'string' && value.length > MANY,
    );
}

/** Characters that `$pad` may fill up to. */
const WIDEST = 1_000_000;

/** Checks of functions that take far more memory than their result, or make it before it can be measured. */
const BEFORE_CALL: ReadonlyMap<string, (given: readonly unknown[], budget: Budget) => void> = new Map([
  [
    'pad',
    ([, width]: readonly unknown[]) => {
      if (Math.abs(Number(width)) > WIDEST)
        throw new Error(`$pad() is limited to ${WIDEST.toLocaleString('en-US')} characters`);
    },
  ],
  [
    'join',
    (given: readonly unknown[], budget: Budget) => {
      const [texts, separator] = given as [readonly string[] | undefined, string | undefined];
      const length = texts?.reduce((total, text) => total + text.length, 0) ?? 0;
      budget.text(length + (texts?.length ?? 0) * (separator?.length ?? 0));
    },
  ],
]);
