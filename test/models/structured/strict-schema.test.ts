import { describe, expect, it } from '@jest/globals';
import type { JsonSchema } from '../../../src/core/json.js';
import {
  anthropicStrict,
  grammarStrict,
  toStrictSchema,
} from '../../../src/models/structured/strict-schema.js';

const text: JsonSchema = { type: 'string' };

function object(properties: JsonSchema, rest: JsonSchema = {}): JsonSchema {
  return { type: 'object', properties, ...rest };
}

describe('toStrictSchema', () => {
  it('closes every object and requires all its properties', () => {
    const schema = object({ a: text, b: object({ c: text }) }, { required: ['a'] });
    expect(toStrictSchema(schema)).toEqual({
      strict: true,
      schema: {
        type: 'object',
        properties: {
          a: text,
          b: { type: 'object', properties: { c: text }, required: ['c'], additionalProperties: false },
        },
        required: ['a', 'b'],
        additionalProperties: false,
      },
    });
  });

  it('leaves out keywords that strict mode does not know', () => {
    const a = {
      type: 'string',
      description: 'kept',
      minLength: 2,
      default: 'x',
      examples: ['y'],
      format: 'uri',
    };
    const list = { type: 'array', items: text, minItems: 1, maxItems: 6, uniqueItems: true };
    expect(toStrictSchema(object({ a, list })).schema).toMatchObject({
      properties: {
        a: { type: 'string', description: 'kept' },
        list: { type: 'array', items: text, minItems: 1, maxItems: 6 },
      },
    });
    expect(JSON.stringify(toStrictSchema(object({ a, list })).schema)).not.toMatch(
      /minLength|default|examples|uniqueItems|uri/,
    );
  });

  it('keeps the lengths of texts for servers that make a grammar of it, up to what llama.cpp takes', () => {
    const a = { type: 'string', minLength: 2, maxLength: 2000 };
    const b = { type: 'string', maxLength: 2001 };
    const list = { type: 'array', items: a, maxItems: 3 };
    expect(toStrictSchema(object({ a, b, list }), grammarStrict).schema.properties).toEqual({
      a,
      b: text,
      list,
    });
  });

  it('keeps patterns but not their look-around', () => {
    const { schema } = toStrictSchema(
      object({ a: { type: 'string', pattern: '^\\d+$' }, b: { type: 'string', pattern: '^(?!x)' } }),
    );
    expect(schema.properties).toEqual({ a: { type: 'string', pattern: '^\\d+$' }, b: text });
  });

  it('turns oneOf into anyOf and adapts definitions', () => {
    const schema = object(
      { a: { oneOf: [text, { type: 'null' }] }, b: { $ref: '#/$defs/b', description: 'x' } },
      { $defs: { b: object({ c: text }) }, $schema: 'https://json-schema.org/draft/2020-12/schema' },
    );
    expect(toStrictSchema(schema)).toMatchObject({
      strict: true,
      schema: {
        properties: { a: { anyOf: [text, { type: 'null' }] }, b: { $ref: '#/$defs/b' } },
        $defs: { b: { additionalProperties: false, required: ['c'] } },
      },
    });
    expect(toStrictSchema(schema).schema).not.toHaveProperty('$schema');
  });

  it('keeps a property that is named like a keyword', () => {
    const { schema } = toStrictSchema(object({ default: text, allOf: text, __proto__x: text }));
    expect(Object.keys(schema.properties as object)).toEqual(['default', 'allOf', '__proto__x']);
  });

  it.each<[string, JsonSchema]>([
    ['a list at the root', { type: 'array', items: text }],
    ['an open map', object({ a: { type: 'object' } })],
    ['a typed map', object({ a: { type: 'object', additionalProperties: text } })],
    ['an object that allows more', object({ a: text }, { additionalProperties: true })],
    ['a tuple', object({ a: { type: 'array', prefixItems: [text] } })],
    ['a list of anything', object({ a: { type: 'array' } })],
    ['anything', object({ a: {} })],
    ['allOf', object({ a: { allOf: [text] } })],
    ['a foreign reference', object({ a: { $ref: 'other.json' } })],
  ])('sends unchanged, not strict: %s', (_what, schema) => {
    expect(toStrictSchema(schema)).toEqual({ schema, strict: false });
  });

  it('does not touch the schema it is given', () => {
    const schema = object({ a: { type: 'string', minLength: 2 } });
    const before = structuredClone(schema);
    toStrictSchema(schema);
    expect(schema).toEqual(before);
  });
});

describe("toStrictSchema for Anthropic's models", () => {
  it('closes objects, and leaves optional what is', () => {
    const schema = object({ a: text, b: text }, { required: ['a'] });
    expect(toStrictSchema(schema, anthropicStrict)).toEqual({
      strict: true,
      schema: { ...schema, additionalProperties: false },
    });
    // The two do not get into each other's way.
    expect(toStrictSchema(schema).schema.required).toEqual(['a', 'b']);
  });

  it('tells in words the rules that it cannot keep', () => {
    const schema = object({
      score: { type: 'integer', minimum: 1, maximum: 5, description: 'How good.' },
      tags: { type: 'array', items: text, minItems: 1, maxItems: 6 },
      pair: { type: 'array', items: text, minItems: 2 },
      name: { type: 'string', minLength: 2, pattern: '^[a-z]+$', format: 'uri' },
    });
    expect(toStrictSchema(schema, anthropicStrict).schema.properties).toEqual({
      score: { type: 'integer', description: 'How good. (minimum: 1, maximum: 5)' },
      tags: { type: 'array', items: text, minItems: 1, description: 'maxItems: 6' },
      pair: { type: 'array', items: text, description: 'minItems: 2' },
      name: { type: 'string', pattern: '^[a-z]+$', format: 'uri', description: 'minLength: 2' },
    });
  });
});
