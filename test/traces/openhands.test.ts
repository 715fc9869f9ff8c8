import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import type { Json, JsonObject } from '../../src/core/json.js';
import { folderWith, metaOf, objects, outline, readAll, removeFolders, type Files } from './support.js';

afterAll(removeFolders);

const EXAMPLES = join(import.meta.dirname, '..', '..', 'examples', 'traces', 'openhands');
const CONVERSATION = '5d1f0a6c9b7e4f21a3c8d2e6b4f09a17';

const said = (id: string, role: 'user' | 'assistant', text: string, more: JsonObject = {}): JsonObject => ({
  id,
  kind: 'MessageEvent',
  source: role === 'user' ? 'user' : 'agent',
  timestamp: '2026-08-01T00:00:00',
  llm_message: { role, content: [{ type: 'text', text }] },
  ...more,
});
const events = (folder: string, list: readonly JsonObject[]): Files =>
  Object.fromEntries(
    list.map((event, at) => [
      `${folder}/events/event-${String(at).padStart(5, '0')}-0000000${at % 10}-aaaa.json`,
      event,
    ]),
  );
const kinds = (value: Json | undefined): readonly Json[] => objects(value).map(({ kind }) => kind ?? null);

describe('OpenHands', () => {
  it('is read in both generations, a file for each event', async () => {
    const { rows, notes } = await readAll({ path: EXAMPLES });
    expect(notes).toEqual([]);
    expect(rows.map(outline)).toEqual([
      [
        'system: You are OpenHands agent, a helpful AI assistant. The repository is a garden planner.',
        'user: Which beds are empty in July?',
        'user: Names of months are in English.',
        'assistant: (The table has a row for each bed.) Two looks tell it. +call_1 +call_2',
        'tool call_1: bed 3,July, \n[The command completed with exit code 0.]',
        'tool call_2: plan.md does not exist',
        'assistant: +call_3',
        'tool call_3: Bed 3 is empty in July.',
      ],
      ['user: Count the beds.', 'assistant: There are eleven beds.'],
      [
        'system: You are OpenHands agent.',
        'user: The library is shown as open on Sundays.',
        'user: Run `make test` after every change.',
        'assistant: I look at the opening hours first. +call_a',
        'tool call_a: CLOSED = set() \n[The command completed with exit code 0.]',
        'assistant: Sundays are closed now, as the sign at the door says.',
      ],
    ]);
    expect(kinds(rows[0]?.['messages']).filter((kind) => kind !== null)).toEqual(['meta']);
    expect(rows[0]).toMatchObject({
      trace_id: CONVERSATION,
      cwd: '/srv/garden',
      final_assistant_message: 'Bed 3 is empty in July.',
    });
    expect(metaOf(rows[0])).toEqual({
      record_count: 11,
      session_version: 1,
      models_used: ['example/coder-1'],
      token_usage: {
        input_tokens: 2100,
        output_tokens: 90,
        cache_creation_input_tokens: 0,
        cache_read_input_tokens: 1000,
      },
      // A prompt that was edited, and the call that followed it.
      abandoned_messages: 2,
    });
    expect(rows[1]).toMatchObject({ is_sidechain: true, root_session_id: CONVERSATION });
    expect(rows[2]).toMatchObject({
      trace_id: '8f0c2d7be1a94c53',
      git_branch: 'main',
      cwd: '/workspace/library',
    });
    expect(metaOf(rows[2])).toMatchObject({
      title: 'Opening hours',
      models_used: ['coder-1', 'example/coder-1'],
    });
    expect(String(metaOf(rows[2])['tools'])).toContain('"execute_bash"');
  });

  it('loses one event, with a note, when its file is damaged, be it the first', async () => {
    const list = ['one', 'two', 'three'].map((text, at) => said(`${at}`, 'user', text));
    const path = folderWith({
      ...events('conversations/a', list),
      'conversations/a/events/event-00000-00000000-aaaa.json': '{"kind": "Mess',
      ...events('conversations/b', [said('0', 'user', 'whole')]),
      'conversations/c/events/event-00000-00000000-aaaa.json': 'torn',
    });
    for (const format of ['openhands', 'auto']) {
      const { rows, notes } = await readAll({ format, path });
      expect(rows.map((row) => [row['trace_id'], ...outline(row)])).toEqual([
        ['a', 'user: two', 'user: three'],
        ['b', 'user: whole'],
      ]);
      expect(metaOf(rows[0])['skipped_lines']).toBe(1);
      expect(notes.map(({ kind, reason }) => `${kind}: ${reason}`)).toEqual([
        'skipped: event-00000-00000000-aaaa.json: not valid JSON',
        'filtered: no usable file; event-00000-00000000-aaaa.json: not valid JSON',
      ]);
    }
  });

  it('has the events in the order of their numbers, of any length, and on the server in that of their times', async () => {
    const numbered = Array.from({ length: 12 }, (_, id) => ({
      id,
      timestamp: '2026-01-01T00:00:00',
      source: 'user',
      message: '',
      action: 'message',
      args: { content: `${id}` },
    }));
    const hex = (digit: string): string => digit.repeat(32);
    const path = folderWith({
      ...Object.fromEntries(numbered.map((event) => [`sessions/n/events/${event.id}.json`, event])),
      [`v1_conversations/${hex('c')}/${hex('a')}.json`]: said('b', 'assistant', 'late', {
        timestamp: '2026-08-02T00:00:00',
      }),
      [`v1_conversations/${hex('c')}/${hex('b')}.json`]: said('a', 'user', 'early'),
    });
    const { rows } = await readAll({ path });
    expect(rows.map((row) => [row['trace_id'], ...outline(row)])).toEqual([
      ['n', ...numbered.map(({ id }) => `user: ${id}`)],
      [hex('c'), 'user: early', 'assistant: late'],
    ]);
  });

  it('is found where the command line, the server and the first generation keep it', async () => {
    const one = (text: string): readonly JsonObject[] => [said('0', 'user', text)];
    const homeDir = folderWith({
      ...events('.openhands/conversations/a', one('a')),
      '.openhands/conversations/a/base_state.json': { id: 'a' },
      '.openhands/agent_settings.json': { llm: { api_key: 'x' } },
      ...events('.openhands/sessions/b', one('b')),
      ...events('own/c', one('c')),
    });
    const ids = async (env: Record<string, string>): Promise<readonly unknown[]> => {
      const { rows, notes } = await readAll({ format: 'openhands' }, { homeDir, env });
      expect(notes).toEqual([]);
      return rows.map((row) => row['trace_id']);
    };
    expect(await ids({})).toEqual(['a', 'b']);
    expect(await ids({ OPENHANDS_CONVERSATIONS_DIR: `${homeDir}/own` })).toEqual(['c', 'b']);
  });

  it('reads exported trajectories, and evaluations with a session on each line', async () => {
    const list = [said('0', 'user', 'hi')];
    const action = {
      id: 1,
      timestamp: '2026-01-01T00:00:00',
      source: 'agent',
      message: '',
      action: 'run',
      args: { command: 'ls', thought: 'I list.' },
    };
    const observation = {
      ...action,
      action: undefined,
      args: undefined,
      cause: 1,
      observation: 'run',
      extras: {},
    };
    const pair = [action, { ...observation, content: 'a.txt' }] as readonly Json[];
    const path = folderWith({
      'a.json': { trajectory: list },
      'b.json': list,
      'output.jsonl': [
        { instance_id: 'x', history: list },
        { instance_id: 'y', history: [pair] },
      ],
    });
    const { rows } = await readAll({ path });
    expect(rows.map((row) => [row['trace_id'], row['source_kind'], ...outline(row)])).toEqual([
      ['a', 'openhands', 'user: hi'],
      ['b', 'openhands', 'user: hi'],
      ['x', 'openhands', 'user: hi'],
      ['y', 'openhands', 'assistant: I list. +event_1', 'tool event_1: a.txt'],
    ]);
  });

  it('marks what is no word of the user, and keeps every kind of result', async () => {
    const call = (id: string): JsonObject => ({
      id: `e${id}`,
      kind: 'ActionEvent',
      source: 'agent',
      thought: [],
      tool_name: 'terminal',
      tool_call_id: id,
      action: { command: 'ls', kind: 'TerminalAction' },
      llm_response_id: `r${id}`,
    });
    const report = (status: string, more: JsonObject = {}): JsonObject => ({
      id: `acp-${status}`,
      kind: 'ACPToolCallEvent',
      source: 'agent',
      tool_call_id: 'x1',
      title: 'List files',
      tool_kind: 'execute',
      raw_input: { command: 'ls' },
      status,
      ...more,
    });
    const list: readonly JsonObject[] = [
      said('0', 'user', 'go'),
      said('1', 'user', 'The hook says no.', { source: 'hook' }),
      call('c1'),
      {
        id: '2',
        kind: 'UserRejectObservation',
        source: 'environment',
        tool_call_id: 'c1',
        rejection_reason: 'no',
      },
      report('pending'),
      report('completed', { raw_output: 'a.txt' }),
      { id: '3', kind: 'Condensation', source: 'environment', summary: 'They went.' },
      { id: '4', kind: 'ConversationErrorEvent', source: 'environment', code: 'E', detail: 'out of credit' },
    ];
    const { rows } = await readAll({ path: folderWith({ 'a.json': list as readonly Json[] }) });
    expect(outline(rows[0])).toEqual([
      'user: go',
      'user: The hook says no.',
      'assistant: +c1',
      'tool c1: Action rejected: no',
      'assistant: +x1',
      'tool x1: a.txt',
      'system: They went.',
      'system: out of credit',
    ]);
    expect(kinds(rows[0]?.['messages'])).toEqual([null, 'meta', null, null, null, null, 'summary', 'error']);
  });
});
