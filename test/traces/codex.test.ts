import { afterAll, describe, expect, it } from '@jest/globals';
import type { Json, JsonObject } from '../../src/core/json.js';
import { metaOf, objects, outline, removeFolders, rowOfFile } from './support.js';

afterAll(removeFolders);

const OWN = '0199aaaa-0000-7000-8000-000000000001';
const PARENT = '0199bbbb-0000-7000-8000-000000000002';

const line = (type: string, payload: Json): JsonObject => ({
  timestamp: '2026-01-01T00:00:00Z',
  type,
  payload,
});
const meta = (id: string, rest: JsonObject = {}): JsonObject =>
  line('session_meta', { id, cwd: `/${id}`, ...rest });
const item = (payload: JsonObject): JsonObject => line('response_item', payload);
const says = (role: string, text: string): JsonObject => {
  const type = role === 'assistant' ? 'output_text' : 'input_text';
  return item({ type: 'message', role, content: [{ type, text }] });
};
const calls = (id: string): JsonObject =>
  item({ type: 'function_call', call_id: id, name: 'shell', arguments: '{}' });
const returns = (id: string): JsonObject =>
  item({ type: 'function_call_output', call_id: id, output: id.toUpperCase() });
const thought = (text: string): JsonObject =>
  item({ type: 'reasoning', summary: [{ type: 'summary_text', text }] });
const thoughtEvent = (text: string): JsonObject => line('event_msg', { type: 'agent_reasoning', text });

const readRow = (records: readonly Json[], name = `rollout-2026-01-01T00-00-00-${OWN}.jsonl`) =>
  rowOfFile('codex', name, records);

describe('Codex: other agents', () => {
  it('their messages are marked, in a line of their own too; a cipher is not copied', async () => {
    const message = {
      author: '/root',
      recipient: '/root/a',
      content: 'Look at the tests.',
      trigger_turn: true,
    };
    const row = await readRow([
      meta(OWN),
      says('user', 'go'),
      line('inter_agent_communication', message),
      line('inter_agent_communication', { ...message, content: '', encrypted_content: 'gAAAAA' }),
      line('inter_agent_communication_metadata', { trigger_turn: true }),
      line('world_state', { cwd: '/p' }),
      says('assistant', 'done'),
    ]);
    expect(outline(row)).toEqual(['user: go', 'user: Look at the tests.', 'assistant: done']);
    expect(objects(row['messages'])[1]?.['kind']).toBe('meta');
    expect([metaOf(row)['skipped_records'], JSON.stringify(row).includes('gAAAAA')]).toEqual([
      undefined,
      false,
    ]);
  });
});

it('Codex: a copy of what a tool told the user is no answer', async () => {
  const metadata = { delivered_assistant_message: 'codex:code-mode-delivery:v1:complete' };
  const copy = { ...says('assistant', 'told by a tool'), metadata };
  const own = { ...says('assistant', 'done'), metadata: { client_authored: false } };
  expect(outline(await readRow([meta(OWN), says('user', 'go'), copy, own]))).toEqual([
    'user: go',
    'assistant: done',
  ]);
});

describe('Codex: identity', () => {
  it('takes the first session_meta; a forked thread repeats that of its parent after its own', async () => {
    const row = await readRow([meta(OWN, { forked_from_id: PARENT }), meta(PARENT), says('user', 'go')]);
    expect(row).toMatchObject({ trace_id: OWN, cwd: `/${OWN}`, source_meta: { forked_from_id: PARENT } });
  });

  it('takes the session_meta that the file is named after when that is not the first', async () => {
    const row = await readRow([meta(PARENT), meta(OWN), says('user', 'go')]);
    expect(row).toMatchObject({ trace_id: OWN, cwd: `/${OWN}` });
  });

  it('reads the branch from git.branch', async () => {
    const row = await readRow([meta(OWN, { git: { branch: 'main' } }), says('user', 'go')]);
    expect(row['git_branch']).toBe('main');
  });

  it('knows a sub-agent and the session it belongs to', async () => {
    const source = { subagent: { thread_spawn: { parent_thread_id: PARENT } } };
    const row = await readRow([
      meta(OWN, { session_id: PARENT, parent_thread_id: PARENT, source }),
      says('user', 'go'),
    ]);
    expect(row).toMatchObject({ trace_id: OWN, root_session_id: PARENT, is_sidechain: true });
  });

  it('names the models and the running total of tokens', async () => {
    const usage = (total: number): JsonObject =>
      line('event_msg', { type: 'token_count', info: { total_token_usage: { total_tokens: total } } });
    const row = await readRow([line('turn_context', { model: 'g' }), says('user', 'go'), usage(5), usage(9)]);
    expect(metaOf(row)).toMatchObject({ models_used: ['g'], token_usage: { total_tokens: 9 } });
  });
});

describe('Codex: the conversation', () => {
  it('does not double reasoning that an event repeats, before or after the item', async () => {
    const row = await readRow([
      says('user', 'go'),
      thoughtEvent('A'),
      thought('A'),
      says('assistant', 'one'),
      thought('B'),
      thoughtEvent('B'),
      says('assistant', 'two'),
      thoughtEvent('C'),
      says('assistant', 'three'),
    ]);
    expect(outline(row)).toEqual([
      'user: go',
      'assistant: (A) one',
      'assistant: (B) two',
      'assistant: (C) three',
    ]);
  });

  it('makes one message of the text and the parallel calls of a turn, with their results behind it', async () => {
    const row = await readRow([
      says('user', 'go'),
      says('assistant', 'Looking.'),
      calls('a'),
      calls('b'),
      returns('b'),
      returns('a'),
      calls('c'),
      returns('c'),
      says('assistant', 'Done.'),
    ]);
    expect(outline(row)).toEqual([
      'user: go',
      'assistant: Looking. +a +b',
      'tool b: B',
      'tool a: A',
      'assistant: +c',
      'tool c: C',
      'assistant: Done.',
    ]);
  });

  it('puts a result that came late behind its call', async () => {
    const row = await readRow([says('user', 'go'), calls('a'), says('user', 'hurry'), returns('a')]);
    expect(outline(row)).toEqual(['user: go', 'assistant: +a', 'tool a: A', 'user: hurry']);
  });

  it('makes calls of every kind of call, so that no result is without one', async () => {
    const row = await readRow([
      says('user', 'go'),
      item({ type: 'local_shell_call', call_id: 'l', action: { type: 'exec', command: ['ls'] } }),
      item({ type: 'local_shell_call_output', call_id: 'l', output: 'a.txt' }),
      item({ type: 'tool_search_call', call_id: 't', arguments: { query: 'q' } }),
      item({ type: 'tool_search_output', call_id: 't', tools: [{ name: 'x' }] }),
      item({ type: 'web_search_call', action: { query: 'q' } }),
    ]);
    expect(outline(row)).toEqual([
      'user: go',
      'assistant: +l',
      'tool l: a.txt',
      'assistant: +t',
      'tool t: [{"name": "x"}]',
      'assistant: +web_search_call_5',
    ]);
    expect(objects(row['messages']).flatMap((message) => objects(message['tool_calls']))).toMatchObject([
      { function: { name: 'local_shell', arguments: '{"command": ["ls"], "type": "exec"}' } },
      { function: { name: 'tool_search' } },
      { function: { name: 'web_search' } },
    ]);
  });

  it('ends with an answer that follows a search, which has no result in the file', async () => {
    const search = item({ type: 'web_search_call', id: 'w', action: { query: 'q' } });
    const row = await readRow([says('user', 'go'), search, says('assistant', 'found')]);
    expect(outline(row)).toEqual(['user: go', 'assistant: +w', 'assistant: found']);
    expect(row).toMatchObject({ final_assistant_message: 'found' });
    expect(metaOf(row)['ends_without_answer']).toBeUndefined();
  });

  it('keeps the thoughts of open models, once', async () => {
    const row = await readRow([
      says('user', 'go'),
      thoughtEvent('short'),
      item({
        type: 'reasoning',
        summary: [{ type: 'summary_text', text: 'short' }],
        content: [{ type: 'reasoning_text', text: 'in full' }],
      }),
      says('assistant', 'ok'),
    ]);
    expect(outline(row)).toEqual(['user: go', 'assistant: (in full) ok']);
  });

  it('names the thread that started a sub-agent', async () => {
    const source = { subagent: { thread_spawn: { parent_thread_id: PARENT, depth: 1 } } };
    const row = await readRow([meta(OWN, { source }), says('user', 'go')]);
    expect(row).toMatchObject({ is_sidechain: true, source_meta: { parent_thread_id: PARENT } });
  });

  it('counts items that it does not know', async () => {
    const row = await readRow([says('user', 'go'), item({ type: 'hologram' }), says('assistant', 'ok')]);
    expect(metaOf(row)['skipped_records']).toBe(1);
    const known = await readRow([says('user', 'go'), item({ type: 'ghost_snapshot', ghost_commit: {} })]);
    expect(metaOf(known)['skipped_records']).toBeUndefined();
  });

  it('keeps text blocks as {type: text}, whatever Codex calls them', async () => {
    const row = await readRow([says('user', 'go'), says('assistant', 'ok')]);
    expect(objects(row['messages']).map(({ content }) => content)).toEqual([
      [{ type: 'text', text: 'go' }],
      [{ type: 'text', text: 'ok' }],
    ]);
  });

  it('keeps the summary of a compaction, marked', async () => {
    const row = await readRow([
      says('user', 'go'),
      line('compacted', { message: 'So far' }),
      says('assistant', 'ok'),
    ]);
    expect(objects(row['messages'])[1]).toMatchObject({ role: 'system', kind: 'summary' });
  });

  it('passes over envelopes without a payload', async () => {
    const row = await readRow([line('response_item', 'x'), line('session_meta', null), says('user', 'go')]);
    expect(outline(row)).toEqual(['user: go']);
  });
});

describe('Codex: turns', () => {
  const rollback = (turns: Json): JsonObject =>
    line('event_msg', { type: 'thread_rolled_back', num_turns: turns });
  const context = says('user', '<environment_context>\n  <cwd>/p</cwd>\n</environment_context>');

  it('leaves out those that the user took back, with all that belonged to them, and counts them', async () => {
    const row = await readRow([
      context,
      says('user', 'one'),
      says('assistant', '1'),
      says('user', 'two'),
      thoughtEvent('gone'),
      calls('a'),
      returns('a'),
      says('user', 'three'),
      says('assistant', '3'),
      rollback(2),
      says('user', 'four'),
      says('assistant', '4'),
    ]);
    expect(outline(row).slice(1)).toEqual(['user: one', 'assistant: 1', 'user: four', 'assistant: 4']);
    expect(metaOf(row)).toMatchObject({ abandoned_messages: 5, record_count: 12 });
  });

  it('can take back what is left after taking back, and never more than there is', async () => {
    const row = await readRow([
      context,
      says('user', 'one'),
      says('user', 'two'),
      rollback(1),
      rollback(7),
      says('user', 'new'),
    ]);
    expect(outline(row).slice(1)).toEqual(['user: new']);
  });

  it.each([0, -1, null, 'all'])('stay when %j of them are taken back', async (turns) => {
    const row = await readRow([says('user', 'one'), rollback(turns)]);
    expect(outline(row)).toEqual(['user: one']);
  });

  it('that were broken off stay and are counted', async () => {
    const row = await readRow([says('user', 'one'), line('event_msg', { type: 'turn_aborted' })]);
    expect(metaOf(row)).toMatchObject({ aborted_turns: 1 });
  });

  it('have what Codex itself said to the model marked', async () => {
    const row = await readRow([
      context,
      says('user', '# AGENTS.md instructions for /p'),
      says('user', 'one'),
    ]);
    expect(objects(row['messages']).map(({ kind }) => kind)).toEqual(['meta', 'meta', undefined]);
  });
});
