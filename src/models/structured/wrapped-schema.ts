import { isObject, jsonIn, type Json, type JsonSchema } from '../../core/json.js';
import type { Answer, Technique } from '../types.js';

/** The only property of the object that wraps an answer of another type. */
const property = 'answer';

/** Techniques that need an object at the top: OpenAI's strict mode and every provider's tools. */
const needsObject: ReadonlySet<Technique> = new Set(['json_schema', 'tool']);

/**
 * The schema itself when it is an object, or an object that wraps it. No provider accepts choices (`anyOf`) at the
 * top as an object.
 */
export function asObjectSchema(schema: JsonSchema): JsonSchema {
  if (isPlainObject(schema)) return schema;
  const known = wrapped.get(schema);
  if (known) return known;
  const wrapper = wrap(schema);
  wrapped.set(schema, wrapper);
  return wrapper;
}

const wrapped = new WeakMap<JsonSchema, JsonSchema>();

/** The answer without its wrapper, if it has one. */
export function unwrapAnswer(answer: Answer, schema: JsonSchema, technique: Technique): Answer {
  if (!needsObject.has(technique) || isPlainObject(schema)) return answer;
  const value = jsonIn(answer.text);
  if (!isObject(value) || !Object.hasOwn(value, property) || Object.keys(value).length > 1) return answer;
  return { ...answer, text: JSON.stringify(value[property]) };
}

function isPlainObject(schema: JsonSchema): boolean {
  return (
    schema['type'] === 'object' &&
    !['anyOf', 'oneOf', 'allOf', '$ref'].some((key) => Object.hasOwn(schema, key))
  );
}

function wrap({ $schema: _dialect, $defs, definitions, ...inner }: JsonSchema): JsonSchema {
  return {
    type: 'object',
    properties: { [property]: moved(inner) },
    required: [property],
    additionalProperties: false,
    // They stay at the top, so references into them stay valid.
    ...($defs === undefined ? {} : { $defs: moved($defs) }),
    ...(definitions === undefined ? {} : { definitions: moved(definitions) }),
  };
}

/** Moves references to the top, or into it, one level down. */
function moved(node: Json): Json {
  if (Array.isArray(node)) return node.map(moved);
  if (!isObject(node)) return node;
  return Object.fromEntries(
    Object.entries(node).map(([key, value]) => [
      key,
      key === '$ref' && typeof value === 'string' ? movedReference(value) : moved(value),
    ]),
  );
}

function movedReference(reference: string): string {
  const isMoved = reference.startsWith('#') && !/^#\/(?:\$defs|definitions)\//.test(reference);
  return isMoved ? `#/properties/${property}${reference.slice(1)}` : reference;
}
