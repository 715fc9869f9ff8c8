import { describe, expect, it } from '@jest/globals';
import type { Json, JsonSchema } from '../../src/core/json.js';
import { compileOutput } from '../../src/json-schema/compile.js';

function errorsOf(schema: JsonSchema, value: Json): readonly string[] {
  const compiled = compileOutput(schema);
  if (!compiled.ok) throw new Error(compiled.error);
  return compiled.value.check(value);
}

describe('compileOutput', () => {
  it('compiles a schema once, and forgets the oldest ones', () => {
    const first = compileOutput({ const: 'first' });
    expect(compileOutput({ const: 'first' })).toBe(first);
    for (let index = 0; index < 400; index += 1) compileOutput({ const: index });
    expect(compileOutput({ const: 'first' })).not.toBe(first);
  });

  it.each<[JsonSchema, Json, string]>([
    [{ required: ['a'] }, {}, 'the answer must have the property "a"'],
    [{ properties: { a: { type: 'integer' } } }, { a: 'x' }, '/a must be integer'],
    [{ additionalProperties: false }, { b: 1 }, 'the answer must not have the property "b"'],
    [{ enum: ['x', 1] }, 2, 'the answer must be one of "x", 1'],
    [{ const: 3 }, 2, 'the answer must be 3'],
    [{ items: { minItems: 1 } }, [[]], '/0 must have at least 1 item'],
    [{ maxItems: 2 }, [1, 2, 3], 'the answer must have at most 2 items'],
    [{ minLength: 2 }, 'x', 'the answer must have at least 2 characters'],
    [{ maxLength: 1 }, 'xy', 'the answer must have at most 1 character'],
    [{ minimum: 1 }, 0, 'the answer must be >= 1'],
    [{ format: 'date' }, 'soon', 'the answer must match format "date"'],
    [{ unevaluatedProperties: false }, { b: 1 }, 'the answer must not have the property "b"'],
  ])('the schema %j says of %j: %s', (schema, value, error) => {
    expect(errorsOf(schema, value)).toEqual([error]);
  });

  it('reports no error for a value that conforms', () => {
    expect(errorsOf({ type: 'object', required: ['a'] }, { a: 1 })).toEqual([]);
  });

  it('reports at most ten errors, one line each', () => {
    const errors = errorsOf(
      { items: { type: 'string' } },
      Array.from({ length: 50 }, (_, index) => index),
    );
    expect(errors).toHaveLength(10);
    expect(errors[0]).toBe('/0 must be string');
    expect(errors[9]).toBe('and 41 more');
    const [odd] = errorsOf({ additionalProperties: false }, { [`a\n${'b'.repeat(1000)}`]: 1 });
    expect(odd).not.toContain('\n');
    expect(odd?.length).toBeLessThan(310);
  });

  it('takes draft-07 schemas, definitions and OpenAPI annotations', () => {
    const schema = {
      $schema: 'http://json-schema.org/draft-07/schema#',
      definitions: { a: { type: 'string', example: 'x' } },
      properties: { a: { $ref: '#/definitions/a' } },
      discriminator: { propertyName: 'kind', mapping: {} },
    };
    expect(errorsOf(schema, { a: 1 })).toEqual(['/a must be string']);
  });

  it('takes two schemas with the same $id', () => {
    const first = { $id: 'https://example.test/record.json', type: 'string' };
    const second = { $id: 'https://example.test/record.json', type: 'number' };
    expect(errorsOf(first, 1)).toEqual(['the answer must be string']);
    expect(errorsOf(second, 1)).toEqual([]);
  });

  it('ignores errors of floating point', () => {
    expect(errorsOf({ multipleOf: 0.01 }, 0.07)).toEqual([]);
  });

  it.each<[JsonSchema, RegExp]>([
    [{ type: 'strin' }, /type/],
    [{ propertes: {} }, /unknown keyword: "propertes"/],
    [{ format: 'datum' }, /unknown format "datum"/],
    [{ $ref: '#/$defs/none' }, /can't resolve reference #\/\$defs\/none/],
    [{ pattern: '(' }, /regular expression|pattern/i],
  ])('says what is wrong with the schema %j', (schema, message) => {
    const compiled = compileOutput(schema);
    expect(compiled.ok ? 'no error' : compiled.error).toMatch(message);
  });
});
