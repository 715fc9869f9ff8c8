import { PROBABILITY } from './bernoulli.js';
import { drawBinomial } from './draws.js';
import type { SamplerType } from './types.js';

/** `binomial`: how often `n` tries succeed. */
export const binomial: SamplerType<{ readonly n: number; readonly p: number }> = {
  type: 'binomial',
  summary: 'How many of several tries succeed, each with the same probability.',
  schema: {
    properties: {
      n: {
        type: 'integer',
        minimum: 0,
        maximum: Number.MAX_SAFE_INTEGER,
        description: 'The number of tries.',
      },
      p: { ...PROBABILITY, description: 'The probability that a try succeeds.' },
    },
    required: ['n', 'p'],
  },
  convert: 'number',
  valueSchema: () => ({ type: 'integer' }),
  range: ({ n, p }) => ({ min: p === 1 ? n : 0, max: p === 0 ? 0 : n }),
  prepare:
    ({ n, p }) =>
    (random) =>
      drawBinomial(random, n, p),
};
