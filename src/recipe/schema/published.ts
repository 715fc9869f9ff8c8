import { isObject, type Json, type JsonSchema } from '../../core/json.js';
import type { Registries } from '../registries.js';
import { recipeSchema } from './schema.js';

/**
 * The recipe's schema for editors, written to `schemas/recipe.schema.json`. It describes the text before params are
 * filled in, so `${{ params.x }}` is allowed for any value, and it accepts Data Designer's wrapper.
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

/** Allows a param for every value that would not accept its text; `if` and the tags that it tests stay unchanged. */
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
  'processor_type',
  'params',
  'enum',
  'const',
  'required',
  'propertyNames',
]);

/** True for a single value (not a map or a list) that does not accept any text. */
function refusesText(schema: JsonSchema): boolean {
  if (Array.isArray(schema['enum'])) return true;
  const { type, pattern } = schema;
  if (type === 'string') return pattern !== undefined;
  const types = [type ?? []].flat().map(String);
  return !types.includes('string') && types.some((name) => ['integer', 'number', 'boolean'].includes(name));
}
