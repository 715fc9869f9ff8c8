import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import type { Json, JsonObject } from '../../src/core/json.js';
import {
  folderWith,
  kindsOf,
  metaOf,
  objects,
  outline,
  readAll,
  removeFolders,
  rowOfFile,
} from './support.js';

afterAll(removeFolders);

const EXAMPLES = join(import.meta.dirname, '..', '..', 'examples', 'traces', 'amp');
const thread = (...messages: readonly JsonObject[]): JsonObject => ({
  v: 1,
  id: 'T-1',
  created: 0,
  messages,
});
const user = (...content: readonly Json[]): JsonObject => ({ role: 'user', content });
const assistant = (...content: readonly Json[]): JsonObject => ({ role: 'assistant', content });
const call = (id: string): JsonObject => ({ type: 'tool_use', id, name: 'Bash', input: {} });
const run = (id: string, outcome: JsonObject): JsonObject => ({
  type: 'tool_result',
  toolUseID: id,
  run: outcome,
});

describe('Amp', () => {
  it('a thread is a row: results by status, commands of the user, summaries', async () => {
    const { rows, notes } = await readAll({ path: EXAMPLES });
    expect(notes).toEqual([]);
    expect(outline(rows[0])).toEqual([
      'user: Why are late ferries not shown?',
      'assistant: (Look at the query.) I will look. +toolu_1 +toolu_2',
      'tool toolu_2: Tool execution rejected by user: outside the workspace',
      'tool toolu_1: {"output":"src/board.sql:9: WHERE late = 0","exitCode":0}',
      'user: Ran `make test`\n\n1 failed\n\nExit code 2',
      'system: The board hides late ferries.',
      'assistant: The query leaves them out: `WHERE late = 0`.',
    ]);
    expect(kindsOf(rows[0])).toBe(',,,,,summary,');
    expect(rows[0]).toMatchObject({
      cwd: '/home/dev/ferry app',
      git_branch: 'timetable',
      started_at: '2026-05-04T09:00:00.000Z',
      ended_at: '2026-05-04T09:01:00.000Z',
    });
    expect(metaOf(rows[0])).toMatchObject({
      parent_thread_id: 'T-00000000-6d5a-4e7f-9a0b-1c2d3e4f5a6b',
      models_used: ['claude-opus-4-6'],
      token_usage: { input_tokens: 15, output_tokens: 100, cache_read_input_tokens: 4500 },
    });
  });

  it('a log of --stream-json is a row, and each sub-agent one', async () => {
    const { rows } = await readAll({ path: EXAMPLES });
    expect(rows.slice(1).map(outline)).toEqual([
      [
        'user: How many piers are there?',
        'assistant: +toolu_7',
        'tool toolu_7: There are 4 piers.',
        'assistant: Four.',
      ],
      ['user: Count the piers', 'assistant: There are 4 piers.'],
    ]);
    expect([rows[2]?.['is_sidechain'], metaOf(rows[2])['parent_tool_call_id']]).toEqual([true, 'toolu_7']);
    expect(rows[1]).toMatchObject({ cwd: '/home/dev/ferry', source_kind: 'amp' });
  });

  it('a call that failed, was cancelled or still waits', async () => {
    const row = await rowOfFile(
      'amp',
      'T-1.json',
      thread(
        user({ type: 'text', text: 'go' }),
        assistant(call('a'), call('b'), call('c'), call('d')),
        user(
          run('a', { status: 'error', error: { message: 'no such file' } }),
          run('b', { status: 'cancelled' }),
          run('c', { status: 'blocked-on-user' }),
          run('d', { status: 'done', result: [{ type: 'text', text: 'seen' }] }),
        ),
        { ...assistant(), state: { type: 'error', error: { message: 'overloaded' } } },
        { ...user({ type: 'text', text: 'Run the tests.' }), source: { type: 'course-correction' } },
      ),
    );
    expect(outline(row)).toEqual([
      'user: go',
      'assistant: +a +b +c +d',
      'tool a: no such file',
      'tool b: Tool execution cancelled',
      'tool d: seen',
      'system: overloaded',
      'user: Run the tests.',
    ]);
    const messages = objects(row['messages']);
    expect(messages.map((message) => message['is_error'] ?? message['kind'] ?? '').join()).toBe(
      ',,true,true,,error,meta',
    );
    expect(metaOf(row)['unanswered_tool_calls']).toBe(1);
  });

  it('a fork names its thread, a thread of a sub-agent its session, and Windows paths are paths', async () => {
    const path = folderWith({
      'T-1.json': {
        ...thread(user({ type: 'text', text: 'go' })),
        mainThreadID: 'T-0',
        relationships: [{ threadID: 'T-9', type: 'fork', role: 'child' }],
        env: { initial: { trees: [{ uri: 'file:///c%3A/dev/a%20b' }] } },
      },
    });
    const { rows } = await readAll({ path });
    expect(rows[0]).toMatchObject({ root_session_id: 'T-0', is_sidechain: true, cwd: 'c:/dev/a b' });
    expect(metaOf(rows[0])['forked_from_id']).toBe('T-9');
  });

  it('is found in its default places', async () => {
    const file = thread(user({ type: 'text', text: 'go' }));
    const home = folderWith({
      '.local/share/amp/threads/T-1.json': file,
      'data/amp/threads/T-1.json': { ...file, id: 'T-2' },
      'AppData/Code/User/globalStorage/sourcegraph.amp/threads3/T-3.json': { ...file, id: 'T-3' },
    });
    const ids = async (env: Readonly<Record<string, string>>) =>
      (await readAll({ format: 'amp' }, { homeDir: home, env })).rows.map((row) => row['trace_id']);
    expect(await ids({})).toEqual(['T-1']);
    expect(await ids({ XDG_DATA_HOME: join(home, 'data'), APPDATA: join(home, 'AppData') })).toEqual([
      'T-2',
      'T-3',
    ]);
  });

  it('is found in editors made from VS Code', async () => {
    const homeDir = folderWith({
      '.config/Cursor/User/globalStorage/sourcegraph.amp/threads3/T-1.json': thread(
        user({ type: 'text', text: 'go' }),
      ),
    });
    const { rows } = await readAll({ format: 'amp' }, { homeDir });
    expect(rows.map((row) => row['trace_id'])).toEqual(['T-1']);
  });
});
