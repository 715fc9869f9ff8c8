/**
 * What belongs together in a life, by age: marital status, education and birth date. The shares are about those of the
 * United States; they make people plausible, not a sample of a population.
 */
import type { Random } from '../../core/random.js';

export const ADULT = 18;

export const MARITAL_STATUSES = ['married_present', 'divorced', 'never_married', 'separated', 'widowed'];
export const EDUCATION_LEVELS = [
  'secondary_education',
  'some_college',
  'bachelors',
  'associates',
  'graduate',
  'doctorate',
];
export const NO_DEGREE = 'no_degree';
const FIELDS = ['stem', 'business', 'education', 'arts_humanities', 'stem_related'];
export const BACHELORS_FIELDS = [...FIELDS, NO_DEGREE];

/** Shares of `MARITAL_STATUSES` up to an age. */
const MARRIED: readonly (readonly [below: number, shares: readonly number[]])[] = [
  [ADULT, [0, 0, 100, 0, 0]],
  [25, [10, 0, 89, 1, 0]],
  [35, [42, 5, 52, 1, 0]],
  [50, [60, 12, 25, 2, 1]],
  [65, [62, 18, 14, 2, 4]],
  [80, [58, 16, 7, 1, 18]],
  [Infinity, [35, 8, 5, 1, 51]],
];

/** Shares of `EDUCATION_LEVELS`, and the age from which one can have each. */
const EDUCATED = [38, 17, 21, 10, 11, 3];
const EARLIEST = [ADULT, ADULT, 22, 20, 24, 27];
/** Younger children are not at a secondary school yet. */
const SECONDARY_SCHOOL = 12;

export function drawMaritalStatus(random: Random, age: number): string {
  const [, shares = []] = MARRIED.find(([below]) => age < below) ?? [];
  return weighted(random, MARITAL_STATUSES, shares);
}

/** The level, `null` for young children, and the field of a bachelor's degree. */
export function drawEducation(
  random: Random,
  age: number,
): { readonly level: string | null; readonly field: string } {
  if (age < ADULT) return { level: age < SECONDARY_SCHOOL ? null : 'secondary_education', field: NO_DEGREE };
  const shares = EDUCATED.map((share, index) => (age < (EARLIEST[index] ?? 0) ? 0 : share));
  const level = weighted(random, EDUCATION_LEVELS, shares);
  const hasDegree = level === 'bachelors' || level === 'graduate' || level === 'doctorate';
  return { level, field: hasDegree ? pick(random, FIELDS) : NO_DEGREE };
}

/** A day on which a person was born who has this age on the day of reference, as ISO text. */
export function drawBirthDate(random: Random, age: number, reference: Date): string {
  const first = yearsBefore(reference, age + 1) + DAY;
  const days = Math.round((yearsBefore(reference, age) - first) / DAY) + 1;
  return new Date(first + Math.floor(random() * days) * DAY).toISOString().slice(0, 10);
}

const DAY = 86_400_000;

/** The same day of an earlier year; the 28th of February for the 29th. */
function yearsBefore(date: Date, years: number): number {
  const time = new Date(date).setUTCFullYear(date.getUTCFullYear() - years);
  return new Date(time).getUTCMonth() === date.getUTCMonth() ? time : time - DAY;
}

export function pick<Value>(random: Random, values: readonly Value[]): Value {
  const value = values[Math.floor(random() * values.length)];
  if (value === undefined) throw new Error('nothing to choose from');
  return value;
}

function weighted(random: Random, values: readonly string[], shares: readonly number[]): string {
  let left = random() * shares.reduce((sum, share) => sum + share, 0);
  const index = shares.findIndex((share) => (left -= share) < 0);
  return values[index] ?? '';
}
