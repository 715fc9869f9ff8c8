import { describe, expect, it } from '@jest/globals';
import type { Distribution, InferenceParameters } from '../../src/core/config.js';
import { createRandom } from '../../src/core/random.js';
import { drawParameters, modelOfCell, splitParameters } from '../../src/models/drawn-parameters.js';
import { modelAt } from './setup.js';

const uniform: Distribution = { distribution_type: 'uniform', params: { low: 0.5, high: 0.9 } };
const manual = (values: readonly number[], weights?: readonly number[]): Distribution => ({
  distribution_type: 'manual',
  params: { values, weights: weights ?? null },
});

const model = (parameters: InferenceParameters): ReturnType<typeof modelAt> => ({
  ...modelAt('http://127.0.0.1:1/v1'),
  ...splitParameters(parameters),
});

const drawn = (
  parameters: InferenceParameters,
  cells = 10_000,
): readonly Readonly<Record<string, number>>[] =>
  Array.from({ length: cells }, (_, cell) =>
    drawParameters(model(parameters), createRandom(1, 'column', cell)),
  );

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

describe('parameters that are drawn', () => {
  it('are uniform between their bounds', () => {
    const values = drawn({ temperature: uniform }).map(({ temperature = NaN }) => temperature);
    expect(Math.min(...values)).toBeGreaterThanOrEqual(0.5);
    expect(Math.max(...values)).toBeLessThan(0.9);
    // Ten standard errors of the mean of 10,000 values.
    expect(Math.abs(mean(values) - 0.7)).toBeLessThan(0.012);
  });

  it.each([
    ['by their weights', manual([0.1, 0.5, 0.9], [1, 2, 7]), [0.1, 0.2, 0.7]],
    ['equally likely without weights', manual([0.1, 0.9]), [0.5, 0.5]],
    ['never with the weight 0', manual([0.1, 0.9], [0, 3]), [0, 1]],
  ])('are chosen %s', (_, top_p, shares) => {
    const values = drawn({ top_p }).map((cell) => cell['top_p']);
    const { params } = top_p as Extract<Distribution, { distribution_type: 'manual' }>;
    params.values.forEach((value, at) => {
      const share = values.filter((other) => other === value).length / values.length;
      expect(Math.abs(share - (shares[at] ?? 0))).toBeLessThanOrEqual(shares[at] === 0 ? 0 : 0.03);
    });
  });

  it('follow from the cell alone, and do not depend on each other', () => {
    const both = drawn({ temperature: uniform, top_p: uniform }, 5);
    expect(drawn({ top_p: uniform }, 5).map(({ top_p }) => top_p)).toEqual(both.map(({ top_p }) => top_p));
    expect(both.every(({ temperature, top_p }) => temperature !== top_p)).toBe(true);
  });

  it('leave a model of numbers as it is', () => {
    const fixed = model({ temperature: 0.2, top_p: 1, max_tokens: 5 });
    expect(fixed.parameters).toEqual({ temperature: 0.2, top_p: 1, max_tokens: 5 });
    expect(modelOfCell(fixed, () => createRandom('x'))).toBe(fixed);
  });
});
