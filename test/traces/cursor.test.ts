import { afterAll, describe, expect, it } from '@jest/globals';
import type { JsonObject } from '../../src/core/json.js';
import { folderWith, kindsOf, metaOf, objects, outline, readAll, removeFolders } from './support.js';

afterAll(removeFolders);

const event = (type: string, rest: JsonObject): JsonObject => ({ type, session_id: 's', ...rest });
const start = event('system', {
  subtype: 'init',
  apiKeySource: 'login',
  cwd: '/w',
  model: 'GPT-5',
  permissionMode: 'default',
});
const said = (role: string, text: string, rest: JsonObject = {}): JsonObject =>
  event(role, { message: { role, content: [{ type: 'text', text }] }, ...rest });
const thought = (text: string, subtype = 'delta'): JsonObject => event('thinking', { subtype, text });
const call = (id: string, tool: JsonObject, subtype = 'started'): JsonObject =>
  event('tool_call', { subtype, call_id: id, tool_call: tool });
const read = (result?: JsonObject): JsonObject => ({
  readToolCall: { args: { path: 'a.py' }, ...(result && { result }) },
});

async function readLog(...events: readonly JsonObject[]): ReturnType<typeof readAll> {
  return readAll({ path: folderWith({ 'log.jsonl': events }) });
}

describe('a log of cursor-agent --output-format stream-json', () => {
  it('is a row with calls, results, thoughts and tokens', async () => {
    const { rows, notes } = await readLog(
      start,
      said('user', 'Sort the list'),
      thought('Look '),
      thought('first.'),
      thought('', 'completed'),
      said('assistant', 'I will read both.'),
      call('c1', read()),
      call('c2', { function: { name: 'grep', arguments: '{"q":"x"}' } }),
      call('c1', read({ success: { content: 'b a' } }), 'completed'),
      call(
        'c2',
        { function: { name: 'grep', arguments: '{"q":"x"}', result: { error: 'none' } } },
        'completed',
      ),
      said('assistant', 'Sorted.', { timestamp_ms: 1_777_885_200_000 }),
      event('result', { subtype: 'success', usage: { inputTokens: 9, outputTokens: 4, cacheReadTokens: 2 } }),
    );
    expect(rows.map(outline)).toEqual([
      [
        'user: Sort the list',
        'assistant: (Look first.) I will read both. +c1 +c2',
        'tool c1: b a',
        'tool c2: {"error": "none"}',
        'assistant: Sorted.',
      ],
    ]);
    const calls = objects(objects(rows[0]?.['messages'])[1]?.['tool_calls']);
    expect(calls.map((one) => one['function'])).toEqual([
      { name: 'read', arguments: '{"path": "a.py"}' },
      { name: 'grep', arguments: '{"q":"x"}' },
    ]);
    expect(objects(rows[0]?.['messages']).map(({ is_error }) => is_error ?? false)).toEqual([
      false,
      false,
      false,
      true,
      false,
    ]);
    expect(rows[0]).toMatchObject({ trace_id: 's', source_kind: 'cursor', cwd: '/w' });
    expect(metaOf(rows[0])).toMatchObject({
      models_used: ['GPT-5'],
      token_usage: { input_tokens: 9, output_tokens: 4, cache_read_input_tokens: 2 },
    });
    expect(notes).toEqual([]);
  });

  it('has a text once that came in pieces and then as a whole', async () => {
    const piece = (text: string): JsonObject => said('assistant', text, { timestamp_ms: 1 });
    const { rows } = await readLog(
      start,
      piece('ha'),
      piece('ha'),
      said('assistant', 'haha', { timestamp_ms: 1, model_call_id: 'm' }),
      call('c1', read({ success: { content: 'x' } }), 'completed'),
      piece('do'),
      piece('ne'),
      said('assistant', 'done'),
    );
    expect(rows.map(outline)).toEqual([['assistant: haha +c1', 'tool c1: x', 'assistant: done']]);
  });

  it('is recognised without its beginning; calls without a name are counted, and sessions are told apart', async () => {
    const { rows, notes } = await readLog(call('c1', read()), call('c2', { odd: 1 }), {
      ...said('user', 'more'),
      session_id: 't',
    });
    expect(rows.map((row) => [row['source_kind'], row['trace_id'], ...outline(row)])).toEqual([
      ['cursor', 's', 'assistant: +c1'],
      ['cursor', 't', 'user: more'],
    ]);
    expect(notes.map(({ reason }) => reason)).toEqual(['tool calls without a name']);
  });
});

it('a transcript of Cursor: what stands for an encrypted thought is left out, a failed turn is an error', async () => {
  const line = (role: string, ...content: readonly JsonObject[]): JsonObject => ({
    role,
    message: { content },
  });
  const text = (words: string): JsonObject => ({ type: 'text', text: words });
  const { rows, notes } = await readAll({
    path: folderWith({
      'agent-transcripts/s/s.jsonl': [
        line('user', text('<user_query>\nWhat does [REDACTED] mean?\n</user_query>')),
        line('assistant', text('[REDACTED]\n[REDACTED]'), { type: 'tool_use', name: 'Grep', input: {} }),
        line('assistant', text('It means\n[REDACTED] is a mark.\n\n[REDACTED]')),
        { type: 'turn_ended', status: 'success' },
        line('user', text('Why?')),
        { type: 'turn_ended', status: 'error', error: 'The model is overloaded.' },
      ],
    }),
  });
  expect(rows.map(outline)).toEqual([
    [
      'user: What does [REDACTED] mean?',
      'assistant: +call_1',
      'assistant: It means\n[REDACTED] is a mark.',
      'user: Why?',
      'system: The model is overloaded.',
    ],
  ]);
  expect(kindsOf(rows[0])).toBe(',,,,error');
  expect(notes).toEqual([]);
});
