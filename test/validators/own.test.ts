import { describe, expect, it } from '@jest/globals';
import type { Json, JsonObject } from '../../src/core/json.js';
import { VALIDATOR_TYPES } from '../../src/validators/registry.js';
import type { RowContext } from '../../src/validators/types.js';

/** The validity and messages of a value in column `c`; for a failure, its message. */
async function check(type: string, params: JsonObject, value: Json, row: JsonObject = {}): Promise<unknown> {
  const prepared = VALIDATOR_TYPES.get(type)?.prepare(params, (problem) => expect(problem).toBeUndefined(), {
    name: 'check',
    targets: ['c'],
    batchSize: 10,
  });
  const models = { ask: () => Promise.reject(new Error('no model may be asked')) };
  const context: RowContext = { row: { c: value, ...row }, models, index: 0 };
  const result = await (prepared?.checks === 'row'
    ? prepared.validate({ c: value }, context)
    : prepared?.validate(value));
  if (!result?.ok) return result?.error.message;
  return result.value['is_valid'] === true ? true : (result.value['error_messages'] ?? null);
}

describe('json_schema', () => {
  const person = {
    schema: {
      type: 'object',
      properties: { name: { type: 'string' }, age: { type: 'integer', minimum: 0 } },
      required: ['name'],
    },
  };

  it.each([
    ['a value', { name: 'Ada' }, true],
    ['the JSON in a text', '{"name": "Ada", "age": 36}', true],
    ['a missing field', '{"age": 36}', 'the value must have the property "name"'],
    ['two mistakes', { name: 1, age: -1 }, '/name must be string\n/age must be >= 0'],
    ['text that is no JSON', 'Ada, 36', 'the text is not JSON'],
  ])('judges %s', async (_name, value, expected) => {
    expect(await check('json_schema', person, value)).toBe(expected);
  });

  it('takes text as it is where the schema names text, and else as JSON', async () => {
    const code = { schema: { type: 'string', pattern: String.raw`^\d{4}$` } };
    expect(await check('json_schema', code, '1234')).toBe(true);
    expect(await check('json_schema', code, '"1234"')).toBe(true);
    expect(await check('json_schema', code, 'abcd')).toBe(String.raw`the value must match pattern "^\d{4}$"`);
    expect(await check('json_schema', { schema: { required: ['a'] } }, 'no JSON')).toBe(
      'the text is not JSON',
    );
  });
});

describe('regex', () => {
  it.each([
    ['b+', 'abbc', true],
    ['^b+$', 'abbc', 'it does not match ^b+$'],
    [String.raw`^\p{Lu}`, 'Éa', true],
    ['^1', 12, true],
    ['"k":1', { k: 1 }, true],
  ] as const)('%s on %j', async (pattern, value, expected) => {
    expect(await check('regex', { pattern }, value)).toBe(expected);
  });

  it('fails the cell where it backtracks for too long', async () => {
    const prepared = VALIDATOR_TYPES.get('regex')?.prepare({ pattern: '^(a+)+$' }, () => undefined, {
      name: 'check',
      targets: ['c'],
      batchSize: 1,
    });
    if (prepared?.checks !== 'column') throw new Error('a regex checks columns');
    expect(await prepared.validate(`${'a'.repeat(50)}b`)).toEqual({
      ok: false,
      error: { class: 'template', message: 'the regular expression ^(a+)+$ took too long', attempts: [] },
    });
  });
});

describe('expression', () => {
  it.each([
    [{ expr: 'c == other' }, 'x', true],
    [{ expr: '{{ c | length > 3 }}' }, 'x', 'the condition does not hold'],
    [{ jsonata: '$length(c) = 1 and other = "x"' }, 'x', true],
    [{ jsonata: 'missing' }, 'x', 'the condition does not hold'],
    [{ expr: 'c == other' }, null, null],
    [{ expr: 'c.a.b' }, 'x', expect.stringMatching(/^expr: /)],
  ] as const)('%j on %j', async (params, value, expected) => {
    expect(await check('expression', params, value, { other: 'x' })).toEqual(expected);
  });
});
