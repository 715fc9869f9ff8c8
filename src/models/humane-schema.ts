import { isObject, type Json, type JsonObject, type JsonSchema } from '../json.js';

/** Different texts for the items of a list, which may have to be unique. */
const variantsOfItems = 8;

/** Longer texts are left to the generator, which can be stopped. */
const longestText = 10_000;

/**
 * The same schema, with every free text narrowed to ones that say which field they stand in: fabricated
 * records can then be read. Everything else is left to the generator.
 *
 * @param name what the value is called when it has no name of its own
 */
export function humaneSchema(schema: JsonSchema, name: string, variants = 1): JsonSchema {
  if (isFreeText(schema)) return { ...schema, enum: textsFor(schema, name, variants) };
  return Object.fromEntries(
    Object.entries(schema).map(([keyword, value]) => [keyword, humaneKeyword(keyword, value, name)]),
  );
}

function humaneKeyword(keyword: string, value: Json, name: string): Json {
  switch (keyword) {
    case 'properties':
    case '$defs':
    case 'definitions':
      return isObject(value)
        ? Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, inside(inner, key)]))
        : value;
    case 'items':
      return inside(value, name, variantsOfItems);
    case 'additionalProperties':
      return inside(value, name);
    case 'anyOf':
    case 'oneOf':
    case 'prefixItems':
      return Array.isArray(value) ? value.map((inner: Json) => inside(inner, name)) : value;
    default:
      return value;
  }
}

function inside(schema: Json, name: string, variants?: number): Json {
  return isObject(schema) ? humaneSchema(schema, name, variants) : schema;
}

function isFreeText(schema: JsonObject): boolean {
  const isText = schema.type === 'string' && !(Number(schema.minLength) > longestText);
  return isText && !['enum', 'const', 'pattern', 'format'].some((keyword) => Object.hasOwn(schema, keyword));
}

function textsFor({ minLength, maxLength }: JsonObject, name: string, variants: number): readonly string[] {
  const least = typeof minLength === 'number' ? minLength : 0;
  const most = typeof maxLength === 'number' ? maxLength : Infinity;
  const texts = Array.from({ length: variants }, (_, index) => {
    const number = variants > 1 ? `${index + 1} ` : '';
    return `fabricated ${number}${name}`.padEnd(least, ' …').slice(0, most);
  });
  return [...new Set(texts)];
}
