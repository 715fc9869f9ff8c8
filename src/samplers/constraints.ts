import { isObject, type Json } from '../core/json.js';
import { getList } from '../core/paths.js';
import { dateText, parseDate } from './dates.js';

/** The operators of constraints, by Data Designer's names. */
export const OPERATORS = {
  lt: { sign: '<', holds: (a: Ordered, b: Ordered) => a < b },
  le: { sign: '<=', holds: (a: Ordered, b: Ordered) => a <= b },
  gt: { sign: '>', holds: (a: Ordered, b: Ordered) => a > b },
  ge: { sign: '>=', holds: (a: Ordered, b: Ordered) => a >= b },
} as const;

export type Operator = keyof typeof OPERATORS;

/** A number, or a date as ISO text. */
export type Ordered = number | string;

/** `target` `operator` `rhs`, for every row: `rhs` is a column, or the same value for all rows. */
export interface Constraint {
  /** Its position in `constraints`. */
  readonly index: number;
  readonly target: string;
  readonly operator: Operator;
  readonly rhs:
    | { readonly kind: 'column'; readonly column: string }
    | { readonly kind: 'value'; readonly value: Ordered };
}

/** The constraints of a recipe, without those whose form is wrong. */
export function constraintsOf(recipe: object): readonly Constraint[] {
  return getList(recipe, 'constraints').flatMap((entry, index) => readConstraint(entry, index) ?? []);
}

/**
 * Reads one entry. Without a `constraint_type`, `rhs` decides: a number, a number as text or a date is a value, any
 * other text a column.
 */
export function readConstraint(entry: Json, index: number): Constraint | undefined {
  if (!isObject(entry)) return undefined;
  const { target_column: target, operator, rhs, constraint_type: type } = entry;
  if (typeof target !== 'string' || typeof operator !== 'string' || !isOperator(operator)) return undefined;
  const value = type === 'column_inequality' ? undefined : orderedValue(rhs);
  if (value !== undefined) return { index, target, operator, rhs: { kind: 'value', value } };
  if (type === 'scalar_inequality' || typeof rhs !== 'string') return undefined;
  return { index, target, operator, rhs: { kind: 'column', column: rhs } };
}

/** `` `hi > lo` ``, as messages write a constraint. */
export function constraintText({ target, operator, rhs }: Constraint): string {
  return `\`${target} ${OPERATORS[operator].sign} ${rhs.kind === 'column' ? rhs.column : rhs.value}\``;
}

const isOperator = (name: string): name is Operator => Object.hasOwn(OPERATORS, name);

function orderedValue(rhs: Json | undefined): Ordered | undefined {
  if (typeof rhs === 'number') return rhs;
  if (typeof rhs !== 'string') return undefined;
  const number = rhs.trim() === '' ? Number.NaN : Number(rhs);
  if (Number.isFinite(number)) return number;
  // No name of a column begins with a digit.
  const time = /^\d/.test(rhs) ? parseDate(rhs) : undefined;
  return time === undefined ? undefined : dateText(time);
}
