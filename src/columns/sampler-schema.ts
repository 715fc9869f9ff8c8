import type { JsonObject, JsonSchema } from '../core/json.js';
import { NUMBER_TYPES } from '../samplers/convert.js';
import { SAMPLER_TYPES } from '../samplers/registry.js';
import type { SamplerType } from '../samplers/types.js';
import type { ColumnType } from './types.js';

const CONDITIONS = 'Params for some rows.';

/** JSON Schema of the keys of sampler columns: `params` depends on `sampler_type`, for each condition as well. */
export function samplerSchema(): ColumnType['schema'] {
  const types = [...SAMPLER_TYPES.values()];
  return {
    properties: {
      sampler_type: {
        enum: types.map(({ type }) => type),
        enumDescriptions: types.map(({ summary }) => summary),
        description: 'The kind of value.',
      },
      params: { type: 'object', description: 'How it is drawn. The keys depend on `sampler_type`.' },
      conditional_params: {
        type: 'object',
        additionalProperties: { type: 'object' },
        description: `${CONDITIONS} Each key is a Jinja condition on other sampler columns, without braces. The last one that is true decides.`,
      },
      convert_to: {
        type: 'string',
        minLength: 1,
        description: 'Numbers and categories: `float`, `int` or `str`. Dates: a pattern such as `%Y-%m-%d`.',
      },
    },
    required: ['sampler_type'],
    rules: {
      allOf: types.map((type) => ({
        if: {
          type: 'object',
          properties: { sampler_type: { const: type.type } },
          required: ['sampler_type'],
        },
        // oxlint-disable-next-line unicorn/no-thenable -- JSON Schema's word
        then: keysFor(type, `#/$defs/${definitionOf(type)}`),
      })),
    },
    definitions: Object.fromEntries(types.map((type) => [definitionOf(type), paramsSchema(type)])),
  };
}

/** The name of the definition of a type's params. */
const definitionOf = ({ type }: SamplerType): string => `sampler-${type}`;

function keysFor({ schema, convert }: SamplerType, params: string): JsonSchema {
  return {
    properties: {
      params: { $ref: params },
      conditional_params: { additionalProperties: { $ref: params }, description: CONDITIONS },
      ...(convert === 'number' && {
        convert_to: { enum: [...NUMBER_TYPES], description: 'Type of the values.' },
      }),
    },
    ...(schema.required.length > 0 && { required: ['params'] }),
  };
}

/** Data Designer repeats `sampler_type` in the params. */
function paramsSchema({ type, summary, schema }: SamplerType): JsonObject {
  return {
    type: 'object',
    description: summary,
    properties: { ...schema.properties, sampler_type: { const: type } },
    required: schema.required,
    additionalProperties: false,
    ...schema.rules,
  };
}
