import { drawNormal } from './draws.js';
import { DECIMAL_PLACES } from './rounding.js';
import type { SamplerType } from './types.js';

type GaussianParams = { readonly mean: number; readonly stddev: number; readonly decimal_places?: number };

/** `gaussian`: a number of the normal distribution. */
export const gaussian: SamplerType<GaussianParams> = {
  type: 'gaussian',
  summary: 'A number of the normal distribution.',
  schema: {
    properties: {
      mean: { type: 'number', description: 'The mean.' },
      stddev: { type: 'number', minimum: 0, description: 'The standard deviation. 0: always the mean.' },
      decimal_places: DECIMAL_PLACES,
    },
    required: ['mean', 'stddev'],
  },
  convert: 'number',
  valueSchema: () => ({ type: 'number' }),
  range: ({ mean, stddev }) => (stddev === 0 ? { min: mean, max: mean } : {}),
  prepare:
    ({ mean, stddev }) =>
    (random) =>
      mean + stddev * drawNormal(random),
};
