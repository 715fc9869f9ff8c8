import { describe, expect, it } from '@jest/globals';
import { completionOfEvents } from '../../src/models/wire/event-stream.js';

const events = (...values: readonly unknown[]): string =>
  values.map((value) => `data: ${typeof value === 'string' ? value : JSON.stringify(value)}\n\n`).join('');
const delta = (value: object, finish_reason: string | null = null): object => ({
  choices: [{ index: 0, delta: value, finish_reason }],
});

describe('a stream of events', () => {
  it('is joined to one completion', () => {
    const body = events(
      delta({ role: 'assistant', reasoning_content: 'hm' }),
      delta({ content: '{"city":' }),
      delta({ content: '"Oslo"}' }),
      delta({}, 'stop'),
      { choices: [], usage: { prompt_tokens: 3, completion_tokens: 4 } },
      '[DONE]',
    );
    expect(completionOfEvents(`: OPENROUTER PROCESSING\n\n${body}`)).toEqual({
      model: null,
      usage: { prompt_tokens: 3, completion_tokens: 4 },
      choices: [
        {
          index: 0,
          finish_reason: 'stop',
          message: { role: 'assistant', content: '{"city":"Oslo"}', reasoning_content: 'hm' },
        },
      ],
    });
  });

  it('joins the arguments of a tool call', () => {
    const call = (given: string): object =>
      delta({ tool_calls: [{ index: 0, function: { arguments: given } }] });
    const body = events(call('{"a"'), call(':1}'), delta({}, 'tool_calls'));
    expect(JSON.stringify(completionOfEvents(body))).toContain(String.raw`"arguments":"{\"a\":1}"`);
  });

  it('may hold one whole completion', () => {
    const whole = { choices: [{ message: { content: 'yes' }, finish_reason: 'stop' }] };
    expect(completionOfEvents(events(whole))).toEqual(whole);
  });

  it('that breaks off has no reason to end', () => {
    expect(JSON.stringify(completionOfEvents(events(delta({ content: 'a' }))))).toContain(
      '"finish_reason":"error"',
    );
  });

  it('with an error is that error', () => {
    const body = events(delta({ content: 'a' }), { error: { message: 'overloaded', code: 503 } });
    expect(completionOfEvents(body)).toEqual({ error: { message: 'overloaded', code: 503 } });
  });

  /** The only choice of the completion that a body carries. */
  const choiceOf = (body: string): Record<string, unknown> => {
    const completion = completionOfEvents(body) as unknown as { choices: Record<string, unknown>[] };
    return completion.choices[0] ?? {};
  };
  const whole = events(delta({ content: 'Hello' }), delta({ content: ' you' }, 'stop'), '[DONE]');

  it.each<[string, string]>([
    ['CRLF', whole.replaceAll('\n', '\r\n')],
    ['CR', whole.replaceAll('\n', '\r')],
    ['no space behind data:', whole.replaceAll('data: ', 'data:')],
    ['no blank lines between', whole.replaceAll('\n\n', '\n')],
    ['comments and keep-alives between', `: hi\n\n${whole.replaceAll('\n\n', '\n\n: keep-alive\n\n')}`],
    ['names, ids and retries', whole.replaceAll('data:', 'event: chunk\nid: 7\nretry: 10\ndata:')],
    ['pings in between', whole.replace('data:', 'event: ping\ndata: {"type":"ping"}\n\ndata:')],
    ['an event over two lines', whole.replace('"choices":', '\ndata: "choices":')],
    ['no blank line at the end', whole.trimEnd()],
    ['no [DONE]', whole.replace('data: [DONE]\n\n', '')],
    ['a half event behind the finish reason', whole.replace('data: [DONE]', 'data: {"choices":[],"usa')],
    ['JSON Lines in place of events', whole.replace('data: [DONE]\n\n', '').replaceAll('data: ', '')],
  ])('is read with %s', (_what, body) => {
    expect(choiceOf(body)).toMatchObject({
      finish_reason: 'stop',
      message: { content: 'Hello you' },
    });
  });

  it.each<[string, string]>([
    ['neither [DONE] nor a finish reason', events(delta({ content: 'Hello' }))],
    ['half an event at its end', `${events(delta({ content: 'Hello' }))}data: {"choices":[{"delta":{"con`],
    ['a finish reason that is always empty', events(delta({ content: 'Hello' }, ''), delta({}, ''))],
    [
      'a hole and then [DONE]',
      `${events(delta({ content: 'Hel' }))}data: {"choices":[{"de\n\n${events(delta({ content: 'o' }), '[DONE]')}`,
    ],
    [
      'a hole before its finish reason',
      `${events(delta({ content: 'Hel' }))}data: {"choices":[{"de\n\n${events(delta({ content: 'o' }, 'stop'), '[DONE]')}`,
    ],
  ])('is cut with %s', (_what, body) => {
    expect(choiceOf(body)['finish_reason']).toBe('error');
  });

  it.each<[string, object, object]>([
    ['reasoning_content', { reasoning_content: 'a ' }, { reasoning_content: 'b' }],
    ['reasoning', { reasoning: 'a ' }, { reasoning: 'b' }],
    ['thinking', { thinking: 'a ' }, { thinking: 'b' }],
    [
      'reasoning beside its details',
      { reasoning: 'a ', reasoning_details: [{ type: 'reasoning.text', text: 'a ' }] },
      { reasoning: 'b', reasoning_details: [{ type: 'reasoning.text', text: 'b' }] },
    ],
    [
      'parts of the content',
      { content: [{ type: 'thinking', thinking: [{ type: 'text', text: 'a ' }] }] },
      { content: [{ type: 'thinking', thinking: [{ type: 'text', text: 'b' }] }] },
    ],
    [
      'blocks of litellm',
      { thinking_blocks: [{ type: 'thinking', thinking: 'a ' }] },
      { thinking_blocks: [{ type: 'thinking', thinking: 'b' }] },
    ],
  ])('keeps the thinking in %s', (_what, one, two) => {
    const body = events(
      delta(one),
      delta({ reasoning_content: ' ' }),
      delta(two),
      delta({ content: [{ type: 'text', text: 'yes' }] }),
      delta({ content: ' sir' }, 'stop'),
    );
    expect(choiceOf(body)['message']).toMatchObject({ content: 'yes sir', reasoning_content: 'a  b' });
  });

  it.each(['length', 'MAX_TOKENS', 'content_filter', 'SAFETY', 'tool_calls', 'eos'])(
    'keeps the finish reason %s, though null follows',
    (reason) => {
      const body = events(delta({ content: 'a' }, reason), delta({}), '[DONE]');
      expect(choiceOf(body)['finish_reason']).toBe(reason);
    },
  );

  it.each<[string, object]>([
    ['its last event', { choices: [], usage: { prompt_tokens: 3, completion_tokens: 4 } }],
    [
      'a part of Groq',
      { ...delta({}, 'stop'), x_groq: { usage: { prompt_tokens: 3, completion_tokens: 4 } } },
    ],
    [
      'the choice',
      {
        choices: [
          { index: 0, delta: {}, finish_reason: 'stop', usage: { prompt_tokens: 3, completion_tokens: 4 } },
        ],
      },
    ],
  ])('has its usage in %s', (_where, event) => {
    const body = events({ ...delta({ content: 'a' }), usage: null }, event, '[DONE]');
    expect(completionOfEvents(body)?.['usage']).toEqual({ prompt_tokens: 3, completion_tokens: 4 });
  });

  it('joins tool calls without an index, with the name in each event, or in the old form', () => {
    const named = (given: string): object =>
      delta({ tool_calls: [{ id: 'c1', function: { name: 'answer', arguments: given } }] });
    const old = (given: string): object => delta({ function_call: { name: 'answer', arguments: given } });
    for (const call of [named, old])
      expect(choiceOf(events(call('{"a"'), call(':1}'), delta({}, 'tool_calls')))['message']).toMatchObject({
        tool_calls: [{ function: { name: 'answer', arguments: '{"a":1}' } }],
      });
    const one = delta({
      tool_calls: [{ index: 0, id: 'c1', function: { name: 'answer', arguments: { a: 1 } } }],
    });
    expect(choiceOf(events(one, '[DONE]'))['message']).toMatchObject({
      tool_calls: [{ function: { name: 'answer', arguments: '{"a":1}' } }],
    });
  });

  it.each<[string, string, object]>([
    ['vLLM', events({ object: 'error', message: 'too long', code: 400 }), { message: 'too long', code: 400 }],
    ['FastAPI', events({ detail: 'not found' }), { detail: 'not found' }],
    ['a text', events({ error: 'busy' }), { message: 'busy' }],
    ['an event of its own', 'event: error\ndata: {"message":"busy"}\n\n', { message: 'busy' }],
    ['an event of its own in words', 'event: error\ndata: upstream gone\n\n', { message: 'upstream gone' }],
  ])('tells an error as %s', (_what, error, expected) => {
    const body = events(delta({ content: 'a' })) + error;
    expect(completionOfEvents(body)?.['error']).toMatchObject(expected);
  });

  it.each(['', '{"choices":[]}', '<html></html>'])('is not in %j', (body) => {
    expect(completionOfEvents(body)).toBeUndefined();
  });
});
