import { afterAll, describe, expect, it } from '@jest/globals';
import type { JsonObject } from '../../src/core/json.js';
import { metaOf, objects, outline, readAll, removeFolders, rowOfFile, folderWith } from './support.js';

afterAll(removeFolders);

const user = (uuid: string, content: JsonObject[string], rest: JsonObject = {}): JsonObject => ({
  type: 'user',
  sessionId: 's',
  uuid,
  message: { role: 'user', content },
  ...rest,
});
const answer = (uuid: string, id: string, ...content: readonly JsonObject[]): JsonObject => ({
  type: 'assistant',
  sessionId: 's',
  uuid,
  message: { id, role: 'assistant', content },
});
const call = (id: string): JsonObject => ({ type: 'tool_use', id, name: 'Bash', input: {} });
const said = (text: string): JsonObject => ({ type: 'text', text });
const result = (id: string): JsonObject => ({ type: 'tool_result', tool_use_id: id, content: 'ok' });
const queue = (operation: string, rest: JsonObject = {}): JsonObject => ({
  type: 'queue-operation',
  operation,
  sessionId: 's',
  ...rest,
});
const queued = (prompt: string, mode = 'prompt'): JsonObject => ({
  type: 'attachment',
  sessionId: 's',
  uuid: `q-${prompt}`,
  attachment: { type: 'queued_command', prompt, commandMode: mode },
});
const read = async (...records: readonly JsonObject[]): Promise<readonly string[]> =>
  outline(await rowOfFile('claude_code', 's.jsonl', records));

describe('a prompt typed while Claude Code works', () => {
  it('stands after the result, before the next answer, once', async () => {
    const start = [user('1', 'go'), answer('2', 'm1', call('a'))];
    const end = [user('3', [result('a')]), answer('4', 'm2', said('done'))];
    const right = ['user: go', 'assistant: +a', 'tool a: ok', 'user: and fast', 'assistant: done'];
    const [typed, taken] = [queue('enqueue', { content: 'and fast' }), queue('remove')];
    expect(await read(...start, typed, taken, ...end)).toEqual(right);
    // Newer versions have an attachment too, before or after the queue says so.
    for (const records of [
      [...start, typed, ...end.slice(0, 1), taken, queued('and fast'), ...end.slice(1)],
      [...start, typed, ...end.slice(0, 1), queued('and fast'), taken, ...end.slice(1)],
      [...start, ...end.slice(0, 1), queued('and fast'), ...end.slice(1)],
    ])
      expect(await read(...records)).toEqual(right);
  });

  it('is no message while it waits, back in the editor, or a prompt of its own', async () => {
    const lines = await read(
      user('1', 'go'),
      queue('enqueue', { content: 'never mind' }),
      queue('popAll', { content: 'never mind' }),
      queue('enqueue', { content: 'next' }),
      queue('dequeue'),
      user('2', 'next'),
      answer('3', 'm1', said('done')),
      queue('enqueue', { content: 'still waiting' }),
    );
    expect(lines).toEqual(['user: go', 'user: next', 'assistant: done']);
    // What went back to the editor is not what leaves the queue next.
    const edited = await read(
      user('1', 'go'),
      answer('2', 'm1', call('a')),
      queue('enqueue', { content: 'first thought' }),
      queue('popAll'),
      queue('enqueue', { content: 'second thought' }),
      queue('remove'),
      user('3', [result('a')]),
      answer('4', 'm2', said('done')),
    );
    expect(edited.slice(-2)).toEqual(['user: second thought', 'assistant: done']);
  });

  it('does not divide an answer that has several records', async () => {
    const lines = await read(
      user('1', 'go'),
      answer('2', 'm1', call('a')),
      queue('enqueue', { content: 'and fast' }),
      queue('remove'),
      answer('3', 'm1', call('b')),
      user('4', [result('a')]),
      user('5', [result('b')]),
      answer('6', 'm2', said('done')),
    );
    expect(lines).toEqual([
      'user: go',
      'assistant: +a +b',
      'tool a: ok',
      'tool b: ok',
      'user: and fast',
      'assistant: done',
    ]);
  });
});

describe('what Claude Code says in the name of the user', () => {
  it('is marked, and commands that reach the model are shown as typed', async () => {
    const texts = [
      '<command-name>/model</command-name>\n<command-args></command-args>',
      '<local-command-stdout>Set</local-command-stdout>',
      '<task-notification>\nfailed\n</task-notification>\nRead it',
      '<teammate-message teammate_id="r">hi</teammate-message>',
      '<command-message>review</command-message>\n<command-name>/review</command-name>\n<command-args>the diff</command-args>',
      '<bash-input>ls</bash-input>',
    ];
    const row = await rowOfFile(
      'claude_code',
      's.jsonl',
      texts.map((text, at) => user(`${at}`, text)),
    );
    expect(objects(row['messages']).map(({ kind }) => kind)).toEqual([
      'meta',
      'meta',
      'meta',
      'meta',
      undefined,
      undefined,
    ]);
    expect(outline(row).slice(4)).toEqual(['user: /review the diff', 'user: <bash-input>ls</bash-input>']);
    expect(await read(user('1', ''), user('2', [said('')]), user('3', 'hi'))).toEqual(['user: hi']);
  });
});

describe('other kinds of sessions of Claude Code', () => {
  it('a fork names the session it comes from', async () => {
    const row = await rowOfFile('claude_code', 's.jsonl', [
      user('1', 'plan', { forkedFrom: { sessionId: 'parent', messageUuid: '1' } }),
      user('2', 'measure'),
    ]);
    expect(metaOf(row)['forked_from_id']).toBe('parent');
  });

  it('a message that nobody typed says so in its origin, also one that was queued', async () => {
    const from = (kind: string, rest: JsonObject = {}): JsonObject => ({ origin: { kind, ...rest } });
    const row = await rowOfFile('claude_code', 's.jsonl', [
      user('1', 'typed', from('human')),
      user('2', 'said on the phone', from('voice-call')),
      user('3', 'a command of a plugin that the user gave', from('plugin', { asUser: true })),
      ...['auto-continuation', 'peer', 'observer', 'observer-activity', 'plugin'].map((kind, index) =>
        user(`m${index}`, kind, from(kind)),
      ),
      {
        type: 'attachment',
        sessionId: 's',
        uuid: 'q',
        attachment: { type: 'queued_command', prompt: 'from a peer', ...from('peer') },
      },
    ]);
    const kinds = objects(row['messages']).map(({ kind }) => kind ?? '');
    expect(kinds.join()).toBe(',,,meta,meta,meta,meta,meta,meta');
  });

  it.each([['claude_code'], ['auto']])(
    'what is kept to resume a session is not a second row: %s',
    async (format) => {
      const records = [user('1', 'go'), answer('2', 'm1', said('done'))];
      const path = folderWith({ 'p/s.jsonl': records, 'p/s/resume-head.jsonl': records });
      const { rows, notes } = await readAll({ format, path });
      expect([rows.map((row) => row['trace_id']), notes]).toEqual([['s'], []]);
    },
  );

  it('a log of --output-format stream-json gives a row for each sub-agent', async () => {
    const log = (
      type: string,
      content: readonly JsonObject[],
      parent: string | null,
      id = 'm',
    ): JsonObject => ({
      type,
      session_id: 'run',
      parent_tool_use_id: parent,
      message: { id, role: type, content },
    });
    const { rows } = await readAll({
      path: folderWith({
        'log.jsonl': [
          { type: 'system', subtype: 'init', session_id: 'run', cwd: '/w', claude_code_version: '2.1.0' },
          log('assistant', [call('task')], null, 'm1'),
          log('assistant', [said('inside')], 'task', 'm2'),
          log('user', [result('task')], null),
          log('assistant', [said('done')], null, 'm3'),
          { type: 'result', subtype: 'success', session_id: 'run', result: 'done' },
        ],
      }),
    });
    expect(rows.map((row) => [row['trace_id'], row['is_sidechain'], row['cwd'], ...outline(row)])).toEqual([
      ['run', false, '/w', 'assistant: +task', 'tool task: ok', 'assistant: done'],
      ['run:task', true, '/w', 'assistant: inside'],
    ]);
    expect(metaOf(rows[1])['parent_tool_call_id']).toBe('task');
  });
});
