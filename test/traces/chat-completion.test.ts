import { builtInRegistries } from '../../src/plugins/registries.js';
import { afterAll, describe, expect, it } from '@jest/globals';
import type { JsonObject } from '../../src/core/json.js';
import { dedupeSeed } from '../../src/seeds/dedupe.js';
import {
  folderWith,
  metaOf,
  objects,
  openSeed,
  outline,
  readAll,
  readSeed,
  removeFolders,
  rowOfFile,
} from './support.js';

afterAll(removeFolders);

const user = { role: 'user', content: 'hi' };
const answer = { role: 'assistant', content: 'hello' };

async function rowOf(record: JsonObject) {
  return rowOfFile('chat_completion_jsonl', 'chat.jsonl', [record]);
}

async function outlineOf(...messages: readonly JsonObject[]) {
  return outline(await rowOf({ messages }));
}

describe('a file of conversations', () => {
  it('gives a row a line, each with its own identity', async () => {
    const path = folderWith({
      'chat.jsonl': [
        { trace_id: 'row-1', session_id: 'sess-1', split: 'train', messages: [user, answer] },
        { id: 7, messages: [user, answer] },
        { custom_id: 'request-3', messages: [user, answer] },
        { messages: [user, answer] },
      ],
    });
    const { rows, notes } = await readAll({ format: 'chat_completion_jsonl', path });
    expect(rows.map((row) => [row['trace_id'], row['root_session_id']])).toEqual([
      ['row-1', 'sess-1'],
      ['7', '7'],
      ['request-3', 'request-3'],
      ['chat:4', 'chat:4'],
    ]);
    expect(metaOf(rows[0])).toEqual({ split: 'train', record_number: 1 });
    expect(rows[0]).toMatchObject({ source_kind: 'chat_completion_jsonl', final_assistant_message: 'hello' });
    expect(notes).toEqual([]);
  });

  it('are no copies of each other for standing on the same line of files of one name', async () => {
    const chat = (text: string): JsonObject => ({ messages: [{ role: 'user', content: text }, answer] });
    const path = folderWith({
      'test/data.jsonl': [chat('one'), chat('two')],
      'train/data.jsonl': [chat('three'), chat('two')],
    });
    const opened = await openSeed({ format: 'chat_completion_jsonl', path });
    if (!opened.ok) throw new Error(opened.error.message);
    const identify = builtInRegistries.seedTypes.get('agent_rollout')?.identify;
    if (!identify) throw new Error('rows have no identity');
    const { rows } = await readSeed(await dedupeSeed(opened.value, identify));
    expect(rows.map((row) => outline(row)[0])).toEqual(['user: one', 'user: two', 'user: three']);
  });

  it('keeps the calls of custom tools', async () => {
    const custom = { id: 'c', type: 'custom', custom: { name: 'shell', input: 'ls -l' } };
    const row = await rowOf({
      messages: [user, { role: 'assistant', content: null, tool_calls: [custom] }],
    });
    expect(objects(row['messages'])[1]).toMatchObject({
      tool_calls: [{ id: 'c', function: { name: 'shell', arguments: 'ls -l' } }],
    });
  });

  it('keeps its good lines beside others, and counts those', async () => {
    const path = folderWith({
      'chat.jsonl': [{ messages: [user, answer] }, { prompt: 'a', completion: 'b' }, { messages: [] }],
    });
    const { rows, notes } = await readAll({ format: 'chat_completion_jsonl', path });
    expect(rows.map((row) => row['trace_id'])).toEqual(['chat:1']);
    expect(notes.map(({ kind, reason, count }) => [kind, reason, count])).toEqual([
      ['skipped', 'records without messages', 1],
      ['filtered', 'no messages', 1],
    ]);
  });

  it('names a line after its number in the file, whatever the lines before it are', async () => {
    const line = JSON.stringify({ messages: [user, answer] });
    const path = folderWith({ 'chat.jsonl': `${line}\n\n{torn\n[1]\n${line}\n${line}\n` });
    const { rows } = await readAll({ format: 'chat_completion_jsonl', path });
    expect(rows.map((row) => row['trace_id'])).toEqual(['chat:1', 'chat:5', 'chat:6']);
    expect(rows.map((row) => metaOf(row)['record_number'])).toEqual([1, 5, 6]);
  });

  it('is said to be none when no line is a conversation', async () => {
    const reasonOf = async (record: JsonObject) =>
      (await readAll({ format: 'chat_completion_jsonl', path: folderWith({ 'a.jsonl': [record] }) })).notes[0]
        ?.reason;
    expect(await reasonOf({ prompt: 'a', completion: 'b' })).toMatch(
      /^not a trace of the format chat_completion_jsonl/,
    );
    expect(await reasonOf({ messages: [{ role: 'narrator', content: 'x' }] })).toMatch(/^no messages/);
  });

  it('tells of model, usage, tools and whatever else the line says', async () => {
    const row = await rowOf({
      messages: [user, answer],
      model: 'm-1',
      usage: { prompt_tokens: 10, completion_tokens: 2, prompt_tokens_details: { cached_tokens: 4 } },
      tools: [{ type: 'function', function: { name: 'run' } }],
      metadata: { project: 'x' },
      score: 3,
      cwd: '/home/dev/x',
      created_at: '2026-01-01T00:00:00Z',
    });
    expect(row).toMatchObject({ cwd: '/home/dev/x', project_path: '/home/dev/x' });
    expect(row['started_at']).toBe('2026-01-01T00:00:00Z');
    expect(metaOf(row)).toMatchObject({
      metadata: { project: 'x' },
      score: 3,
      models_used: ['m-1'],
      token_usage: { input_tokens: 10, cached_input_tokens: 4, output_tokens: 2 },
      available_tool_names: ['run'],
      tools: '[{"function": {"name": "run"}, "type": "function"}]',
    });
  });
});

describe('messages', () => {
  it('have a developer for a system, and text or parts for content', async () => {
    const image = { type: 'image_url', image_url: { url: 'https://example.org/a.png' } };
    const row = await rowOf({
      messages: [
        { role: 'developer', content: 'be brief' },
        { role: 'user', content: [{ type: 'text', text: 'what is it?' }, image] },
        { role: 'assistant', content: null, refusal: 'I cannot say.' },
      ],
    });
    expect(row['messages']).toEqual([
      { role: 'system', content: [{ type: 'text', text: 'be brief' }] },
      { role: 'user', content: [{ type: 'text', text: 'what is it?' }, image] },
      { role: 'assistant', content: [{ type: 'text', text: 'I cannot say.' }] },
    ]);
  });

  it('keep calls with their reasoning, and results behind them', async () => {
    const call = (id: string, name: string): JsonObject => ({
      id,
      type: 'function',
      function: { name, arguments: '{ "a":1 }' },
    });
    const row = await rowOf({
      messages: [
        user,
        {
          role: 'assistant',
          content: '',
          reasoning_content: 'hm',
          tool_calls: [call('c1', 'f'), call('c2', 'g')],
        },
        { role: 'tool', tool_call_id: 'c2', content: 'two' },
        { role: 'tool', tool_call_id: 'c1', content: 'one' },
        answer,
      ],
    });
    expect(outline(row)).toEqual([
      'user: hi',
      'assistant: (hm) +c1 +c2',
      'tool c2: two',
      'tool c1: one',
      'assistant: hello',
    ]);
    expect(objects(objects(row['messages'])[1]?.['tool_calls'])[0]).toEqual(call('c1', 'f'));
    expect(row['tool_call_count']).toBe(2);
  });

  it('may leave ids out: results belong to the calls in order, or by name', async () => {
    const calls = [{ function: { name: 'f', arguments: {} } }, { name: 'g', arguments: { a: 1 } }];
    expect(
      await outlineOf(
        { role: 'assistant', content: null, tool_calls: calls },
        { role: 'tool', name: 'g', content: 'second' },
        { role: 'tool', content: 'first' },
        { role: 'tool', content: 'of nothing' },
      ),
    ).toEqual([
      'assistant: +call_1 +call_2',
      'tool call_2: second',
      'tool call_1: first',
      'tool: of nothing',
    ]);
  });

  it('may be of the time of functions', async () => {
    expect(
      await outlineOf(
        { role: 'assistant', content: null, function_call: { name: 'f', arguments: '{}' } },
        { role: 'function', name: 'f', content: 'done' },
      ),
    ).toEqual(['assistant: +call_1', 'tool call_1: done']);
  });

  it('of an unknown role and calls without a name are left out and counted', async () => {
    const row = await rowOf({
      messages: [user, { role: 'narrator', content: 'x' }, { ...answer, tool_calls: [{ id: 'c1' }] }],
    });
    expect(outline(row)).toEqual(['user: hi', 'assistant: hello']);
    expect(metaOf(row)['skipped_records']).toBe(2);
  });

  it('of rows that this program made come back as they were', async () => {
    const messages = [
      { role: 'user', content: [{ type: 'text', text: 'so far' }], kind: 'summary' },
      { role: 'tool', content: [{ type: 'text', text: 'no' }], tool_call_id: 'c9', is_error: true },
    ];
    const row = await rowOf({
      trace_id: 's:a',
      session_id: 's',
      agent_id: 'a',
      is_sidechain: true,
      messages,
    });
    expect(row).toMatchObject({ trace_id: 's:a', root_session_id: 's', agent_id: 'a', is_sidechain: true });
    expect(row['messages']).toEqual(messages);
  });

  it('of ShareGPT are read as well', async () => {
    const row = await rowOf({
      conversations: [
        { from: 'system', value: 'be brief' },
        { from: 'human', value: 'hi' },
        { from: 'gpt', value: 'hello' },
        { from: 'constructor', value: 'x' },
      ],
    });
    expect(outline(row)).toEqual(['system: be brief', 'user: hi', 'assistant: hello']);
  });
});
