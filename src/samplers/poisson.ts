import { LARGEST_MEAN } from './distributions.js';
import { drawPoisson } from './draws.js';
import type { SamplerType } from './types.js';

/** `poisson`: how often something happens that happens `mean` times on average. */
export const poisson: SamplerType<{ readonly mean: number }> = {
  type: 'poisson',
  summary: 'How often something happens, given how often it happens on average.',
  schema: {
    properties: {
      mean: { type: 'number', minimum: 0, maximum: LARGEST_MEAN, description: 'The average.' },
    },
    required: ['mean'],
  },
  convert: 'number',
  valueSchema: () => ({ type: 'integer' }),
  range: ({ mean }) => ({ min: 0, ...(mean === 0 && { max: 0 }) }),
  prepare:
    ({ mean }) =>
    (random) =>
      drawPoisson(random, mean),
};
