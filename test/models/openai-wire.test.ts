import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Json, JsonObject } from '../../src/core/json.js';
import type { Answer, CallError, ChatRequest, Model, Technique } from '../../src/models/types.js';
import type { Result } from '../../src/core/result.js';
import { startModelServer, type ModelCall, type ModelServer } from '../rig/model-server.js';
import { labelSchema, modelAt, testKey, bareTransport } from './setup.js';

const messages = [
  { role: 'system', content: 'Be brief.' },
  { role: 'user', content: 'Label this issue.' },
] as const;

let server: ModelServer;

beforeAll(async () => {
  server = await startModelServer();
});
afterAll(() => server.close());

interface Exchange {
  readonly sent: ModelCall;
  readonly outcome: Result<Answer, CallError>;
}

/** Sends one request to a server that answers with `status` and `body`. */
async function exchange(
  status: number,
  body: Json,
  options: {
    readonly model?: Model;
    readonly request?: Partial<ChatRequest>;
    readonly technique?: Technique;
    readonly headers?: Record<string, string>;
  } = {},
): Promise<Exchange> {
  const model = options.model ?? modelAt(server.url);
  const transport = bareTransport(model.endpoint, { TEST_KEY: testKey });
  const sending = transport.send(
    { model, messages, ...options.request },
    options.technique ?? 'json_schema',
    new AbortController().signal,
  );
  const sent = await server.next();
  sent.status(status, { body, headers: { 'content-type': 'application/json', ...options.headers } });
  return { sent, outcome: await sending };
}

function completion(message: JsonObject, rest: JsonObject = {}): JsonObject {
  return { model: 'acme/writer-1-0923', choices: [{ index: 0, finish_reason: 'stop', message }], ...rest };
}

async function errorOf(...args: Parameters<typeof exchange>): Promise<CallError> {
  const { outcome } = await exchange(...args);
  if (outcome.ok) throw new Error('expected an error');
  return outcome.error;
}

async function answerOf(...args: Parameters<typeof exchange>): Promise<Answer> {
  const { outcome } = await exchange(...args);
  if (!outcome.ok) throw new Error(outcome.error.message);
  return outcome.value;
}

describe('what is sent', () => {
  const fine = completion({ role: 'assistant', content: 'ok' });

  it('is the model and the messages, and nothing that was not asked for', async () => {
    const { sent } = await exchange(200, fine);
    expect(sent.body).toEqual({ model: 'acme/writer-1', messages });
    expect(sent.headers).toMatchObject({
      authorization: `Bearer ${testKey}`,
      'content-type': 'application/json',
    });
  });

  it('has the sampling parameters under the names of the API', async () => {
    const model = modelAt(server.url, { temperature: 0.6, top_p: 0.9, max_tokens: 2048 });
    const { sent } = await exchange(200, fine, { model });
    expect(sent.body).toMatchObject({ temperature: 0.6, top_p: 0.9, max_tokens: 2048 });
  });

  it("has the extra body, the model's over the provider's, and never streams", async () => {
    const model = modelAt(
      server.url,
      { extra_body: { seed: 2, stream: true } },
      { endpoint: { extraBody: { seed: 1, reasoning_effort: 'low' } } },
    );
    const { sent } = await exchange(200, fine, { model });
    expect(sent.body).toEqual({ model: 'acme/writer-1', messages, seed: 2, reasoning_effort: 'low' });
  });

  it('asks for a schema with response_format', async () => {
    const { sent } = await exchange(200, fine, { request: { schema: labelSchema } });
    expect(sent.body.messages).toEqual(messages);
    expect(sent.body.response_format).toEqual({
      type: 'json_schema',
      json_schema: {
        name: 'answer',
        strict: true,
        schema: { ...labelSchema, additionalProperties: false },
      },
    });
  });

  it('asks for a schema in the prompt where the technique says so', async () => {
    const { sent } = await exchange(200, fine, { request: { schema: labelSchema }, technique: 'prompt' });
    expect(sent.body).not.toHaveProperty('response_format');
    const [system, user] = sent.body.messages as unknown as { content: string }[];
    expect(system?.content).toBe('Be brief.');
    expect(user?.content).toContain(JSON.stringify(labelSchema));
  });

  it('has no Authorization where no key is needed', async () => {
    const model = modelAt(server.url, {}, { endpoint: { keyVariable: undefined } });
    const { sent } = await exchange(200, fine, { model });
    expect(sent.headers).not.toHaveProperty('authorization');
  });

  it('has the headers of the provider', async () => {
    const model = modelAt(server.url, {}, { endpoint: { headers: { 'X-Title': 'dd' } } });
    expect((await exchange(200, fine, { model })).sent.headers).toMatchObject({ 'x-title': 'dd' });
  });

  it('may carry another Authorization, if the provider has one among its headers', async () => {
    const endpoint = { keyVariable: undefined, headers: { AUTHORIZATION: 'Basic eDp5' } };
    const { sent } = await exchange(200, fine, { model: modelAt(server.url, {}, { endpoint }) });
    expect(sent.headers.authorization).toBe('Basic eDp5');
  });

  it('goes to the path of the base URL, whose query stays behind it', async () => {
    const { port } = new URL(server.url);
    const model = modelAt(`http://127.0.0.1:${port}/v1/?api-version=2024-10-21`);
    const { error } = await refusedBefore(model, { TEST_KEY: testKey });
    // The server knows no path with a query, and says so.
    expect(error.message).toBe('acme answered 404: no such path');
  });

  it('says who it is, and nothing about the machine', async () => {
    const { sent } = await exchange(200, fine);
    expect(sent.headers['user-agent']).toBe('dd-recipes');
    expect(Object.keys(sent.headers).filter((name) => name.startsWith('x-'))).toEqual([]);
  });

  it('has nothing of the environment, which the SDK would read by itself', async () => {
    const foreign = {
      OPENAI_API_KEY: 'sk-foreign',
      OPENAI_ADMIN_KEY: 'sk-foreign-admin',
      OPENAI_BASE_URL: 'http://127.0.0.1:9/v1',
      OPENAI_ORG_ID: 'org-foreign',
      OPENAI_PROJECT_ID: 'proj-foreign',
      OPENAI_CUSTOM_HEADERS: 'X-Foreign: yes',
      OPENAI_LOG: 'debug',
    };
    Object.assign(process.env, foreign);
    try {
      const { sent, outcome } = await exchange(200, fine, {
        model: modelAt(server.url, {}, { endpoint: { keyVariable: undefined } }),
      });
      expect(outcome.ok).toBe(true);
      expect(Object.keys(sent.headers).toSorted()).toEqual([
        'accept',
        'connection',
        'content-length',
        'content-type',
        'host',
        'user-agent',
      ]);
    } finally {
      for (const name of Object.keys(foreign)) delete process.env[name];
    }
  });

  it.each<[string, Record<string, string>, RegExp]>([
    ['is not set', {}, /TEST_KEY is not set/],
    ['has a line break in it', { TEST_KEY: 'sk-test\nsecret' }, /TEST_KEY holds characters/],
    ['has letters beyond ASCII', { TEST_KEY: 'sk-test\u2028secret' }, /TEST_KEY holds characters/],
  ])('is nothing at all when the key %s', async (_what, env, message) => {
    const calls = server.calls.length;
    const { error } = await refusedBefore(modelAt('http://models.example/v1'), env);
    expect(error).toMatchObject({ class: 'auth', message: expect.stringMatching(message) });
    expect(JSON.stringify(error)).not.toContain('secret');
    expect(server.calls).toHaveLength(calls);
  });

  it.each(['models.example/v1', 'ftp://models.example/v1'])('is nothing where %s is no URL', async (url) => {
    const { error } = await refusedBefore(modelAt(url), { TEST_KEY: testKey });
    expect(error).toEqual({
      class: 'invalid-request',
      message: 'the provider acme cannot be called: its endpoint is not a URL of http or https',
      hint: 'write it as http://host:port/v1, in the recipe or in OPENAI_BASE_URL',
    });
  });

  it('is nothing when a header cannot be sent', async () => {
    const model = modelAt(server.url, {}, { endpoint: { headers: { 'X-Title': 'two\nlines' } } });
    const { error } = await refusedBefore(model, { TEST_KEY: testKey });
    expect(error).toEqual({
      class: 'invalid-request',
      message: 'nothing could be sent to acme: invalid x-title header',
    });
  });

  async function refusedBefore(model: Model, env: Record<string, string>): Promise<{ error: CallError }> {
    const transport = bareTransport(model.endpoint, env);
    const outcome = await transport.send({ model, messages }, 'prompt', new AbortController().signal);
    if (outcome.ok) throw new Error('expected an error');
    return { error: outcome.error };
  }
});

describe('what comes back', () => {
  it('is mapped to an answer', async () => {
    const body = completion(
      { role: 'assistant', content: 'ok', reasoning_content: 'hm' },
      {
        usage: {
          prompt_tokens: 100,
          completion_tokens: 20,
          prompt_tokens_details: { cached_tokens: 60 },
          completion_tokens_details: { reasoning_tokens: 15 },
        },
      },
    );
    expect(await answerOf(200, body)).toEqual({
      text: 'ok',
      reasoning: 'hm',
      finishReason: 'stop',
      model: 'acme/writer-1-0923',
      usage: { input: 100, output: 20, cached: 60, reasoning: 15 },
    });
  });

  it('has unknown usage where the server does not count', async () => {
    expect((await answerOf(200, completion({ content: 'ok' }))).usage).toEqual({
      input: undefined,
      output: undefined,
      cached: undefined,
      reasoning: undefined,
    });
  });

  it('may call the reasoning by another name', async () => {
    expect(await answerOf(200, completion({ content: 'ok', reasoning: 'hm' }))).toMatchObject({
      reasoning: 'hm',
    });
  });

  it('may be a list of parts', async () => {
    const content = [
      { type: 'text', text: 'o' },
      { type: 'text', text: 'k' },
    ];
    expect(await answerOf(200, completion({ content }))).toMatchObject({ text: 'ok' });
  });

  it('may be JSON that is served as text', async () => {
    const headers = { 'content-type': 'text/plain' };
    expect(await answerOf(200, completion({ content: 'ok' }), { headers })).toMatchObject({ text: 'ok' });
  });

  it('may be what a tool is called with', async () => {
    const call = {
      id: 'call_1',
      type: 'function',
      function: { name: 'answer', arguments: '{"label":"bug"}' },
    };
    const message = { content: 'I call the tool.', tool_calls: [call] };
    expect(await answerOf(200, completion(message))).toMatchObject({ text: '{"label":"bug"}' });
    const asObject = { tool_calls: [{ function: { name: 'answer', arguments: { label: 'bug' } } }] };
    expect(await answerOf(200, completion(asObject))).toMatchObject({ text: '{"label":"bug"}' });
  });

  it('may begin with a byte order mark', async () => {
    const body = `\uFEFF${JSON.stringify(completion({ content: 'ok' }))}`;
    expect(await answerOf(200, body)).toMatchObject({ text: 'ok' });
  });

  it.each<[string, JsonObject, object]>([
    [
      'a tool that nothing offered, beside the answer',
      { content: '{"a":1}', tool_calls: [{ function: { name: 'web_search', arguments: '{"q":"x"}' } }] },
      { text: '{"a":1}' },
    ],
    [
      'a tool without arguments, beside the answer',
      { content: '{"a":1}', tool_calls: [{ function: { name: 'answer', arguments: '' } }] },
      { text: '{"a":1}' },
    ],
    [
      'the answering tool behind another',
      {
        content: null,
        tool_calls: [
          { function: { name: 'think', arguments: '{"t":1}' } },
          { function: { name: 'answer', arguments: '{"a":1}' } },
        ],
      },
      { text: '{"a":1}' },
    ],
    [
      'a call in the old form',
      { function_call: { name: 'answer', arguments: '{"a":1}' } },
      { text: '{"a":1}' },
    ],
    ['what the server parsed', { content: null, parsed: { a: 1 } }, { text: '{"a":1}' }],
    [
      'a refusal as a part',
      { content: [{ type: 'refusal', refusal: 'I will not.' }] },
      { text: 'I will not.', finishReason: 'content_filter' },
    ],
  ])('reads %s', async (_what, message, expected) => {
    expect(await answerOf(200, completion(message))).toMatchObject(expected);
  });

  it('reads JSON with numbers that only Python writes', async () => {
    const body = JSON.stringify(completion({ content: 'NaN is "no" number' }, {})).replace(
      /\}$/,
      ',"score":NaN,"least":-Infinity}',
    );
    expect(await answerOf(200, body)).toMatchObject({ text: 'NaN is "no" number' });
  });

  it('is a content-filter answer when the model refused', async () => {
    expect(await answerOf(200, completion({ content: null, refusal: 'I will not.' }))).toMatchObject({
      text: 'I will not.',
      finishReason: 'content_filter',
    });
  });

  it.each<[string, Json, string, string]>([
    ['an HTML page', '<!DOCTYPE html><html><title>Sign in</title></html>', 'text/html', ': Sign in'],
    ['an HTML page', '<html><body><p>Access <b>denied</b></p></body></html>', 'text/html', ': Access denied'],
    ['an empty body', '', 'text/plain', ''],
    ['an empty body', '', 'application/json', ''],
    ['text that is not JSON', 'upstream unavailable', 'text/plain', ': upstream unavailable'],
    ['broken JSON', '{"choices": [', 'application/json', ': {"choices": ['],
    [
      'JSON that is nested too deeply',
      `{"choices": [{"message": ${'['.repeat(9000)}${']'.repeat(9000)}}]}`,
      'application/json',
      `: {"choices": [{"message": ${'['.repeat(95)}…`,
    ],
    ['a stream of events', 'data: {"choices": []}\n\n', 'text/event-stream', ': data: {"choices": []}'],
    ['no choices', { choices: [] }, 'application/json', ': {"choices":[]}'],
    ['no choices', { object: 'list' }, 'application/json', ': {"object":"list"}'],
    ['a choice without a message', { choices: [{}] }, 'application/json', ': {"choices":[{}]}'],
    ['other JSON', [], 'application/json', ': []'],
  ])('is an overload when a 200 brings %s', async (what, body, type, said) => {
    const error = await errorOf(200, body, { headers: { 'content-type': type } });
    expect(error).toMatchObject({ class: 'overload', status: 200 });
    expect(error.message).toBe(`acme answered 200 with ${what} instead of a chat completion${said}`);
  });

  it('is an error when a 200 brings one inside', async () => {
    expect(await errorOf(200, { error: { code: 429, message: 'upstream limit' } })).toMatchObject({
      class: 'rate',
      message: 'acme answered 429: upstream limit',
    });
  });

  it('keeps the reason of an error in every place where servers put it', async () => {
    expect(await errorOf(422, { detail: [{ loc: ['body', 'top_p'], msg: 'too large' }] })).toMatchObject({
      class: 'invalid-request',
      message: 'acme answered 422: body.top_p: too large',
    });
    expect(
      await errorOf(404, 'model not found', { headers: { 'content-type': 'text/plain' } }),
    ).toMatchObject({
      message: 'acme answered 404: model not found',
    });
  });

  it('says how long to wait', async () => {
    expect(await errorOf(429, {}, { headers: { 'retry-after': '7' } })).toMatchObject({ retryAfterMs: 7000 });
  });

  it.each<[string, Json, Record<string, string>]>([
    ['a reason', { error: { message: `Incorrect API key: ${testKey}` } }, {}],
    ['a plain text', `no such key: ${testKey}`, { 'content-type': 'text/plain' }],
    ['a reason that is cut just there', { error: { message: `${'x'.repeat(290)}${testKey}` } }, {}],
  ])('never shows the key that the server repeats in %s', async (_where, body, headers) => {
    const error = await errorOf(400, body, { headers });
    expect(JSON.stringify(error)).not.toContain(testKey.slice(0, 6));
    expect(error.message).toContain('[key]');
  });

  it('never shows the key that the server repeats in an error inside a 200', async () => {
    const error = await errorOf(200, { error: { code: 401, message: `bad key ${testKey}` } });
    expect(error.message).toBe('acme answered 401: bad key [key]');
  });

  it.each([301, 302, 303, 307, 308])('is an error when it is a redirect: %i', async (status) => {
    const location = `https://me@elsewhere.example/v1?key=${testKey}`;
    const error = await errorOf(status, '', { headers: { location } });
    expect(error).toMatchObject({
      class: 'invalid-request',
      status,
      message: `acme answered ${status}: go to https://elsewhere.example/v1`,
      hint: expect.stringContaining('redirects are not followed'),
    });
  });
});
