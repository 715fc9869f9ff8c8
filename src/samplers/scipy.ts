import type { JsonObject, JsonSchema } from '../core/json.js';
import type { Problem } from '../core/problem.js';
import { distributionNames, distributionOf, type Distribution } from './distributions.js';
import { DECIMAL_PLACES } from './rounding.js';
import type { SamplerType } from './types.js';

export type DistributionParams = { readonly dist_name: string; readonly dist_params: JsonObject };

/** The params that choose a distribution. */
export const DISTRIBUTION: { readonly [param: string]: JsonSchema } = {
  dist_name: {
    type: 'string',
    minLength: 1,
    description: `The distribution, by the name it has in scipy.stats: ${distributionNames.join(', ')}.`,
  },
  dist_params: { type: 'object', description: 'Its parameters, as in scipy.stats: `{ a: 2, scale: 1.5 }`.' },
};

/** `scipy`: a number of a distribution of `scipy.stats`. */
export const scipy: SamplerType<DistributionParams> = {
  type: 'scipy',
  summary: 'A number of a distribution, by its name in scipy.stats.',
  schema: {
    properties: { ...DISTRIBUTION, decimal_places: DECIMAL_PLACES },
    required: ['dist_name', 'dist_params'],
  },
  convert: 'number',
  check: distributionProblems,
  valueSchema: distributionSchema,
  prepare(params) {
    const { draw } = checkedDistribution(params);
    return draw;
  },
};

/** Why there is no such distribution, at its name or at its parameters. */
export function distributionProblems({
  dist_name: name,
  dist_params: params,
}: DistributionParams): readonly Problem[] {
  const found = distributionOf(name, params);
  if (found.ok) return [];
  const key = distributionNames.includes(name) ? 'dist_params' : 'dist_name';
  return [{ code: 'invalid-value', message: found.error, at: [key] }];
}

export function distributionSchema({ dist_name: name, dist_params: params }: DistributionParams): JsonSchema {
  const found = distributionOf(name, params);
  return { type: found.ok && found.value.isDiscrete ? 'integer' : 'number' };
}

/** The distribution of params that were checked. */
export function checkedDistribution({
  dist_name: name,
  dist_params: params,
}: DistributionParams): Distribution {
  const found = distributionOf(name, params);
  if (!found.ok) throw new Error(found.error);
  return found.value;
}
