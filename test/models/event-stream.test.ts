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

  it.each(['', '{"choices":[]}', '<html></html>'])('is not in %j', (body) => {
    expect(completionOfEvents(body)).toBeUndefined();
  });
});
