import type { Json } from '../core/json.js';
import type { Problem } from '../core/problem.js';
import type { SamplerType, ValueRange } from './types.js';

export type CategoryValue = string | number | boolean;

type CategoryParams = {
  readonly values: readonly CategoryValue[];
  readonly weights?: readonly number[];
};

/** JSON Schema of a list of values to choose from. */
export const VALUES_SCHEMA = { type: 'array', items: { type: ['string', 'number', 'boolean'] }, minItems: 1 };

/** `category`: one of some values, each as likely as its weight. */
export const category: SamplerType<CategoryParams> = {
  type: 'category',
  summary: 'One of several values, each as likely as its weight.',
  schema: {
    properties: {
      values: {
        ...VALUES_SCHEMA,
        description:
          'The values. One text among them makes all of them text; `true` and `false` are 1 and 0.',
      },
      weights: {
        type: 'array',
        items: { type: 'number', minimum: 0 },
        description: 'How likely each value is, in the same order. Default: all the same.',
      },
    },
    required: ['values'],
  },
  convert: 'number',
  check({ values, weights }) {
    if (!weights) return [];
    if (weights.length !== values.length) return [weightProblem(lengthMistake(values, weights))];
    return sum(weights) > 0 ? [] : [weightProblem('the `weights` must add up to more than 0')];
  },
  valueSchema: ({ values }) => schemaOfValues(values),
  range: ({ values, weights }) =>
    rangeOfValues(ofOneType(values).filter((_, index) => (weights?.[index] ?? 1) > 0)),
  prepare({ values, weights }) {
    const choices = ofOneType(values);
    if (!weights) return (random) => choices[Math.floor(random() * choices.length)];
    const limits = runningSums(weights);
    const total = limits.at(-1) ?? 0;
    return (random) => choices[firstAbove(limits, random() * total)];
  },
};

/** Values of one type: numbers, or all of them text where one is. */
export function ofOneType(values: readonly CategoryValue[]): readonly (string | number)[] {
  const numbers = values.map((value) => (typeof value === 'boolean' ? Number(value) : value));
  return numbers.some((value) => typeof value === 'string') ? numbers.map(String) : numbers;
}

export function schemaOfValues(values: readonly CategoryValue[]): { readonly [key: string]: Json } {
  const choices = [...new Set(ofOneType(values))];
  const isText = choices.some((value) => typeof value === 'string');
  const number = choices.every((value) => Number.isInteger(value)) ? 'integer' : 'number';
  return { type: isText ? 'string' : number, enum: choices };
}

export function rangeOfValues(values: readonly (string | number)[]): ValueRange {
  const numbers = values.filter((value) => typeof value === 'number');
  if (numbers.length === 0 || numbers.length < values.length) return {};
  return { min: Math.min(...numbers), max: Math.max(...numbers) };
}

function lengthMistake(values: readonly unknown[], weights: readonly unknown[]): string {
  return `there are ${values.length} \`values\` and ${weights.length} \`weights\`: each value needs one`;
}

const weightProblem = (message: string): Problem => ({ code: 'invalid-value', message, at: ['weights'] });

const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);

function runningSums(weights: readonly number[]): readonly number[] {
  let total = 0;
  return weights.map((weight) => (total += weight));
}

/** The index of the first limit above a point, by binary search. A value of weight 0 is never above. */
function firstAbove(limits: readonly number[], point: number): number {
  let [from, to] = [0, limits.length - 1];
  while (from < to) {
    const middle = (from + to) >> 1;
    if ((limits[middle] ?? 0) > point) to = middle;
    else from = middle + 1;
  }
  return from;
}
