import { DECIMAL_PLACES } from './rounding.js';
import type { SamplerType } from './types.js';

type UniformParams = { readonly low: number; readonly high: number; readonly decimal_places?: number };

/** `uniform`: a number from `low` (included) to `high` (excluded), each as likely as the others. */
export const uniform: SamplerType<UniformParams> = {
  type: 'uniform',
  summary: 'A number between two limits, each as likely as the others.',
  schema: {
    properties: {
      low: { type: 'number', description: 'The lowest value.' },
      high: { type: 'number', description: 'All values are below it, before they are rounded.' },
      decimal_places: DECIMAL_PLACES,
    },
    required: ['low', 'high'],
  },
  convert: 'number',
  check({ low, high }) {
    if (high < low)
      return [
        { code: 'invalid-value', message: `\`high\` (${high}) is below \`low\` (${low})`, at: ['high'] },
      ];
    if (Number.isFinite(high - low)) return [];
    return [{ code: 'invalid-value', message: '`low` and `high` are too far apart', at: ['high'] }];
  },
  valueSchema: () => ({ type: 'number' }),
  range: ({ low, high }) => ({ min: low, max: high, isMaxExcluded: high > low }),
  prepare:
    ({ low, high }) =>
    (random) =>
      low + random() * (high - low),
};
