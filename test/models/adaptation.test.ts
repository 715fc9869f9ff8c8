import { describe, expect, it } from '@jest/globals';
import { createMemoryStore } from '../../src/models/cached-requests.js';
import {
  adapt,
  adaptTo,
  recallAdaptation,
  rememberAdaptation,
  type Adaptation,
} from '../../src/models/providers/adaptation.js';
import { chatBody } from '../../src/models/wire/chat-body.js';
import { errorOfResponse } from '../../src/models/wire/call-errors.js';
import { tokenRoom, windowUse } from '../../src/models/wire/token-room.js';
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
  it('replace each other, and are left out when both are refused', () => {
    const asked = request({ max_tokens: 9 });
    const once = adaptTo(refusal({ refusesParameter: 'max_tokens' }), asked, plain);
    expect(once && adapt(asked, once).model.parameters).toEqual({ extra_body: { max_completion_tokens: 9 } });
    const twice = once && adaptTo(refusal({ refusesParameter: 'max_completion_tokens' }), asked, once);
    expect(twice && adapt(asked, twice).model.parameters).toEqual({});
  });

  it('replace each other the other way round', () => {
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

  it('of the lengths of texts leave these out, and keep json_schema', async () => {
    const store = createMemoryStore();
    const schema = { type: 'object', properties: { a: { type: 'string', maxLength: 9 } } };
    const asked = { ...request({}, { schema }), model: modelAt('http://127.0.0.1:4000/v1') };
    expect(JSON.stringify(chatBody(asked, 'json_schema'))).toContain('"maxLength":9');
    const body = {
      error: {
        message:
          "Invalid schema for response_format 'answer': In context=('properties', 'a'), 'maxLength' is not permitted.",
      },
    };
    const response = { status: 400, headers: new Headers(), body: JSON.stringify(body) };
    const next = adaptTo(errorOfResponse(response, asked.model), asked, plain);
    if (!next) throw new Error('not adapted');
    expect(next).toEqual({ technique: 'json_schema', without: ['maxLength'] });
    await rememberAdaptation(asked, next, store);
    const sent = adapt(asked, recallAdaptation(asked, store));
    expect(JSON.stringify(chatBody(sent, 'json_schema'))).not.toContain('maxLength');
  });

  it('of json_schema that offer json_object are followed, then the prompt is left', () => {
    const asked = request({}, { schema: labelSchema });
    const error = refusal({ refusesSchema: true, message: "Input should be 'text' or 'json_object'" });
    const next = adaptTo(error, asked, plain);
    expect(next?.technique).toBe('json_object');
    expect(next && adaptTo(refusal({ refusesSchema: true }), asked, next)?.technique).toBe('prompt');
  });
});

describe('the context window and the prompt', () => {
  it.each([
    [
      'llama.cpp',
      'request (9000 tokens) exceeds the available context size (8192 tokens), try increasing it',
    ],
    [
      'llama.cpp, older',
      '{"error":{"message":"the request exceeds the available context size","n_prompt_tokens":9000,"n_ctx":8192}}',
    ],
    [
      'llama.cpp behind litellm',
      "litellm.ContextWindowExceededError: {'error': {'code': 400, 'n_prompt_tokens': 9000, 'n_ctx': 8192}}",
    ],
    ['llama-cpp-python', 'Requested tokens (9000) exceed context window of 8192'],
    [
      'llama-cpp-python, its server',
      "This model's maximum context length is 8192 tokens, however you requested 17192 tokens (9000 in your prompt; 8192 for the completion).",
    ],
    [
      'vLLM',
      "This model's maximum context length is 8192 tokens. However, your request has 9000 input tokens.",
    ],
    [
      'OpenAI',
      "This model's maximum context length is 8192 tokens. However, your messages resulted in 9000 tokens.",
    ],
    ['Anthropic', 'prompt is too long: 9000 tokens > 8192 maximum'],
    ['Gemini', 'The input token count (9000) exceeds the maximum number of tokens allowed (8192).'],
    [
      'Mistral',
      'Prompt contains 9000 tokens and 0 draft tokens, too large for model with 8192 maximum context length',
    ],
    ['xAI', "This model's maximum prompt length is 8192 but the request contains 9000 tokens."],
    ['SGLang', "The input (9000 tokens) is longer than the model's context length (8192 tokens)."],
    ['TGI', '`inputs` must have less than 8192 tokens. Given: 9000'],
    ['Fireworks', 'The prompt is too long: 9000, model maximum context length: 8192'],
    [
      'LM Studio',
      'Trying to keep the first 9000 tokens when context the overflows. However, the model is loaded with context length of only 8192 tokens',
    ],
  ])('in the words of %s', (_server, words) => {
    expect(windowUse(words)).toEqual({ window: 8192, prompt: 9000 });
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
