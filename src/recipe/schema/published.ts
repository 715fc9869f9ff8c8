import { isObject, type Json, type JsonSchema } from '../../core/json.js';
import type { Registries } from '../registries.js';
import { recipeSchema } from './schema.js';

/**
 * The recipe's schema for editors, written to `schemas/recipe.schema.json`. It describes the text before
 * params are filled in (so `${{ params.x }}` may stand for any value) and knows Data Designer's wrapper.
 */
export function publishedSchema(registries: Registries): JsonSchema {
  const { $schema = '', title = '', $defs, ...recipe } = recipeSchema(registries);
  return {
    $schema,
    title,
    type: 'object',
    if: { required: ['data_designer'] },
    // oxlint-disable-next-line unicorn/no-thenable -- JSON Schema's word
    then: {
      properties: {
        $schema: { type: 'string' },
        data_designer: { $ref: '#/$defs/recipe' },
        library_version: { description: 'Ignored.' },
      },
      additionalProperties: false,
    },
    else: { $ref: '#/$defs/recipe' },
    $defs: {
      ...(allowParams({ ...(isObject($defs) ? $defs : {}), recipe }) as JsonSchema),
      param: paramReference,
    },
  };
}

const paramReference: JsonSchema = {
  type: 'string',
  pattern: '^\\$\\{\\{\\s*params\\.[a-z][a-z0-9_]*\\s*\\}\\}$',
  description: 'The value of a param.',
};

/** Lets a param stand wherever a value would not take its text; `if` and the tags it tests stay as they are. */
function allowParams(schema: Json): Json {
  if (Array.isArray(schema)) return schema.map((entry: Json) => allowParams(entry));
  if (!isObject(schema)) return schema;
  const inner = Object.fromEntries(
    Object.entries(schema).map(([key, value]) => [key, untouched.has(key) ? value : allowParams(value)]),
  );
  if (!refusesText(inner)) return inner;
  const { description, default: fallback, ...rest } = inner;
  return {
    ...(description === undefined ? {} : { description }),
    ...(fallback === undefined ? {} : { default: fallback }),
    anyOf: [rest, { $ref: '#/$defs/param' }],
  };
}

const untouched = new Set([
  'if',
  'column_type',
  'seed_type',
  'params',
  'enum',
  'const',
  'required',
  'propertyNames',
]);

/** A single value (no map, no list) that is more than just text. */
function refusesText(schema: JsonSchema): boolean {
  if (Array.isArray(schema['enum'])) return true;
  const { type, pattern } = schema;
  if (type === 'string') return pattern !== undefined;
  return ['integer', 'number', 'boolean'].includes(String(type));
}
