import { describe, expect, it } from '@jest/globals';

import type { JsonSchema } from '../../src/core/json.js';
import { fieldAt } from '../../src/recipe/schema/fields.js';

const kind = (schema: JsonSchema, ...path: readonly string[]): string => fieldAt(schema, path).kind;

const text = { type: 'string' };
const pair = { type: 'object', properties: { a: text, b: { type: 'integer' } } };

describe('a field inside a schema', () => {
  it('is known where the properties name it, absent where they do not', () => {
    expect(fieldAt(pair, ['a'])).toEqual({ kind: 'known', schema: text });
    expect(fieldAt(pair, ['c'])).toEqual({ kind: 'absent', depth: 0, fields: ['a', 'b'] });
    expect(fieldAt({ properties: { x: pair } }, ['x', 'c'])).toEqual({
      kind: 'absent',
      depth: 1,
      fields: ['a', 'b'],
    });
  });

  it('is left open where the schema says so', () => {
    expect(kind({ ...pair, additionalProperties: true }, 'c')).toBe('unknown');
    expect(kind({ ...pair, additionalProperties: text }, 'c')).toBe('unknown');
    expect(kind({ ...pair, patternProperties: { '^x-': text } }, 'c')).toBe('unknown');
    expect(kind({ type: 'object' }, 'c')).toBe('unknown');
    expect(kind({}, 'c')).toBe('unknown');
  });

  it('of a list is that of its entries, by index or by name', () => {
    const list = { type: 'array', items: pair };
    expect(fieldAt(list, ['0', 'a'])).toEqual({ kind: 'known', schema: text });
    expect(fieldAt(list, ['a'])).toEqual({ kind: 'known', schema: text });
    expect(kind(list, 'c')).toBe('absent');
    expect(kind(list, 'length')).toBe('unknown');
    expect(kind({ type: 'array' }, 'c')).toBe('unknown');
  });

  it('is there when one form of a union has it, null aside', () => {
    expect(kind({ anyOf: [pair, { type: 'null' }] }, 'a')).toBe('known');
    expect(kind({ anyOf: [pair, { type: 'null' }] }, 'c')).toBe('absent');
    expect(kind({ type: ['object', 'null'], properties: { a: text } }, 'c')).toBe('absent');
    expect(kind({ oneOf: [pair, { properties: { c: text } }] }, 'c')).toBe('known');
    expect(kind({ anyOf: [pair, {}] }, 'c')).toBe('unknown');
    expect(kind({ allOf: [pair, { properties: { c: text } }] }, 'c')).toBe('known');
    expect(kind({ allOf: [pair] }, 'c')).toBe('unknown');
  });

  it('is found through definitions, recursion included, which stay with the part', () => {
    const tree = {
      $defs: { node: { properties: { name: text, next: { $ref: '#/$defs/node' } } } },
      $ref: '#/$defs/node',
    };
    expect(kind(tree, 'next', 'next', 'name')).toBe('known');
    expect(kind(tree, 'next', 'nam')).toBe('absent');
    expect(fieldAt(tree, ['next'])).toMatchObject({ schema: { $defs: tree.$defs } });
    expect(kind({ $ref: '#/$defs/a', $defs: { a: { $ref: '#/$defs/a' } } }, 'x')).toBe('unknown');
  });

  it('is absent from single values', () => {
    for (const type of ['string', 'integer', 'boolean']) expect(kind({ type }, 'x')).toBe('absent');
    expect(kind({ type: 'string' }, 'length')).toBe('unknown');
  });

  it('is never something that objects have by themselves', () => {
    expect(kind(pair, 'constructor')).toBe('absent');
    expect(kind(pair, '__proto__')).toBe('absent');
  });
});
