import type { SamplerType } from './types.js';

/** The param `p` of samplers that toss a coin. */
export const PROBABILITY = { type: 'number', minimum: 0, maximum: 1 };

/** `bernoulli`: 1 with probability `p`, otherwise 0. */
export const bernoulli: SamplerType<{ readonly p: number }> = {
  type: 'bernoulli',
  summary: '1 with a probability, otherwise 0.',
  schema: {
    properties: { p: { ...PROBABILITY, description: 'Probability of 1.' } },
    required: ['p'],
  },
  convert: 'number',
  valueSchema: () => ({ type: 'integer', enum: [0, 1] }),
  range: ({ p }) => ({ min: p === 1 ? 1 : 0, max: p === 0 ? 0 : 1 }),
  prepare:
    ({ p }) =>
    (random) =>
      random() < p ? 1 : 0,
};
