import { createHash } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { canonicalJson, type Json } from '../../src/core/json.js';
import { extraBody, sampling } from '../../src/models/wire/chat-body.js';
import { requestKey } from '../../src/models/request-key.js';
import type { ChatRequest, Model } from '../../src/models/types.js';
import { labelSchema, modelAt } from './setup.js';

const model = modelAt('http://host/v1', { temperature: 0.5, max_tokens: 100 });
const request: ChatRequest = { model, messages: [{ role: 'user', content: 'hello' }], schema: labelSchema };
const key = requestKey(request, 'row 1', 0);

function withModel(change: Partial<Model>): string {
  return requestKey({ ...request, model: { ...model, ...change } }, 'row 1', 0);
}

function plainKey({ model: asked, messages, schema }: ChatRequest, sample: string, restart: number): string {
  const sha256 = (value: Json): string => createHash('sha256').update(canonicalJson(value)).digest('hex');
  return sha256({
    url: asked.endpoint.url,
    model: asked.model,
    sampling: sampling(asked),
    extra: extraBody(asked),
    messages: messages.map(({ role, content }) => ({ role, content })),
    schema: schema ? sha256(schema) : null,
    sample,
    restart,
    ...(schema && asked.structuredOutput !== 'auto' ? { technique: asked.structuredOutput } : {}),
  });
}

describe('requestKey', () => {
  it('is a sha256', () => {
    expect(key).toMatch(/^[0-9a-f]{64}$/);
  });

  it.each([
    ['endpoint', withModel({ endpoint: { ...model.endpoint, url: 'http://other/v1' } })],
    ['model', withModel({ model: 'acme/writer-2' })],
    ['temperature', withModel({ parameters: { ...model.parameters, temperature: 0.6 } })],
    ['top_p', withModel({ parameters: { ...model.parameters, top_p: 0.9 } })],
    ['max_tokens', withModel({ parameters: { ...model.parameters, max_tokens: 101 } })],
    ['extra body', withModel({ parameters: { ...model.parameters, extra_body: { seed: 1 } } })],
    ["provider's extra body", withModel({ endpoint: { ...model.endpoint, extraBody: { seed: 1 } } })],
    ['messages', requestKey({ ...request, messages: [{ role: 'user', content: 'hi' }] }, 'row 1', 0)],
    ['role', requestKey({ ...request, messages: [{ role: 'system', content: 'hello' }] }, 'row 1', 0)],
    ['schema', requestKey({ ...request, schema: { ...labelSchema, title: 'Label' } }, 'row 1', 0)],
    ['no schema', requestKey({ model, messages: request.messages }, 'row 1', 0)],
    ['sample', requestKey(request, 'row 2', 0)],
    ['restart', requestKey(request, 'row 1', 1)],
    ['a technique that the author fixed', withModel({ structuredOutput: 'tool' })],
  ])('changes with: %s', (_what, other) => {
    expect(other).not.toBe(key);
  });

  // Answers that were paid for are stored under these names.
  it('is what it was in earlier versions, for recipes that say nothing new', () => {
    expect(key).toBe('bbee777ed3451a0b7373f4d761d13abae12306d2e7004d6e73e376acfd2bead8');
  });

  // The formula in its plain form: a key that is put together from parts must be the same, byte for byte.
  it('is the hash of canonical JSON for any request', () => {
    const text = fc.oneof(fc.string({ unit: 'binary' }), fc.string({ unit: 'grapheme' }));
    const message = fc.record({ role: fc.constantFrom('system', 'user', 'assistant'), content: text });
    const extra_body = fc.option(fc.dictionary(text, fc.jsonValue() as fc.Arbitrary<Json>), {
      nil: undefined,
    });
    const structuredOutput = fc.constantFrom('auto', 'tool', 'json_schema');
    fc.assert(
      fc.property(
        fc.record({ messages: fc.array(message), extra_body, structuredOutput, name: text, sample: text }),
        fc.nat(),
        fc.boolean(),
        ({ messages, extra_body: extra, structuredOutput: technique, name, sample }, restart, isText) => {
          const parameters = { ...model.parameters, ...(extra && { extra_body: extra }) };
          const asked = { ...model, model: name, structuredOutput: technique, parameters };
          const whole = { model: asked, messages, ...(isText ? {} : { schema: labelSchema }) };
          expect(requestKey(whole, sample, restart)).toBe(plainKey(whole, sample, restart));
        },
      ),
    );
  });

  it('does not change with a fixed technique where no JSON is asked for', () => {
    const text = { model, messages: request.messages };
    const fixed = { ...text, model: { ...model, structuredOutput: 'tool' } as const };
    expect(requestKey(fixed, 'row 1', 0)).toBe(requestKey(text, 'row 1', 0));
  });

  it.each([
    ['timeout', withModel({ parameters: { ...model.parameters, timeout: 5 } })],
    ['max_parallel_requests', withModel({ parameters: { ...model.parameters, max_parallel_requests: 64 } })],
    ['alias', withModel({ alias: 'other' })],
    ['headers', withModel({ endpoint: { ...model.endpoint, headers: { 'x-title': 'dd' } } })],
    ['key variable', withModel({ endpoint: { ...model.endpoint, keyVariable: 'OTHER' } })],
    ['order of keys', requestKey({ ...request, schema: reversed(labelSchema) }, 'row 1', 0)],
  ])('does not change with: %s', (_what, other) => {
    expect(other).toBe(key);
  });
});

function reversed<T extends object>(value: T): T {
  return Object.fromEntries(Object.entries(value).toReversed()) as T;
}
