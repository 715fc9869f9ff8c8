import { describe, expect, it, jest } from '@jest/globals';
import type { JsonSchema } from '../../src/core/json.js';
import { createFabricator, fabricateValue } from '../../src/models/fabricate.js';
import type { ChatRequest } from '../../src/models/types.js';
import { modelAt, outputOf } from './setup.js';

const model = modelAt('http://host/v1');

function request(prompt: string, schema?: JsonSchema): ChatRequest {
  return { model, messages: [{ role: 'user', content: prompt }], ...(schema ? { schema } : {}) };
}

async function fabricate(asked: ChatRequest): Promise<string> {
  const outcome = await createFabricator().send(asked, 'json_schema', new AbortController().signal);
  return outcome.ok ? outcome.value.text : `${outcome.error.class}: ${outcome.error.message}`;
}

const record: JsonSchema = {
  type: 'object',
  properties: {
    user_goal: { type: 'string' },
    notable_actions: {
      type: 'array',
      items: { type: 'string' },
      minItems: 1,
      maxItems: 6,
      uniqueItems: true,
    },
    training_value: { type: 'string', enum: ['high', 'medium', 'low'] },
    code: { type: 'string', pattern: '^[A-Z]{2}-\\d{3}$' },
    when: { type: 'string', format: 'date-time' },
    essay: { type: 'string', minLength: 60 },
    tag: { type: 'string', maxLength: 4 },
    score: { oneOf: [{ enum: [0, 1, 2] }, { type: 'null' }] },
    node: { $ref: '#/$defs/node' },
  },
  required: [
    'user_goal',
    'notable_actions',
    'training_value',
    'code',
    'when',
    'essay',
    'tag',
    'score',
    'node',
  ],
  additionalProperties: false,
  $defs: {
    node: {
      type: 'object',
      properties: { name: { type: 'string' }, inner: { type: 'array', items: { $ref: '#/$defs/node' } } },
      required: ['name'],
    },
  },
};

describe('the fabricator', () => {
  it('makes answers that conform to the schema, for any request', async () => {
    const { check } = outputOf(record);
    for (let index = 0; index < 50; index += 1) {
      expect(check(JSON.parse(await fabricate(request(`question ${index}`, record))))).toEqual([]);
    }
  });

  it('makes the same answer for the same request, and others for others', async () => {
    const [first, again, other] = await Promise.all(
      ['a', 'a', 'b'].map((prompt) => fabricate(request(prompt, record))),
    );
    expect(again).toBe(first);
    expect(other).not.toBe(first);
  });

  it('names the field in free texts', async () => {
    const value = JSON.parse(await fabricate(request('x', record)));
    expect(value).toMatchObject({ user_goal: 'fabricated user_goal', node: { name: 'fabricated name' } });
    expect(value.notable_actions[0]).toMatch(/^fabricated \d notable_actions$/);
  });

  it('makes a short text where no schema is asked for', async () => {
    expect(await fabricate(request('x'))).toMatch(/^Fabricated answer \d+ of writer\.$/);
  });

  it('claims no tokens', async () => {
    const outcome = await createFabricator().send(request('x'), 'prompt', new AbortController().signal);
    expect(outcome).toMatchObject({ ok: true, value: { usage: { input: undefined, output: undefined } } });
  });

  it('says so when a schema cannot be met', async () => {
    const impossible: JsonSchema = { type: 'integer', minimum: 2, maximum: 1 };
    expect(await fabricate(request('x', impossible))).toBe(
      'invalid-request: no answer of writer could be fabricated for this schema',
    );
  });

  it.each<[string, JsonSchema]>([
    ['a text as long as no machine can hold', { type: 'string', minLength: 2e9 }],
    ['so many entries', { type: 'array', items: { type: 'string' }, minItems: 2e9 }],
    ['definitions that each ask twice for the next', doubling(24)],
  ])('gives up %s, and does not try again', async (_asked, schema) => {
    const message = 'invalid-request: no answer of writer could be fabricated for this schema';
    expect(await fabricate(request('x', schema))).toBe(message);
    const generate = jest.fn<Generate>();
    expect(fabricateValue(schema, outputOf(schema), 1, generate)).toBe(undefined);
    expect(generate).not.toHaveBeenCalled();
  });

  it('makes long texts as they are asked for', async () => {
    const { length } = JSON.parse(await fabricate(request('x', { type: 'string', minLength: 20_000 })));
    expect(length).toBeGreaterThanOrEqual(20_000);
  });
});

type Generate = Parameters<typeof fabricateValue>[3];

/** `allOf` of the next definition, twice, and so on: 2 to the power of `levels`. */
function doubling(levels: number): JsonSchema {
  const twice = (next: string): JsonSchema => ({ allOf: [{ $ref: next }, { $ref: next }] });
  const inner = Array.from({ length: levels }, (_, level): [string, JsonSchema] => [
    `level${level}`,
    level === levels - 1 ? { type: 'object' } : twice(`#/$defs/level${level + 1}`),
  ]);
  return { ...twice('#/$defs/level0'), $defs: Object.fromEntries(inner) };
}
