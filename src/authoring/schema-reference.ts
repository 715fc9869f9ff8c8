import { isObject, type Json, type JsonObject, type JsonSchema } from '../core/json.js';
import { publishedSchema } from '../recipe/schema/published.js';
import { recipeSchema } from '../recipe/schema/schema.js';
import { SAMPLER_TYPES } from '../samplers/registry.js';
import type { Registries } from '../recipe/registries.js';

/** A part of the recipe language: a type of columns, seeds, processors or samplers, or a section of the recipe. */
export interface SchemaPart {
  readonly name: string;
  readonly schema: JsonSchema;
  /** The definitions that its `$ref`s point to. */
  readonly $defs: JsonObject;
}

/** The JSON Schema of recipes, for editors. */
export const wholeSchema = (registries: Registries): JsonSchema => publishedSchema(registries);

/** Every name that `schemaPart` accepts: `recipe`, its sections, and the types of columns, seeds, processors and samplers. */
export function schemaNames(registries: Registries): readonly string[] {
  return [
    'recipe',
    ...Object.keys(sections(registries)).filter((name) => name !== '$schema'),
    ...registries.columnTypes.keys(),
    ...registries.seedTypes.keys(),
    ...SAMPLER_TYPES.keys(),
    ...registries.processorTypes.keys(),
  ];
}

/** Returns a part by name. Short names such as `seed` and `models` work too. */
export function schemaPart(name: string, registries: Registries): SchemaPart | undefined {
  const { $schema: _, $defs, ...recipe } = recipeSchema(registries);
  const defs = isObject($defs) ? $defs : {};
  const parts: Readonly<Record<string, unknown>> = {
    ...kinds([...registries.seedTypes.keys()], (type) => requiring(defs[`seed-${type}`], ['seed_type'])),
    ...kinds([...registries.columnTypes.keys()], (type) =>
      requiring(defs[`column-${type}`], ['name', 'column_type']),
    ),
    ...kinds([...SAMPLER_TYPES.keys()], (type) => defs[`sampler-${type}`] ?? null),
    ...kinds([...registries.processorTypes.keys()], (type) =>
      requiring(defs[`processor-${type}`], ['name', 'processor_type']),
    ),
    ...sections(registries),
    recipe,
  };
  const full = SHORT_NAMES.get(name) ?? name;
  const schema = Object.hasOwn(parts, full) ? parts[full] : undefined;
  return isObject(schema) ? { name: full, schema, $defs: defs } : undefined;
}

/** A part as a complete JSON Schema, with the definitions it needs. */
export function standaloneSchema({ name, schema, $defs }: SchemaPart): JsonSchema {
  const needed = definitionsIn(schema, $defs);
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: name,
    ...schema,
    ...(needed.size > 0 && {
      $defs: Object.fromEntries([...needed].map((key) => [key, $defs[key] ?? true])),
    }),
  };
}

const SHORT_NAMES: ReadonlyMap<string, string> = new Map([
  ['seed', 'seed_config'],
  ['models', 'model_configs'],
  ['column', 'columns'],
]);

function kinds(types: readonly string[], schemaOf: (type: string) => Json): JsonObject {
  return Object.fromEntries(types.map((type) => [type, schemaOf(type)]));
}

/** Adds the keys that every column or seed type requires, which the full schema has in one place. */
function requiring(schema: Json | undefined, keys: readonly string[]): Json {
  if (!isObject(schema)) return null;
  const own = Array.isArray(schema['required']) ? schema['required'] : [];
  return { ...schema, required: [...keys, ...own] };
}

function sections(registries: Registries): JsonObject {
  const { properties } = recipeSchema(registries);
  return isObject(properties) ? properties : {};
}

/** Names of the definitions that a schema refers to, directly or indirectly. */
function definitionsIn(
  schema: JsonSchema,
  $defs: JsonObject,
  found = new Set<string>(),
): ReadonlySet<string> {
  for (const [, name = ''] of JSON.stringify(schema).matchAll(/"#\/\$defs\/([^"]+)"/g)) {
    const definition = $defs[name];
    if (found.has(name) || !isObject(definition)) continue;
    found.add(name);
    definitionsIn(definition, $defs, found);
  }
  return found;
}
