import { describe, expect, it } from '@jest/globals';
import type { JsonObject } from '../../src/core/json.js';
import { constraintsOf, constraintText } from '../../src/samplers/constraints.js';
import { domainOf, findImpossible } from '../../src/samplers/domains.js';
import { SAMPLER_TYPES } from '../../src/samplers/registry.js';

type Column = readonly [type: string, params: JsonObject, convertTo?: string];

/** The constraint that can never hold, such as `a < 3`. */
function impossible(
  columns: Readonly<Record<string, Column>>,
  ...texts: readonly string[]
): string | undefined {
  const operators: Readonly<Record<string, string>> = { '<': 'lt', '<=': 'le', '>': 'gt', '>=': 'ge' };
  const constraints = constraintsOf({
    constraints: texts.map((text) => {
      const [target = '', sign = '', rhs = ''] = text.split(' ');
      return { target_column: target, operator: operators[sign] ?? '', rhs };
    }),
  });
  const domains = Object.entries(columns).map(([name, [sampler, params, convertTo]]) => {
    const type = SAMPLER_TYPES.get(sampler);
    if (!type) throw new Error(sampler);
    return [name, domainOf(type, params, convertTo)] as const;
  });
  const found = findImpossible(constraints, new Map(domains));
  return found && constraintText(found).slice(1, -1).replace('T00:00:00', '');
}

const unit: Column = ['uniform', { low: 0, high: 1 }];
const ranks: Column = ['category', { values: [1, 2, 3] }];
const dates = (start: string, end: string): Column => ['datetime', { start, end }];

describe('a constraint that can never hold', () => {
  it.each<[Readonly<Record<string, Column>>, ...(readonly string[])]>([
    [{ a: unit }, 'a < 0'],
    [{ a: unit }, 'a >= 1'],
    [{ a: ['uniform', { low: 2, high: 2 }] }, 'a > 2'],
    [{ a: ranks }, 'a > 3'],
    [{ a: ['category', { values: [1, 9], weights: [1, 0] }] }, 'a > 5'],
    [{ a: ['bernoulli', { p: 0 }] }, 'a > 0'],
    [{ a: ['binomial', { n: 4, p: 0.5 }] }, 'a > 4'],
    [{ a: ['poisson', { mean: 4 }] }, 'a < 0'],
    [{ a: ['gaussian', { mean: 4, stddev: 0 }] }, 'a < 4'],
    [{ a: unit, b: ['uniform', { low: 1, high: 2 }] }, 'a > b'],
    [{ a: dates('2024-01-01', '2024-02-01') }, 'a >= 2024-02-01'],
    [{ a: dates('2024-01-01', '2024-02-01'), b: dates('2024-03-01', '2024-04-01') }, 'a > b'],
  ])('%j with %s is found', (columns, ...texts) => {
    expect(impossible(columns, ...texts)).toBe(texts.at(-1));
  });

  it('is found where constraints exclude each other', () => {
    expect(impossible({ a: ranks }, 'a > 1', 'a < 2')).toBe('a < 2');
    expect(impossible({ a: ['poisson', { mean: 4 }] }, 'a > 1', 'a < 2')).toBe('a < 2');
    const wide: Column = ['uniform', { low: 5, high: 10 }];
    const b: Column = ['uniform', { low: 0, high: 6 }];
    expect(
      impossible({ a: wide, b, c: ['uniform', { low: 0, high: 5.5 }] }, 'a < b', 'b < c'),
    ).toBeUndefined();
    expect(impossible({ a: wide, b, c: ['uniform', { low: 0, high: 5 }] }, 'a < b', 'b < c')).toBe('b < c');
  });
});

describe('a constraint that can hold', () => {
  it.each<[Readonly<Record<string, Column>>, string]>([
    [{ a: unit }, 'a < 0.001'],
    // Rounded, the upper limit can be reached.
    [{ a: ['uniform', { low: 0, high: 3 }, 'int'] }, 'a >= 3'],
    [{ a: ['uniform', { low: 0, high: 1, decimal_places: 1 }] }, 'a >= 1'],
    [{ a: ranks }, 'a >= 3'],
    [{ a: ['gaussian', { mean: 0, stddev: 1 }] }, 'a > 100'],
    [{ a: ['scipy', { dist_name: 'norm', dist_params: {} }] }, 'a > 100'],
    [{ a: unit, b: unit }, 'a > b'],
    [{ a: dates('2024-01-01', '2024-02-01') }, 'a >= 2024-01-31'],
  ])('%j with %s is let through', (columns, text) => {
    expect(impossible(columns, text)).toBeUndefined();
  });
});

it('is read with or without its type: text that is no number and no date is a column', () => {
  const read = (rhs: string | number, type?: string) =>
    constraintsOf({
      constraints: [
        { target_column: 'a', operator: 'lt', rhs, ...(type !== undefined && { constraint_type: type }) },
      ],
    })[0]?.rhs;
  expect(read(3)).toEqual({ kind: 'value', value: 3 });
  expect(read('3.5')).toEqual({ kind: 'value', value: 3.5 });
  expect(read('2024-01-31')).toEqual({ kind: 'value', value: '2024-01-31T00:00:00' });
  expect(read('b')).toEqual({ kind: 'column', column: 'b' });
  expect(read('may')).toEqual({ kind: 'column', column: 'may' });
  expect(read('3', 'column_inequality')).toEqual({ kind: 'column', column: '3' });
  expect(read('b', 'scalar_inequality')).toBeUndefined();
});
