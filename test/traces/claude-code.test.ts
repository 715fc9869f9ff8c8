import { afterAll, describe, expect, it } from '@jest/globals';
import type { Json, JsonObject } from '../../src/core/json.js';
import { folderWith, metaOf, objects, outline, readAll, removeFolders, rowOfFile } from './support.js';

afterAll(removeFolders);

/** A record with a place in the tree. */
function user(uuid: string, parentUuid: string | null, content: Json, rest: JsonObject = {}): JsonObject {
  return { type: 'user', uuid, parentUuid, sessionId: 's', message: { role: 'user', content }, ...rest };
}

function assistant(
  uuid: string,
  parentUuid: string | null,
  id: string,
  block: JsonObject | string,
  rest: JsonObject = {},
): JsonObject {
  const content = [typeof block === 'string' ? { type: 'text', text: block } : block];
  const message = { id, role: 'assistant', model: 'm', content };
  return { type: 'assistant', uuid, parentUuid, sessionId: 's', message, ...rest };
}

const use = (id: string): JsonObject => ({ type: 'tool_use', id, name: 'Bash', input: {} });
const result = (id: string, content: Json = id.toUpperCase()): JsonObject[] => [
  { type: 'tool_result', tool_use_id: id, content },
];

const readRow = (records: readonly Json[]) => rowOfFile('claude_code', 's.jsonl', records);

describe('Claude Code: one response in many records', () => {
  it('makes one message of the records that share a message id, also when results come in between', async () => {
    const row = await readRow([
      user('1', null, 'go'),
      assistant('2', '1', 'A', { type: 'thinking', thinking: 'hm' }),
      assistant('3', '2', 'A', 'Looking.'),
      assistant('4', '3', 'A', use('a')),
      user('5', '4', result('a')),
      assistant('6', '5', 'A', use('b')),
      user('7', '6', result('b')),
      assistant('8', '7', 'B', 'Done.'),
    ]);
    expect(outline(row)).toEqual([
      'user: go',
      'assistant: (hm) Looking. +a +b',
      'tool a: A',
      'tool b: B',
      'assistant: Done.',
    ]);
  });

  it('puts every result behind the message that called for it, before what the user says next', async () => {
    const row = await readRow([
      user('1', null, 'go'),
      assistant('2', '1', 'A', use('a')),
      user('3', '2', [{ type: 'text', text: 'and hurry' }, ...result('a')]),
      assistant('4', '3', 'B', 'ok'),
    ]);
    expect(outline(row)).toEqual([
      'user: go',
      'assistant: +a',
      'tool a: A',
      'user: and hurry',
      'assistant: ok',
    ]);
  });

  it('sums the token usage of responses, not of records', async () => {
    const usage = { usage: { input_tokens: 10, output_tokens: 2 } };
    const withUsage = (record: JsonObject): JsonObject => ({
      ...record,
      message: { ...(record['message'] as JsonObject), ...usage },
    });
    const row = await readRow([
      user('1', null, 'go'),
      withUsage(assistant('2', '1', 'A', 'x')),
      withUsage(assistant('3', '2', 'A', use('a'))),
      user('4', '3', result('a')),
      withUsage(assistant('5', '4', 'B', 'y')),
    ]);
    expect(metaOf(row)['token_usage']).toMatchObject({ input_tokens: 20, output_tokens: 4 });
  });
});

describe('Claude Code: the tree of records', () => {
  it('keeps parallel calls and results, which hang on different records of one response', async () => {
    const row = await readRow([
      user('1', null, 'go'),
      assistant('2', '1', 'A', use('a')),
      assistant('3', '2', 'A', use('b')),
      { type: 'progress', uuid: 'p', parentUuid: '2' },
      user('4', '2', result('a')),
      user('5', '3', result('b')),
      assistant('6', '5', 'B', 'Done.'),
    ]);
    expect(outline(row)).toEqual([
      'user: go',
      'assistant: +a +b',
      'tool a: A',
      'tool b: B',
      'assistant: Done.',
    ]);
    expect(metaOf(row)).not.toHaveProperty('has_branches');
  });

  it('leaves out what the user went back on, with all that followed it, and says so', async () => {
    const row = await readRow([
      { type: 'system', uuid: '0', parentUuid: null },
      user('1', '0', 'first try'),
      assistant('2', '1', 'A', 'wrong'),
      { type: 'progress', uuid: 'p', parentUuid: '2' },
      user('3', 'p', 'no'),
      user('4', '0', 'second try'),
      assistant('5', '4', 'B', 'right'),
    ]);
    expect(outline(row)).toEqual(['user: second try', 'assistant: right']);
    expect(metaOf(row)).toMatchObject({ has_branches: true, abandoned_messages: 3, record_count: 7 });
  });

  it('keeps the branch that was worked on last, not the one that was opened last', async () => {
    const row = await readRow([
      user('1', null, 'start'),
      assistant('2', '1', 'A', 'ready'),
      user('3', '2', 'this way'),
      user('4', '2', 'that way'),
      assistant('5', '4', 'B', 'dead end'),
      assistant('6', '3', 'C', 'got it'),
    ]);
    expect(outline(row)).toEqual(['user: start', 'assistant: ready', 'user: this way', 'assistant: got it']);
  });

  it('leaves out a response that was asked for again', async () => {
    const row = await readRow([
      user('1', null, 'go'),
      assistant('2', '1', 'A', 'bad'),
      assistant('3', '1', 'B', 'good'),
    ]);
    expect(outline(row)).toEqual(['user: go', 'assistant: good']);
  });

  it('loses nothing when the line of a parent cannot be read', async () => {
    const lines = [
      user('1', null, 'go'),
      assistant('2', '1', 'A', 'one'),
      '{"type":"user","uuid":"3","par',
      assistant('4', '3', 'B', 'two'),
      user('5', '4', 'more'),
      assistant('6', '5', 'C', 'three'),
    ].map((line) => (typeof line === 'string' ? line : JSON.stringify(line)));
    const row = await rowOfFile('claude_code', 's.jsonl', lines.join('\n'));
    expect(outline(row)).toEqual([
      'user: go',
      'assistant: one',
      'assistant: two',
      'user: more',
      'assistant: three',
    ]);
    expect(metaOf(row)['skipped_lines']).toBe(1);
  });

  it('keeps both sides of a compaction, where the tree starts again, and marks the summary', async () => {
    const row = await readRow([
      user('1', null, 'go'),
      assistant('2', '1', 'A', 'half'),
      { type: 'system', subtype: 'compact_boundary', uuid: '3', parentUuid: null, logicalParentUuid: '2' },
      user('4', '3', 'What happened so far', { isCompactSummary: true }),
      assistant('5', '4', 'B', 'whole'),
    ]);
    expect(outline(row)).toEqual([
      'user: go',
      'assistant: half',
      'user: What happened so far',
      'assistant: whole',
    ]);
    expect(objects(row['messages'])[2]).toMatchObject({ kind: 'summary' });
  });

  it('counts a record once that a resumed file repeats', async () => {
    const row = await readRow([
      user('1', null, 'go'),
      assistant('2', '1', 'A', 'ok'),
      user('1', null, 'go'),
      user('3', '2', 'thanks'),
    ]);
    expect(outline(row)).toEqual(['user: go', 'assistant: ok', 'user: thanks']);
  });

  it('survives parents that go in circles or are no ids at all', async () => {
    const row = await readRow([
      user('1', '2', 'a'),
      user('2', '1', 'b'),
      user('3', '3', 'c'),
      { ...user('4', null, 'd'), parentUuid: [1] },
      { ...user('5', null, 'e'), parentUuid: '__proto__' },
    ]);
    expect(outline(row)).toEqual(['user: a', 'user: b', 'user: c', 'user: d', 'user: e']);
  });
});

describe('Claude Code: sub-agents', () => {
  const side = { isSidechain: true };
  const main = [
    user('1', null, 'go', { timestamp: '2026-01-01T00:00:00Z' }),
    assistant('2', '1', 'A', use('task')),
    user('9', '2', result('task', 'found')),
    assistant('10', '9', 'B', 'Done.', { timestamp: '2026-01-01T00:00:09Z' }),
  ];

  it('gives a sub-agent in the session file a row of its own, named after its agent id', async () => {
    const agent = { ...side, agentId: 'a1' };
    const [before, ...after] = main;
    const { rows } = await readAll({
      format: 'claude_code',
      path: folderWith({
        's.jsonl': [
          before ?? null,
          user('5', null, 'find', { ...agent, timestamp: '2026-01-01T00:00:03Z' }),
          assistant('6', '5', 'X', 'found', agent),
          ...after,
        ],
      }),
    });
    expect(rows.map(outline)).toEqual([
      ['user: go', 'assistant: +task', 'tool task: found', 'assistant: Done.'],
      ['user: find', 'assistant: found'],
    ]);
    expect(rows).toMatchObject([
      { trace_id: 's', is_sidechain: false, agent_id: null, started_at: '2026-01-01T00:00:00Z' },
      { trace_id: 's:a1', is_sidechain: true, agent_id: 'a1', started_at: '2026-01-01T00:00:03Z' },
    ]);
  });

  it('names a sub-agent without an id after the record it starts with, and keeps several apart', async () => {
    const { rows } = await readAll({
      format: 'claude_code',
      path: folderWith({
        's.jsonl': [
          ...main,
          user('x1', null, 'find x', side),
          user('y1', null, 'find y', side),
          assistant('x2', 'x1', 'X', 'x found', side),
          assistant('y2', 'y1', 'Y', 'y found', side),
        ],
      }),
    });
    expect(
      rows.map((row) =>
        [row['trace_id'], row['root_session_id'], row['agent_id'], ...outline(row)].slice(0, 4),
      ),
    ).toEqual([
      ['s', 's', null, 'user: go'],
      ['s:x1', 's', null, 'user: find x'],
      ['s:y1', 's', null, 'user: find y'],
    ]);
  });

  it('tells which call started which sub-agent, in the row of the session and in that of the sub-agent', async () => {
    const [ask, call, found, done] = main as [JsonObject, JsonObject, JsonObject, JsonObject];
    const { rows } = await readAll({
      format: 'claude_code',
      path: folderWith({
        's.jsonl': [
          ask,
          call,
          user('5', null, 'find', { ...side, agentId: 'a1' }),
          { ...found, toolUseResult: { status: 'completed', agentId: 'a1' } },
          done,
        ],
      }),
    });
    expect(rows.map(metaOf)).toMatchObject([
      { sub_agents: [{ tool_call_id: 'task', agent_id: 'a1' }] },
      { parent_tool_call_id: 'task' },
    ]);
  });

  it('finds the call of a sub-agent without an id by the task that it was given', async () => {
    const task = { type: 'tool_use', id: 't', name: 'Task', input: { prompt: 'find x' } };
    const { rows } = await readAll({
      format: 'claude_code',
      path: folderWith({
        's.jsonl': [
          user('1', null, 'go'),
          assistant('2', '1', 'A', task),
          user('x1', null, 'find x', side),
          user('y1', null, 'find y', side),
        ],
      }),
    });
    expect(rows.map((row) => metaOf(row)['parent_tool_call_id'])).toEqual([undefined, 't', undefined]);
  });

  it('gives a sub-agent with a file of its own one row', async () => {
    const agent = { ...side, agentId: 'a1' };
    const row = await rowOfFile('claude_code', 's/subagents/agent-a1.jsonl', [
      user('5', null, 'find', agent),
      assistant('6', '5', 'X', 'found', agent),
    ]);
    expect(row).toMatchObject({ trace_id: 's:a1', root_session_id: 's', agent_id: 'a1', is_sidechain: true });
  });
});

describe('Claude Code: identity and asides', () => {
  it('takes the session of a resumed file from its name, not from the copied records', async () => {
    const { rows } = await readAll({
      format: 'claude_code',
      path: folderWith({
        'new.jsonl': [
          user('1', null, 'go', { sessionId: 'old' }),
          user('2', '1', 'on', { sessionId: 'new' }),
        ],
      }),
    });
    expect(rows).toMatchObject([{ trace_id: 'new' }]);
  });

  it('does not take what the tool says in the name of the assistant for an answer', async () => {
    const row = await readRow([
      user('1', null, 'go'),
      assistant('2', '1', 'A', 'Half done.'),
      assistant('3', '2', 'E', 'API Error: 529 overloaded', { isApiErrorMessage: true }),
    ]);
    expect(row['final_assistant_message']).toBe('Half done.');
    expect(objects(row['messages'])[2]).toMatchObject({ role: 'system', kind: 'error' });
    expect(metaOf(row)['models_used']).toEqual(['m']);
  });

  it('marks what it tells the model when the user interrupts', async () => {
    const row = await readRow([
      user('1', null, 'go'),
      user('2', '1', [{ type: 'text', text: '[Request interrupted by user for tool use]' }]),
      user('3', '2', 'Why does it say [Request interrupted by user]'),
    ]);
    expect(objects(row['messages']).map(({ kind }) => kind)).toEqual([undefined, 'meta', undefined]);
  });

  it('makes calls and results of tools that run at the side of the model', async () => {
    const search = { type: 'server_tool_use', id: 'w', name: 'web_search', input: { query: 'q' } };
    const hits = {
      type: 'web_search_tool_result',
      tool_use_id: 'w',
      content: [{ type: 'web_search_result', title: 'T' }],
    };
    const failed = {
      type: 'web_search_tool_result',
      tool_use_id: 'w',
      content: { type: 'web_search_tool_result_error', error_code: 'x' },
    };
    const row = await readRow([
      user('1', null, 'go'),
      assistant('2', '1', 'A', 'Searching.'),
      assistant('3', '2', 'A', search),
      assistant('4', '3', 'A', hits),
      assistant('5', '4', 'A', 'Found.'),
      assistant('6', '5', 'B', search),
      assistant('7', '6', 'B', failed),
    ]);
    expect(outline(row)).toEqual([
      'user: go',
      'assistant: Searching. +w',
      'tool w: <web_search_result>',
      'assistant: Found.',
      'assistant: +w',
      'tool w: <web_search_tool_result_error>',
    ]);
    expect(objects(row['messages']).at(-1)).toMatchObject({ is_error: true });
  });

  it('keeps a trace that holds a call without a name or a result without an id, and counts them', async () => {
    const { rows, notes } = await readAll({
      format: 'claude_code',
      path: folderWith({
        's.jsonl': [
          user('1', null, 'go'),
          assistant('2', '1', 'A', { type: 'tool_use', id: 'a' }),
          user('3', '2', [{ type: 'tool_result', content: 'x' }]),
          assistant('4', '3', 'B', 'ok'),
        ],
      }),
    });
    expect(rows.map(outline)).toEqual([['user: go', 'assistant: ok']]);
    expect(metaOf(rows[0])['skipped_records']).toBe(2);
    expect(notes.map(({ kind, reason, count }) => ({ kind, reason, count }))).toEqual([
      { kind: 'skipped', reason: 'tool calls without a name', count: 1 },
      { kind: 'skipped', reason: 'tool results without a call id', count: 1 },
    ]);
  });

  it('uses the session index, and goes without when it cannot be read', async () => {
    const session = [user('1', null, 'go', { cwd: '/here' })];
    const entries = [{ sessionId: 's', projectPath: '/project', summary: 'Title' }];
    const good = await readAll({
      path: folderWith({ 'p/s.jsonl': session, 'p/sessions-index.json': { entries } }),
    });
    expect(good.rows).toMatchObject([{ project_path: '/project', source_meta: { summary: 'Title' } }]);
    const bad = await readAll({
      path: folderWith({ 'p/s.jsonl': session, 'p/sessions-index.json': '{"entr' }),
    });
    expect(bad.rows).toMatchObject([{ project_path: '/here' }]);
    expect(bad.notes).toMatchObject([{ kind: 'skipped', reason: 'session index not used: not valid JSON' }]);
  });
});

it('Claude Code: a fork names the session that it came from, and its own records do not', async () => {
  const from = async (sessionId: string) => {
    const fork = { forkedFrom: { sessionId, messageUuid: 'm' } };
    return metaOf(await readRow([user('1', null, 'go', fork), assistant('2', '1', 'A', 'Done.', fork)]));
  };
  expect((await from('earlier'))['forked_from_id']).toBe('earlier');
  expect(await from('s')).not.toHaveProperty('forked_from_id');
});
