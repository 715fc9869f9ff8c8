/**
 * Numbers as in Python. A whole number is a `number`, or a `bigint` where it is too large for one; a fraction is a
 * `number`; only a float without a fraction needs a class of its own, so that `4 / 2` prints `2.0`.
 */
export class Float {
  private constructor(readonly value: number) {}

  /** A float: with a fraction it is a plain number. */
  static of(value: number): Float | number {
    return Number.isInteger(value) ? new Float(value) : value;
  }
}

export type Num = number | bigint | Float;

export type ArithmeticOperator = '+' | '-' | '*' | '/' | '//' | '%' | '**';

/** Bits. Whole numbers of any size would take any time. */
const LARGEST = 4096;

export const isNum = (value: unknown): value is Num =>
  typeof value === 'number' || value instanceof Float || typeof value === 'bigint';

export function isFloat(value: Num): boolean {
  return value instanceof Float || (typeof value === 'number' && !Number.isInteger(value));
}

/** The nearest JavaScript number. */
export const toNumber = (value: Num): number => (value instanceof Float ? value.value : Number(value));

/** A whole number as a `number` when it fits. */
export function whole(value: bigint): number | bigint {
  return value >= Number.MIN_SAFE_INTEGER && value <= Number.MAX_SAFE_INTEGER ? Number(value) : value;
}

/** A finite float without its fraction. */
export function truncated(value: number): number | bigint {
  const cut = Math.trunc(value) + 0;
  return Number.isSafeInteger(cut) ? cut : BigInt(cut);
}

export function compareNumbers(a: Num, b: Num): number {
  const [left, right] = [plain(a), plain(b)];
  if (left < right) return -1;
  return left > right ? 1 : Number.isNaN(Number(left)) || Number.isNaN(Number(right)) ? Number.NaN : 0;
}

const plain = (value: Num): number | bigint => (value instanceof Float ? value.value : value);

export function negate(value: Num): Num {
  if (value instanceof Float) return Float.of(-value.value);
  return typeof value === 'bigint' ? whole(-value) : value === 0 ? 0 : -value;
}

/** @throws Error for a division by zero and for numbers that are too large */
export function arithmetic(operator: ArithmeticOperator, a: Num, b: Num): Num {
  if (['/', '//', '%'].includes(operator) && toNumber(b) === 0) throw new Error('division by zero');
  const isWhole = !isFloat(a) && !isFloat(b) && operator !== '/';
  if (!isWhole || (operator === '**' && toNumber(b) < 0)) {
    return Float.of(floats[operator](toNumber(a), toNumber(b)));
  }
  if (typeof a === 'number' && typeof b === 'number') {
    const result = floats[operator](a, b);
    if (Number.isSafeInteger(result) && Number.isSafeInteger(a) && Number.isSafeInteger(b)) return result + 0;
  }
  if (operator === '**' && Math.log2(Math.abs(toNumber(a)) + 1) * toNumber(b) > LARGEST) throw tooLarge();
  const result = integers[operator](BigInt(plain(a)), BigInt(plain(b)));
  if (result > MOST || result < -MOST) throw tooLarge();
  return whole(result);
}

const MOST = 2n ** BigInt(LARGEST);

const tooLarge = (): Error => new Error(`a whole number is limited to ${LARGEST} bits`);

const floats = {
  '+': (a: number, b: number) => a + b,
  '-': (a: number, b: number) => a - b,
  '*': (a: number, b: number) => a * b,
  '/': (a: number, b: number) => a / b,
  '//': (a: number, b: number) => Math.floor((a - modulo(a, b)) / b + 0.5),
  '%': modulo,
  '**': (a: number, b: number) => a ** b,
} as const;

const integers = {
  '+': (a: bigint, b: bigint) => a + b,
  '-': (a: bigint, b: bigint) => a - b,
  '*': (a: bigint, b: bigint) => a * b,
  '/': (a: bigint, b: bigint) => a / b,
  '//': (a: bigint, b: bigint) => (a - wholeModulo(a, b)) / b,
  '%': wholeModulo,
  '**': (a: bigint, b: bigint) => a ** b,
} as const;

/** Python's: it has the sign of the divisor. */
function modulo(a: number, b: number): number {
  const rest = a % b;
  return (rest !== 0 && rest < 0 !== b < 0 ? rest + b : rest) + 0;
}

function wholeModulo(a: bigint, b: bigint): bigint {
  const rest = a % b;
  return rest !== 0n && rest < 0n !== b < 0n ? rest + b : rest;
}

/** Rounds to `digits` after the point as Python does: by the exact binary value, and a half to the even neighbour. */
export function roundHalfEven(value: number, digits: number): number {
  if (!Number.isFinite(value) || digits > 100) return value;
  if (digits < 0) {
    const scale = Number(`1e${Math.min(-digits, 308)}`);
    return roundHalfEven(value / scale, 0) * scale;
  }
  if (digits === 0) {
    const floor = Math.floor(value);
    return value - floor === 0.5 ? floor + (Math.abs(floor) % 2) : Math.round(value);
  }
  // `toFixed` is exact, and takes the larger of two neighbours that are equally near.
  const fixed = Number(value.toFixed(digits));
  const down = Number((fixed - Math.sign(value) * Number(`1e-${digits}`)).toFixed(digits));
  const isTie = isHalf(value, digits);
  return isTie && Math.round(fixed * Number(`1e${digits}`)) % 2 !== 0 ? down : fixed;
}

/** Whether the exact value ends with a 5 behind the digits that stay, and nothing after it. */
function isHalf(value: number, digits: number): boolean {
  const exact = Math.abs(value).toFixed(Math.min(100, digits + 40));
  return /^50*$/.test(exact.slice(exact.indexOf('.') + 1 + digits));
}

/** The text of a number, as Python writes it. */
export function numberText(value: Num): string {
  if (typeof value === 'bigint' || (typeof value === 'number' && Number.isInteger(value)))
    return String(value);
  const number = toNumber(value);
  if (Number.isNaN(number)) return 'nan';
  if (!Number.isFinite(number)) return number > 0 ? 'inf' : '-inf';
  const size = Math.abs(number);
  if (size !== 0 && (size < 1e-4 || size >= 1e16))
    return number.toExponential().replace(/e([+-])(\d)$/, 'e$10$2');
  const text = Object.is(number, -0) ? '-0' : String(number);
  return Number.isInteger(number) ? `${text}.0` : text;
}
