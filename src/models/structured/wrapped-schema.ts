import { isObject, jsonIn, type Json, type JsonSchema } from '../../core/json.js';
import type { Answer, Technique } from '../types.js';

/** The only property of the object that is put around an answer that is no object. */
const property = 'answer';

/** Techniques whose schema must be an object at the top: OpenAI's strict mode and every provider's tools. */
const needsObject: ReadonlySet<Technique> = new Set(['json_schema', 'tool']);

/**
 * A schema as one of an object: itself, or an object that holds the answer. Choices at the top (`anyOf`) are no
 * object to any provider.
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

/** The answer without the object that was put around it; as it is when there is none. */
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
    // References into these stay as they are, so they stay at the top.
    ...($defs === undefined ? {} : { $defs: moved($defs) }),
    ...(definitions === undefined ? {} : { definitions: moved(definitions) }),
  };
}

/** References to the top, or into it, lead one level further down. */
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
