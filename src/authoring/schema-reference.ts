import { columnTypes } from '../columns/registry.js';
import { isObject, type Json, type JsonObject, type JsonSchema } from '../core/json.js';
import { publishedSchema } from '../recipe/schema/published.js';
import { recipeSchema } from '../recipe/schema/schema.js';
import { seedTypes } from '../seeds/registry.js';

/** A part of the recipe language: one kind of column or seed, or a section of the recipe. */
export interface SchemaPart {
  readonly name: string;
  readonly schema: JsonSchema;
  /** What `$ref`s in it point into. */
  readonly $defs: JsonObject;
}

/** The schema of whole recipes, as editors use it. */
export const wholeSchema = (): JsonSchema => publishedSchema({ columnTypes, seedTypes });

/** Every name that `schemaPart` knows: `recipe`, its sections, the kinds of columns, the kinds of seeds. */
export function schemaNames(): readonly string[] {
  return [
    'recipe',
    ...Object.keys(sections()).filter((name) => name !== '$schema'),
    ...columnTypes.keys(),
    ...seedTypes.keys(),
  ];
}

/** Looks a part up by its name; `seed` and `models` are understood too. */
export function schemaPart(name: string): SchemaPart | undefined {
  const { $schema: _, $defs, ...recipe } = recipeSchema({ columnTypes, seedTypes });
  const defs = isObject($defs) ? $defs : {};
  const parts: Readonly<Record<string, unknown>> = {
    ...kinds([...seedTypes.keys()], (type) => requiring(defs[`seed-${type}`], ['seed_type'])),
    ...kinds([...columnTypes.keys()], (type) => requiring(defs[`column-${type}`], ['name', 'column_type'])),
    ...sections(),
    recipe,
  };
  const full = SHORT_NAMES.get(name) ?? name;
  const schema = Object.hasOwn(parts, full) ? parts[full] : undefined;
  return isObject(schema) ? { name: full, schema, $defs: defs } : undefined;
}

/** A part as a JSON Schema that stands on its own. */
export function standaloneSchema({ name, schema, $defs }: SchemaPart): JsonSchema {
  const { $schema } = recipeSchema({ columnTypes, seedTypes });
  const needed = definitionsIn(schema, $defs);
  return {
    ...($schema === undefined ? {} : { $schema }),
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

/** What every kind needs is said once for all of them; a page of its own must say it too. */
function requiring(schema: Json | undefined, keys: readonly string[]): Json {
  if (!isObject(schema)) return null;
  const own = Array.isArray(schema['required']) ? schema['required'] : [];
  return { ...schema, required: [...keys, ...own] };
}

function sections(): JsonObject {
  const { properties } = recipeSchema({ columnTypes, seedTypes });
  return isObject(properties) ? properties : {};
}

/** Names of the definitions that a schema refers to, directly or through others. */
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
