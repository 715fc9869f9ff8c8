import { describe, expect, it } from '@jest/globals';
import type { JsonSchema } from '../../../src/core/json.js';
import { asObjectSchema, unwrapAnswer } from '../../../src/models/structured/wrapped-schema.js';
import type { Answer, Technique } from '../../../src/models/types.js';

const list: JsonSchema = { type: 'array', items: { type: 'string' } };
const object: JsonSchema = { type: 'object', properties: { answer: { type: 'string' } } };

function unwrapped(text: string, schema: JsonSchema, technique: Technique = 'tool'): string {
  const answer: Answer = {
    text,
    finishReason: 'stop',
    usage: { input: 1, output: 1, cached: undefined, reasoning: undefined },
  };
  return unwrapAnswer(answer, schema, technique).text;
}

describe('asObjectSchema', () => {
  it('leaves an object as it is', () => {
    expect(asObjectSchema(object)).toBe(object);
  });

  it.each<[string, JsonSchema]>([
    ['a list', list],
    ['a choice', { anyOf: [{ type: 'string' }, { type: 'null' }] }],
    ['a choice of objects', { type: 'object', oneOf: [object] }],
    ['an enum', { enum: ['a', 'b'] }],
  ])('puts an object around %s', (_what, schema) => {
    expect(asObjectSchema(schema)).toEqual({
      type: 'object',
      properties: { answer: schema },
      required: ['answer'],
      additionalProperties: false,
    });
  });

  it('gives the same for the same, so that it is adapted once', () => {
    expect(asObjectSchema(list)).toBe(asObjectSchema(list));
  });

  it('keeps references right', () => {
    const tree: JsonSchema = {
      $schema: 'https://json-schema.org/draft/2020-12/schema',
      anyOf: [{ $ref: '#/$defs/leaf' }, { type: 'array', items: { $ref: '#' } }, { $ref: '#/anyOf/1' }],
      $defs: { leaf: { type: 'string' }, same: { $ref: '#' } },
    };
    expect(asObjectSchema(tree)).toMatchObject({
      properties: {
        answer: {
          anyOf: [
            { $ref: '#/$defs/leaf' },
            { type: 'array', items: { $ref: '#/properties/answer' } },
            { $ref: '#/properties/answer/anyOf/1' },
          ],
        },
      },
      $defs: { leaf: { type: 'string' }, same: { $ref: '#/properties/answer' } },
    });
    expect(JSON.stringify(asObjectSchema(tree))).not.toContain('$schema');
  });
});

describe('unwrapAnswer', () => {
  it('takes the object off again', () => {
    expect(unwrapped('{"answer": ["a", "b"]}', list)).toBe('["a","b"]');
  });

  it.each<[string, string, JsonSchema, Technique]>([
    ['of an object of that very shape', '{"answer": "a"}', object, 'tool'],
    ['of a technique that takes any schema', '{"answer": ["a"]}', list, 'guided_json'],
    ['that came without it', '["a"]', list, 'tool'],
    ['with more in it', '{"answer": ["a"], "note": "b"}', list, 'tool'],
    ['that is no JSON', 'The answer is: a', list, 'tool'],
    ['that was cut off', '{"answer": ["a"', list, 'tool'],
  ])('leaves an answer %s', (_what, text, schema, technique) => {
    expect(unwrapped(text, schema, technique)).toBe(text);
  });
});
