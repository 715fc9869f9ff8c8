import { describe, expect, it } from '@jest/globals';
import { pruneUndeclared } from '../../../src/json-schema/closed-schema.js';
import { readAnswer } from '../../../src/models/structured/read-answer.js';
import type { JsonSchema } from '../../../src/core/json.js';
import { outputOf } from '../setup.js';

const schema: JsonSchema = {
  title: 'Weather Report',
  type: 'object',
  properties: {
    city: { type: 'string' },
    temp: { type: 'integer' },
    tags: { type: 'array', items: { type: 'string' } },
    before: { $ref: '#' },
  },
  required: ['city', 'temp', 'tags'],
  additionalProperties: false,
};
const output = { ...outputOf(schema), coerce: pruneUndeclared(schema) };
const value = { city: 'Oslo', temp: 7, tags: ['a'] };
const text = JSON.stringify(value);

describe('an answer whose meaning is certain', () => {
  it.each([
    ['JSON in a string', JSON.stringify(text)],
    ['JSON encoded three times', JSON.stringify(JSON.stringify(text))],
    ['JSON in a string without its quotes', JSON.stringify(text).slice(1, -1)],
    ['a list of one', `[${text}]`],
    ['a list of one string', JSON.stringify([text])],
    ['the name of the schema around it', `{"weather_report":${text}}`],
    ['`answer` around it', `{"answer":${text}}`],
    ['`result` around a string', JSON.stringify({ result: text })],
    ['a list as a string', '{"city":"Oslo","temp":7,"tags":"[\\"a\\"]"}'],
    ['a number as a string', '{"city":"Oslo","temp":"7","tags":["a"]}'],
  ])('is read: %s', (_what, answer) => {
    expect(readAnswer(answer, output)).toEqual({ ok: true, value: { value, repaired: false } });
  });

  it.each([
    ['a part around it', `{"before":${text}}`],
    ['an unknown name around it', `{"draft":${text}}`],
    ['two names around it', `{"answer":${text},"result":${text}}`],
    ['a list of two', `[${text},${text}]`],
    ['words where a number should be', '{"city":"Oslo","temp":"seven","tags":["a"]}'],
    ['words where a list should be', '{"city":"Oslo","temp":7,"tags":"a, b"}'],
  ])('is not guessed from %s', (_what, answer) => {
    expect(readAnswer(answer, output)).toMatchObject({ ok: false });
  });

  it('keeps a string that holds JSON where the schema wants a string', () => {
    const answer = '{"city":"[1]","temp":"7","tags":["{}"]}';
    expect(readAnswer(answer, output)).toMatchObject({ value: { value: { city: '[1]', tags: ['{}'] } } });
  });
});
