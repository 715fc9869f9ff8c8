import { describe, expect, it } from '@jest/globals';
import { anthropicBody } from '../../src/models/wire/anthropic-body.js';
import { readAnthropicAnswer } from '../../src/models/wire/anthropic-transport.js';
import { chatBody } from '../../src/models/wire/chat-body.js';
import { readChatAnswer } from '../../src/models/wire/openai-transport.js';
import { requestKey } from '../../src/models/request-key.js';
import type { ChatMessage, ChatRequest, Model } from '../../src/models/types.js';

const model = {
  alias: 'main',
  model: 'm',
  endpoint: { provider: 'p', url: 'https://example.com/v1', extraBody: {}, headers: {}, definition: {} },
  parameters: {},
  structuredOutput: 'auto',
  prices: undefined,
} as unknown as Model;

const image = { modality: 'image', mime: 'image/png', base64: 'AAAA', bytes: 3, sha256: 'ff' } as const;

const messages: readonly ChatMessage[] = [
  { role: 'user', content: 'draw' },
  {
    role: 'assistant',
    content: '',
    toolCalls: [
      { id: 'one', name: 'draw', arguments: '{"a":1}', extra: { extra_content: { google: 'signed' } } },
      { id: 'two', name: 'draw', arguments: 'broken' },
    ],
    thoughts: [{ type: 'thinking', thinking: 'hm', signature: 's' }],
  },
  { role: 'tool', content: 'done', toolCallId: 'one', media: [image] },
  { role: 'tool', content: 'Error: no', toolCallId: 'two', isError: true },
];
const request: ChatRequest = {
  model,
  messages,
  tools: [{ name: 'draw', description: 'Draws.', parameters: { type: 'object' } }],
};

describe('the turns of tools', () => {
  it('go to OpenAI-compatible servers with the keys of a vendor, and images behind the results', () => {
    const body = chatBody(request, 'prompt');
    expect(body.tools).toEqual([
      { type: 'function', function: { name: 'draw', description: 'Draws.', parameters: { type: 'object' } } },
    ]);
    expect(body.messages.slice(1)).toEqual([
      {
        role: 'assistant',
        content: '',
        tool_calls: [
          {
            extra_content: { google: 'signed' },
            id: 'one',
            type: 'function',
            function: { name: 'draw', arguments: '{"a":1}' },
          },
          { id: 'two', type: 'function', function: { name: 'draw', arguments: 'broken' } },
        ],
      },
      { role: 'tool', content: 'done', tool_call_id: 'one' },
      { role: 'tool', content: 'Error: no', tool_call_id: 'two' },
      {
        role: 'user',
        content: [
          { type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } },
          { type: 'text', text: 'These are the images that the tools returned.' },
        ],
      },
    ]);
  });

  it('go to Anthropic as blocks, with the thinking that it signed, its images and the mark of an error', () => {
    const body = anthropicBody(request, 'prompt');
    expect(body.tools).toEqual([{ name: 'draw', description: 'Draws.', input_schema: { type: 'object' } }]);
    expect(body.messages).toEqual([
      { role: 'user', content: 'draw' },
      {
        role: 'assistant',
        content: [
          { type: 'thinking', thinking: 'hm', signature: 's' },
          { type: 'tool_use', id: 'one', name: 'draw', input: { a: 1 } },
          { type: 'tool_use', id: 'two', name: 'draw', input: {} },
        ],
      },
      {
        role: 'user',
        content: [
          {
            type: 'tool_result',
            tool_use_id: 'one',
            content: [
              { type: 'text', text: 'done' },
              { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'AAAA' } },
            ],
          },
          {
            type: 'tool_result',
            tool_use_id: 'two',
            is_error: true,
            content: [{ type: 'text', text: 'Error: no' }],
          },
        ],
      },
    ]);
  });

  it('are read from both protocols; without tools, a call is the answer as before', () => {
    const call = { id: '', type: 'function', function: { name: 'draw', arguments: '{"a":1}' } };
    const chat = JSON.stringify({
      choices: [{ finish_reason: 'tool_calls', message: { content: 'so', tool_calls: [call, call] } }],
    });
    expect(readChatAnswer(chat, model, true)).toMatchObject({
      value: { text: 'so', toolCalls: [{ id: 'call_0', name: 'draw' }, { id: 'call_1' }] },
    });
    expect(readChatAnswer(chat.replaceAll('"draw"', '"answer"'), model)).toMatchObject({
      value: { text: '{"a":1}' },
    });
    const thinking = { type: 'thinking', thinking: 'hm', signature: 's' };
    const use = { type: 'tool_use', id: 'x', name: 'draw', input: { a: 1 } };
    const message = JSON.stringify({ content: [thinking, use], stop_reason: 'tool_use', usage: {} });
    expect(readAnthropicAnswer(message, model, true)).toMatchObject({
      value: {
        text: '',
        toolCalls: [{ id: 'x', name: 'draw', arguments: '{"a":1}' }],
        thoughts: [thinking],
      },
    });
    expect(readAnthropicAnswer(message, model)).toMatchObject({ value: { text: '{"a":1}' } });
  });

  it('are in the key of a request, and a request without tools has the key that it had', () => {
    const plain: ChatRequest = { model, messages: [{ role: 'user', content: 'draw' }] };
    expect(requestKey(plain, 'row', 0)).toBe(PLAIN);
    const keys = [
      requestKey({ ...plain, tools: request.tools ?? [] }, 'row', 0),
      requestKey({ ...plain, tools: [] }, 'row', 0),
      requestKey(request, 'row', 0),
      requestKey({ ...request, messages: messages.toSpliced(3, 1) }, 'row', 0),
    ];
    expect(new Set([...keys, PLAIN]).size).toBe(5);
  });
});

/** Computed before there were tools. */
const PLAIN = 'a7ef6e89d20c8081b885dc67a031413f316e8d0cecf0c7071a3e8b8fa995ddff';
