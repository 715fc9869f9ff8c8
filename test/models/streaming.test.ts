import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { JsonObject } from '../../src/core/json.js';
import { chatBody } from '../../src/models/wire/chat-body.js';
import { readAnthropicAnswer } from '../../src/models/wire/anthropic-transport.js';
import { anthropicBody } from '../../src/models/wire/anthropic-body.js';
import { startModelServer, type ModelCall, type ModelServer } from '../rig/model-server.js';
import { bench, labelQuestion, modelAt, textQuestion } from './setup.js';

const sse = (...values: readonly unknown[]): string =>
  values.map((value) => `data: ${typeof value === 'string' ? value : JSON.stringify(value)}\n\n`).join('');

const streamed = (call: ModelCall, text: string, usage?: JsonObject): void =>
  call.raw(
    sse(
      { choices: [{ index: 0, delta: { role: 'assistant', reasoning_content: 'I think' } }] },
      { choices: [{ index: 0, delta: { content: text.slice(0, 3) } }] },
      { choices: [{ index: 0, delta: { content: text.slice(3) }, finish_reason: 'stop' }] },
      ...(usage ? [{ choices: [], usage }] : []),
      '[DONE]',
    ),
    'text/event-stream',
  );

describe('`stream: true`', () => {
  let server: ModelServer;
  beforeEach(async () => {
    server = await startModelServer();
  });
  afterEach(() => server.close());

  it('asks for events with their usage, and reads them into the same answer', async () => {
    const { models } = bench([modelAt(server.url, { stream: true })]);
    server.handle((call) => streamed(call, 'All good.', { prompt_tokens: 12, completion_tokens: 3 }));
    expect(await models.ask(textQuestion())).toMatchObject({
      ok: true,
      value: { value: 'All good.', reasoning: 'I think' },
    });
    expect(server.calls[0]?.body).toMatchObject({ stream: true, stream_options: { include_usage: true } });
    expect(models.usage()[0]?.tokens).toMatchObject({ input: 12, output: 3 });
  });

  it('is not part of what an answer is stored under', async () => {
    const first = bench([modelAt(server.url, { stream: true })]);
    server.handle((call) => streamed(call, 'All good.'));
    await first.models.ask(textQuestion());
    const second = bench([modelAt(server.url)], { store: first.store });
    expect(await second.models.ask(textQuestion())).toMatchObject({ value: { value: 'All good.' } });
    expect(server.calls).toHaveLength(1);
  });

  it('leaves stream_options out where a server refuses them, and remembers that', async () => {
    const { models } = bench([modelAt(server.url, { stream: true })]);
    server.handle((call) =>
      'stream_options' in call.body
        ? call.status(400, { body: { error: { message: 'Extra inputs are not permitted: stream_options' } } })
        : streamed(call, 'fine'),
    );
    expect(await models.ask(textQuestion('a'))).toMatchObject({ ok: true });
    expect(await models.ask(textQuestion('b'))).toMatchObject({ ok: true });
    expect(server.calls.map(({ body }) => 'stream_options' in body)).toEqual([true, false, false]);
    expect(server.calls.every(({ body }) => body['stream'] === true)).toBe(true);
  });

  it.each([
    'This model only support stream mode, please enable the stream parameter to access the model.',
    'Requests with max_tokens > 4096 must have stream=true',
    'parameter.enable_thinking must be set to false for non-streaming calls',
    'Non-streaming requests are not supported by this model',
  ])('is found out from a refusal: %s', async (message) => {
    const { models } = bench([modelAt(server.url, { max_tokens: 8000 })]);
    server.handle((call) =>
      call.body['stream'] === true
        ? streamed(call, 'fine')
        : call.status(400, { body: { error: { message } } }),
    );
    expect(await models.ask(textQuestion('a'))).toMatchObject({ ok: true, value: { value: 'fine' } });
    expect(await models.ask(textQuestion('b'))).toMatchObject({ ok: true });
    expect(server.calls).toHaveLength(3);
    expect(server.calls[2]?.body).toMatchObject({ stream: true, max_tokens: 8000 });
  });

  it('asks again for a stream that was cut, and never keeps the part', async () => {
    const { models } = bench([modelAt(server.url, { stream: true })]);
    server.handle((call) =>
      call.index === 0
        ? call.raw(sse({ choices: [{ index: 0, delta: { content: 'Half an' } }] }), 'text/event-stream')
        : streamed(call, 'Half an answer is none.'),
    );
    expect(await models.ask(textQuestion())).toMatchObject({ value: { value: 'Half an answer is none.' } });
    expect(server.calls).toHaveLength(2);
  });

  it('gives structured answers too', async () => {
    const { models } = bench([modelAt(server.url, { stream: true })]);
    server.handle((call) => streamed(call, '{"label":"bug","tags":["x"]}'));
    expect(await models.ask(labelQuestion())).toMatchObject({
      value: { value: { label: 'bug', tags: ['x'] } },
    });
  });

  it('is read from a server that streams although it was not asked to', async () => {
    const { models } = bench([modelAt(server.url)]);
    server.handle((call) => streamed(call, 'fine'));
    expect(await models.ask(textQuestion())).toMatchObject({ value: { value: 'fine' } });
    expect(server.calls[0]?.body).not.toHaveProperty('stream');
  });
});

describe('a stream of Anthropic', () => {
  const model = modelAt('https://api.anthropic.example', { stream: true });
  const events = (...list: readonly JsonObject[]): string =>
    list.map((event) => `event: ${String(event['type'])}\ndata: ${JSON.stringify(event)}\n\n`).join('');
  const start = {
    type: 'message_start',
    message: {
      id: 'm',
      model: 'claude',
      content: [],
      stop_reason: null,
      usage: { input_tokens: 9, output_tokens: 1 },
    },
  };
  const block = (
    index: number,
    content_block: JsonObject,
    ...deltas: readonly JsonObject[]
  ): JsonObject[] => [
    { type: 'content_block_start', index, content_block },
    ...deltas.map((delta) => ({ type: 'content_block_delta', index, delta })),
    { type: 'content_block_stop', index },
  ];
  const end = (stop_reason: string): JsonObject[] => [
    { type: 'message_delta', delta: { stop_reason }, usage: { output_tokens: 7 } },
    { type: 'message_stop' },
  ];

  it('is asked for', () => {
    expect(anthropicBody({ model, messages: [{ role: 'user', content: 'hi' }] }, 'prompt')).toMatchObject({
      stream: true,
    });
    const body = chatBody({ model: modelAt('http://a'), messages: [] }, 'prompt');
    expect(body).not.toHaveProperty('stream');
  });

  it('is one message: thinking, text, usage and the reason to stop', () => {
    const body = events(
      start,
      { type: 'ping' },
      ...block(
        0,
        { type: 'thinking', thinking: '' },
        { type: 'thinking_delta', thinking: 'Let me ' },
        { type: 'thinking_delta', thinking: 'see' },
        { type: 'signature_delta', signature: 'x' },
      ),
      ...block(
        1,
        { type: 'text', text: '' },
        { type: 'text_delta', text: 'Oslo' },
        { type: 'text_delta', text: '.' },
      ),
      ...end('end_turn'),
    );
    expect(readAnthropicAnswer(body, model)).toMatchObject({
      ok: true,
      value: {
        text: 'Oslo.',
        reasoning: 'Let me see',
        finishReason: 'stop',
        usage: { input: 9, output: 7 },
        model: 'claude',
      },
    });
  });

  it('gives the input of the answering tool, whole or as it came', () => {
    const call = (...parts: readonly string[]): string =>
      events(
        start,
        ...block(
          0,
          { type: 'tool_use', id: 't', name: 'answer', input: {} },
          ...parts.map((partial_json) => ({ type: 'input_json_delta', partial_json })),
        ),
        ...end('tool_use'),
      );
    expect(readAnthropicAnswer(call('{"a"', ':1}'), model)).toMatchObject({ value: { text: '{"a":1}' } });
    expect(readAnthropicAnswer(call('{"a":1,'), model)).toMatchObject({ value: { text: '{"a":1,' } });
  });

  it.each<[string, string, object]>([
    [
      'max_tokens',
      events(start, ...block(0, { type: 'text', text: 'a' }), ...end('max_tokens')),
      { ok: true, value: { finishReason: 'length' } },
    ],
    [
      'a cut',
      events(start, ...block(0, { type: 'text', text: 'a' })),
      { ok: false, error: { class: 'overload' } },
    ],
    [
      'an error',
      events(start, { type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } }),
      { ok: false, error: { class: 'overload', message: 'acme answered 502: Overloaded' } },
    ],
  ])('tells %s', (_what, body, expected) => {
    expect(readAnthropicAnswer(body, model)).toMatchObject(expected);
  });
});
