import { describe, expect, it } from '@jest/globals';
import { createMemoryStore } from '../../src/models/cached-requests.js';
import {
  adapt,
  adaptTo,
  recallAdaptation,
  rememberAdaptation,
  type Adaptation,
} from '../../src/models/providers/adaptation.js';
import { tokenRoom } from '../../src/models/wire/token-room.js';
import type { CallError, ChatRequest } from '../../src/models/types.js';
import { labelSchema, modelAt } from './setup.js';

const refusal = (rest: Partial<CallError>): CallError => ({
  class: 'invalid-request',
  message: 'no',
  ...rest,
});
const plain: Adaptation = { technique: 'json_schema', without: [] };
const request = (parameters: object, rest: Partial<ChatRequest> = {}): ChatRequest => ({
  model: modelAt('http://host/v1', parameters),
  messages: [{ role: 'user', content: 'hi' }],
  ...rest,
});

describe('max_tokens and max_completion_tokens', () => {
  it('stand for one another, and are left out when both are refused', () => {
    const asked = request({ max_tokens: 9 });
    const once = adaptTo(refusal({ refusesParameter: 'max_tokens' }), asked, plain);
    expect(once && adapt(asked, once).model.parameters).toEqual({ extra_body: { max_completion_tokens: 9 } });
    const twice = once && adaptTo(refusal({ refusesParameter: 'max_completion_tokens' }), asked, once);
    expect(twice && adapt(asked, twice).model.parameters).toEqual({});
  });

  it('stand for one another the other way round', () => {
    const asked = request({ extra_body: { max_completion_tokens: 9, seed: 1 } });
    const next = adaptTo(refusal({ refusesParameter: 'max_completion_tokens' }), asked, plain);
    expect(next && adapt(asked, next).model.parameters).toEqual({ max_tokens: 9, extra_body: { seed: 1 } });
  });

  it('shrink to the limit of the model, which is remembered', async () => {
    const store = createMemoryStore();
    const asked = request({ max_tokens: 8192 });
    const next = adaptTo(refusal({ tokenRoom: { max: 4096, isOfModel: true } }), asked, plain);
    if (!next) throw new Error('not adapted');
    await rememberAdaptation(asked, next, store);
    expect(adapt(asked, recallAdaptation(asked, store)).model.parameters).toEqual({ max_tokens: 4096 });
  });

  it('shrink to what one prompt leaves of the window, which is not remembered', async () => {
    const store = createMemoryStore();
    const asked = request({ max_tokens: 8192 });
    const error = refusal({ class: 'context-window', tokenRoom: { max: 8180, isOfModel: false } });
    const next = adaptTo(error, asked, plain);
    if (!next) throw new Error('not adapted');
    expect(adapt(asked, next).model.parameters).toEqual({ max_tokens: 8180 });
    expect(adaptTo(error, asked, next)).toBeUndefined();
    await rememberAdaptation(asked, next, store);
    expect(recallAdaptation(asked, store).maxTokens).toBeUndefined();
  });
});

describe('other refusals', () => {
  it('of the role `system` move its text to the user', () => {
    const asked = request(
      {},
      {
        messages: [
          { role: 'system', content: 'Be kind.' },
          { role: 'user', content: 'Hi' },
        ],
      },
    );
    const next = adaptTo(refusal({ refusesParameter: 'system' }), asked, plain);
    expect(next && adapt(asked, next).messages).toEqual([{ role: 'user', content: 'Be kind.\n\nHi' }]);
  });

  it('of json_schema that offer json_object are followed, then the prompt is left', () => {
    const asked = request({}, { schema: labelSchema });
    const error = refusal({ refusesSchema: true, message: "Input should be 'text' or 'json_object'" });
    const next = adaptTo(error, asked, plain);
    expect(next?.technique).toBe('json_object');
    expect(next && adaptTo(refusal({ refusesSchema: true }), asked, next)?.technique).toBe('prompt');
  });
});

describe('the room for an answer', () => {
  it.each([
    [
      'max_tokens is too large: 8192. This model supports at most 4096 completion tokens, whereas you provided 8192.',
      { max: 4096, isOfModel: true },
    ],
    ['max_tokens: 100000 > 64000, which is the maximum allowed number', { max: 64_000, isOfModel: true }],
    [
      "'max_tokens' is too large: 8192. This model's maximum context length is 8192 tokens and your request has 12 input tokens (8192 > 8192 - 12).",
      { max: 8180, isOfModel: false },
    ],
    [
      "This model's maximum context length is 4096 tokens. However, you requested 8204 tokens (12 in the messages, 8192 in the completion).",
      { max: 4084, isOfModel: false },
    ],
    [
      '`inputs` tokens + `max_new_tokens` must be <= 4096. Given: 5 `inputs` tokens and 8192 `max_new_tokens`',
      { max: 4091, isOfModel: false },
    ],
    [
      'input length and `max_tokens` exceed context limit: 188240 + 21333 > 200000',
      { max: 11_760, isOfModel: false },
    ],
    [
      "This model's maximum context length is 65536 tokens. However, you requested 90000 tokens (81808 in the messages, 8192 in the completion).",
      undefined,
    ],
    ['temperature must be at most 2', undefined],
  ])('in %j', (words, expected) => {
    expect(tokenRoom(words)).toEqual(expected);
  });
});
