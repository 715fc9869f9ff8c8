import { describe, expect, it } from '@jest/globals';
import type { Json } from '../../src/core/json.js';
import { convertedSchema, converter, pythonFloat } from '../../src/samplers/convert.js';
import { roundHalfEven, roundTo } from '../../src/samplers/rounding.js';

describe('rounding', () => {
  it.each([
    [0.5, 0],
    [1.5, 2],
    [2.5, 2],
    [-0.5, 0],
    [-1.5, -2],
    [2.4999, 2],
    [1e300, 1e300],
  ])('%d to a whole number is %d: half goes to the even one', (value, rounded) => {
    expect(roundHalfEven(value) + 0).toBe(rounded);
  });

  it.each([
    [7.825, 2, 7.82],
    [0.25, 1, 0.2],
    [0.35, 1, 0.4],
    [25, -1, 20],
    [35, -1, 40],
    [1.5, 0, 2],
    [1e300, 300, 1e300],
  ])('%d to %d places is %d, as in numpy', (value, places, rounded) => {
    expect(roundTo(value, places)).toBe(rounded);
  });
});

describe('convert_to', () => {
  it.each<[Json, string, number | undefined, string | undefined, Json]>([
    [2.5, 'number', undefined, 'int', 2],
    [3.5, 'number', undefined, 'int', 4],
    // Converted before it is rounded, so it is rounded once.
    [2.46, 'number', 1, 'int', 2],
    [2.54, 'number', 1, 'int', 3],
    [27.2, 'number', -1, 'int', 30],
    [1.25, 'number', undefined, 'str', '1.25'],
    [1.25, 'number', 1, 'str', '1.2'],
    [0, 'number', undefined, 'str', '0.0'],
    [3, 'integer', undefined, 'str', '3'],
    ['12', 'string', undefined, 'int', 12],
    ['1.5', 'string', undefined, 'float', 1.5],
    ['a', 'string', undefined, 'str', 'a'],
    [3, 'integer', undefined, 'float', 3],
  ])('%j of type %s with %s places as %s is %j', (value, type, places, convertTo, converted) => {
    expect(converter({ type }, places, convertTo)(value)).toBe(converted);
  });

  it.each([
    [2, '2.0'],
    [0.1, '0.1'],
    [1e16, '1e+16'],
    [123456789012345680000, '1.2345678901234568e+20'],
    [0.00001, '1e-05'],
    [0.0001, '0.0001'],
    [-2.5e-7, '-2.5e-07'],
  ])('%d is printed %s, as by Python', (value, text) => {
    expect(pythonFloat(value)).toBe(text);
  });

  it('changes the schema with the values', () => {
    expect(convertedSchema({ type: 'integer', enum: [1, 2] }, undefined, 'str')).toEqual({
      type: 'string',
      enum: ['1', '2'],
    });
    expect(convertedSchema({ type: 'number' }, 1, undefined)).toEqual({ type: 'number' });
    expect(convertedSchema({ type: 'number' }, undefined, 'int')).toEqual({ type: 'integer' });
  });
});
