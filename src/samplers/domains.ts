/**
 * Which values columns can have under constraints: the limits of each are narrowed by those of the others until
 * nothing changes (bounds propagation). A column without values left means that no row satisfies the constraints.
 */
import type { JsonObject, JsonSchema } from '../core/json.js';
import { isList } from '../core/paths.js';
import type { Constraint, Ordered } from './constraints.js';
import { convertedSchema } from './convert.js';
import { roundHalfEven, roundTo } from './rounding.js';
import type { SamplerType } from './types.js';

/** The values that a column can have. */
export interface Domain {
  readonly min?: Limit | undefined;
  readonly max?: Limit | undefined;
  readonly isInteger: boolean;
  /** All of them, where they are known. */
  readonly values?: readonly Ordered[] | undefined;
}

interface Limit {
  readonly value: Ordered;
  /** The limit itself is no value. */
  readonly isOpen: boolean;
}

/** The values of a sampler with these params, after rounding and `convert_to`. */
export function domainOf(type: SamplerType, params: JsonObject, convertTo: string | undefined): Domain {
  const { decimal_places: places } = params;
  const isRounded = convertTo === 'int' || typeof places === 'number';
  const rounded = (value: Ordered): Ordered => {
    if (typeof value === 'string') return value;
    const whole = convertTo === 'int' ? roundHalfEven(value) : value;
    return typeof places === 'number' ? roundTo(whole, places) : whole;
  };
  const { min, max, isMaxExcluded = false } = type.range?.(params) ?? {};
  const schema = convertedSchema(type.valueSchema(params), undefined, convertTo);
  return settle({
    min: min === undefined ? undefined : { value: rounded(min), isOpen: false },
    max: max === undefined ? undefined : { value: rounded(max), isOpen: isMaxExcluded && !isRounded },
    isInteger: schema['type'] === 'integer' || places === 0,
    values: numbersIn(schema),
  });
}

function numbersIn({ enum: values }: JsonSchema): readonly number[] | undefined {
  if (!isList(values)) return undefined;
  const numbers = values.filter((value) => typeof value === 'number');
  return numbers.length === values.length ? numbers : undefined;
}

/** The values of any of several domains. */
export function unionOf([first, ...others]: readonly Domain[]): Domain {
  return others.reduce<Domain>(
    (all, { min, max, isInteger, values }) => ({
      min: all.min && min && (isTighterMin(all.min, min) ? min : all.min),
      max: all.max && max && (isTighterMax(all.max, max) ? max : all.max),
      isInteger: all.isInteger && isInteger,
      values: all.values && values && [...all.values, ...values],
    }),
    first ?? { isInteger: false },
  );
}

/** The first constraint that leaves a column without values; `undefined` when every column keeps some. */
export function findImpossible(
  constraints: readonly Constraint[],
  given: ReadonlyMap<string, Domain>,
): Constraint | undefined {
  const found = propagated(constraints, given);
  return 'impossible' in found ? found.impossible : undefined;
}

/** The values of each column that the other columns leave room for; `given` where no row satisfies the constraints. */
export function narrowedDomains(
  constraints: readonly Constraint[],
  given: ReadonlyMap<string, Domain>,
): ReadonlyMap<string, Domain> {
  const found = propagated(constraints, given);
  return 'impossible' in found ? given : found.domains;
}

export const isInDomain = (value: Ordered, { min, max }: Domain): boolean =>
  isAbove(value, min) && isUnder(value, max);

function propagated(
  constraints: readonly Constraint[],
  given: ReadonlyMap<string, Domain>,
): { readonly impossible: Constraint } | { readonly domains: ReadonlyMap<string, Domain> } {
  const domains = new Map(given);
  for (let round = 0; round <= constraints.length; round += 1) {
    for (const constraint of constraints) {
      for (const [column, domain] of narrowed(constraint, domains)) {
        if (isEmpty(domain)) return { impossible: constraint };
        domains.set(column, domain);
      }
    }
  }
  return { domains };
}

/** Both sides of a constraint, without the values that no value of the other side allows. */
function narrowed(
  { target, operator, rhs }: Constraint,
  domains: ReadonlyMap<string, Domain>,
): readonly (readonly [string, Domain])[] {
  const left = domains.get(target);
  const fixed: Limit | undefined = rhs.kind === 'value' ? { value: rhs.value, isOpen: false } : undefined;
  const right: Domain | undefined =
    rhs.kind === 'column' ? domains.get(rhs.column) : { min: fixed, max: fixed, isInteger: false };
  if (!left || !right) return [];
  const isStrict = operator === 'lt' || operator === 'gt';
  const isBelow = operator === 'lt' || operator === 'le';
  const [low, high] = isBelow ? [left, right] : [right, left];
  const lower = settle({ ...low, max: tighterMax(low.max, opened(high.max, isStrict)) });
  const higher = settle({ ...high, min: tighterMin(high.min, opened(low.min, isStrict)) });
  const [newLeft, newRight] = isBelow ? [lower, higher] : [higher, lower];
  return rhs.kind === 'column'
    ? [
        [target, newLeft],
        [rhs.column, newRight],
      ]
    : [[target, newLeft]];
}

const opened = (limit: Limit | undefined, isStrict: boolean): Limit | undefined =>
  limit && { value: limit.value, isOpen: limit.isOpen || isStrict };

const isTighterMax = (a: Limit, b: Limit): boolean =>
  a.value === b.value ? a.isOpen && !b.isOpen : a.value < b.value;

const isTighterMin = (a: Limit, b: Limit): boolean =>
  a.value === b.value ? a.isOpen && !b.isOpen : a.value > b.value;

const tighterMax = (a: Limit | undefined, b: Limit | undefined): Limit | undefined =>
  a && b ? (isTighterMax(a, b) ? a : b) : (a ?? b);

const tighterMin = (a: Limit | undefined, b: Limit | undefined): Limit | undefined =>
  a && b ? (isTighterMin(a, b) ? a : b) : (a ?? b);

/** The same values with limits that are values: whole numbers, or the outermost of a list. */
function settle(domain: Domain): Domain {
  const { isInteger } = domain;
  const min = domain.min && isInteger ? wholeMin(domain.min) : domain.min;
  const max = domain.max && isInteger ? wholeMax(domain.max) : domain.max;
  const values = domain.values?.filter((value) => isAbove(value, min) && isUnder(value, max));
  const [first, last] = values ? [smallest(values), largest(values)] : [];
  return {
    min: first === undefined ? min : { value: first, isOpen: false },
    max: last === undefined ? max : { value: last, isOpen: false },
    isInteger,
    values,
  };
}

function wholeMin({ value, isOpen }: Limit): Limit {
  if (typeof value === 'string') return { value, isOpen };
  return { value: isOpen ? Math.floor(value) + 1 : Math.ceil(value), isOpen: false };
}

function wholeMax({ value, isOpen }: Limit): Limit {
  if (typeof value === 'string') return { value, isOpen };
  return { value: isOpen ? Math.ceil(value) - 1 : Math.floor(value), isOpen: false };
}

const smallest = (values: readonly Ordered[]): Ordered | undefined =>
  values.reduce<Ordered | undefined>(
    (best, value) => (best === undefined || value < best ? value : best),
    undefined,
  );

const largest = (values: readonly Ordered[]): Ordered | undefined =>
  values.reduce<Ordered | undefined>(
    (best, value) => (best === undefined || value > best ? value : best),
    undefined,
  );

const isAbove = (value: Ordered, min: Limit | undefined): boolean =>
  !min || (min.isOpen ? value > min.value : value >= min.value);

const isUnder = (value: Ordered, max: Limit | undefined): boolean =>
  !max || (max.isOpen ? value < max.value : value <= max.value);

function isEmpty({ min, max, values }: Domain): boolean {
  if (values?.length === 0) return true;
  if (!min || !max) return false;
  return min.value > max.value || (min.value === max.value && (min.isOpen || max.isOpen));
}

/** `from 0 to 10`, `at least 3`. */
export function domainText({ min, max }: Domain): string {
  const below = max?.isOpen ? 'below' : 'at most';
  if (min && max) {
    if (min.value === max.value) return `always ${min.value}`;
    return max.isOpen ? `at least ${min.value} and below ${max.value}` : `from ${min.value} to ${max.value}`;
  }
  if (min) return `${min.isOpen ? 'above' : 'at least'} ${min.value}`;
  return max ? `${below} ${max.value}` : 'not limited';
}
