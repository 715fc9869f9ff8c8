import { createRequire } from 'node:module';
import { Budget } from './budget.js';
import { inTime } from '../sandbox/run-with-timeout.js';
import { BUILT_IN } from './jsonata-functions.js';

type Jsonata = typeof import('jsonata');
export type Compiled = ReturnType<Jsonata>;

/** A function of JSONata's own, as a variable holds it. */
interface NativeFunction {
  implementation: Implementation;
}

type Implementation = (this: unknown, ...given: unknown[]) => unknown;

/** What `$pad` may fill up to. */
const WIDEST = 1_000_000;

/** What the evaluation that runs now has left, and how large the values are that it has seen. */
let budget = new Budget();
let sizes = new WeakMap<object, number>();
let millisecondsLeft = (): number => Infinity;

/** JSONata looks for this variable after each step. */
const AFTER_EACH_STEP = Symbol.for('jsonata.__evaluate_exit');

let jsonata: Jsonata | undefined;

/** JSONata is CommonJS and only needed by recipes that use it. */
const load = (): Jsonata => (jsonata ??= createRequire(import.meta.url)('jsonata') as Jsonata);

/** Compiles an expression; throws for what is no JSONata. */
export function compile(source: string, options: Parameters<Jsonata>[1]): Compiled {
  const compiled = load()(source, options);
  (compiled.assign as (name: unknown, value: unknown) => void)(AFTER_EACH_STEP, measure);
  return compiled;
}

/**
 * The value of an expression; rejects with what it throws. JSONata itself only looks at the clock between two
 * steps, and bounds neither texts nor what its functions do.
 *
 * @param left how many milliseconds it may still take
 */
export async function run(compiled: Compiled, input: unknown, left: () => number): Promise<unknown> {
  await (guarded ??= guardAll());
  budget = new Budget();
  sizes = new WeakMap();
  millisecondsLeft = left;
  return compiled.evaluate(input);
}

let guarded: Promise<unknown> | undefined;

/** Most recipes are only checked, which takes no function. */
async function guardAll(): Promise<void> {
  for (const name of BUILT_IN)
    guard((await load()(`$${name}`).evaluate({})) as unknown as NativeFunction, name);
}

/** Puts a measured function where the library's own was. */
function guard(native: NativeFunction, name: string): void {
  const own = native.implementation;
  const safe = SAFE.get(name) ?? ((given, call) => call(...given));
  // What calls functions of the recipe consists of steps, and waits between them.
  const isWatched = own.constructor.name !== 'AsyncFunction' && !QUICK.has(name);
  const measured: Implementation = function measured(...given) {
    const call = (): unknown => safe(given, (...passed) => own.apply(this, passed));
    const result = isWatched ? inTime(call, Math.max(1, millisecondsLeft())) : call();
    if (typeof result === 'string' && !(name === 'string' && result === given[0]) && !PASSING_ON.has(name))
      budget.newText(result.length);
    return result;
  };
  // It asks a function for its parameters, by number and by name.
  Object.defineProperties(measured, {
    length: { value: own.length },
    toString: { value: () => String(own) },
  });
  native.implementation = measured;
}

/** Functions that look through what they are given once: they are spared the tenth of a millisecond of a watch. */
const QUICK = new Set(
  `abs average boolean ceil count exists floor keys length lookup lowercase max merge millis min not now number
   power reverse round sqrt substring substringAfter substringBefore sum trim type uppercase values`.split(
    /\s+/,
  ),
);

/** Functions that give texts they were given. */
const PASSING_ON = new Set(['lookup', 'single', 'reduce']);

type Guard = (given: readonly unknown[], call: (...given: unknown[]) => unknown) => unknown;

/** Functions that take far more room than their result, or make it before it can be measured. */
const SAFE: ReadonlyMap<string, Guard> = new Map<string, Guard>([
  [
    'pad',
    (given, call) => {
      if (Math.abs(Number(given[1])) > WIDEST)
        throw new Error(`$pad() is limited to ${WIDEST.toLocaleString('en-US')} characters`);
      return call(...given);
    },
  ],
  [
    'join',
    (given, call) => {
      const [texts, separator] = given as [readonly string[] | undefined, string | undefined];
      const own = texts?.reduce((total, text) => total + text.length, 0) ?? 0;
      budget.text(own + (texts?.length ?? 0) * (separator?.length ?? 0));
      return call(...given);
    },
  ],
]);

/** Called with the result of each step. */
function measure(_step: unknown, _input: unknown, _environment: unknown, result: unknown): void {
  if (typeof result === 'string') budget.text(result.length);
  else budget.value(sizeOf(result));
}

/**
 * How many values there are in one. A list that holds another twice is short, and takes long to go through. In the
 * midst of a chain of steps each part of a value has been seen before.
 */
function sizeOf(value: unknown): number {
  if (typeof value !== 'object' || value === null || isFunction(value)) return 1;
  const known = sizes.get(value);
  if (known !== undefined) return known;
  // What holds itself has no end.
  sizes.set(value, Infinity);
  let size = 1;
  for (const key of Object.keys(value)) size += sizeOf((value as Record<string, unknown>)[key]);
  sizes.set(value, size);
  return size;
}

/** A function is an object for JSONata, with all that it can see. */
const isFunction = (value: object): boolean => '_jsonata_lambda' in value || '_jsonata_function' in value;
