import { PROBABILITY } from './bernoulli.js';
import {
  checkedDistribution,
  DISTRIBUTION,
  distributionProblems,
  distributionSchema,
  type DistributionParams,
} from './scipy.js';
import type { SamplerType } from './types.js';

/** `bernoulli_mixture`: a number of a distribution with probability `p`, otherwise 0. */
export const bernoulliMixture: SamplerType<DistributionParams & { readonly p: number }> = {
  type: 'bernoulli_mixture',
  summary: 'With a probability a number of a distribution, otherwise 0.',
  schema: {
    properties: {
      p: { ...PROBABILITY, description: 'The probability of a number of the distribution.' },
      ...DISTRIBUTION,
    },
    required: ['p', 'dist_name', 'dist_params'],
  },
  convert: 'number',
  check: distributionProblems,
  valueSchema: distributionSchema,
  prepare({ p, ...params }) {
    const { draw } = checkedDistribution(params);
    return (random) => (random() < p ? draw(random) : 0);
  },
};
