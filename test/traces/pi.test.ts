import { afterAll, describe, expect, it } from '@jest/globals';
import type { Json, JsonObject } from '../../src/core/json.js';
import { metaOf, objects, outline, removeFolders, rowOfFile } from './support.js';

afterAll(removeFolders);

const HEADER = { type: 'session', id: 's', timestamp: '2026-01-01T00:00:00Z', cwd: '/p' };
const entry = (id: string, parentId: Json, message: JsonObject): JsonObject => ({
  type: 'message',
  id,
  parentId,
  message,
});
const asks = (content: Json): JsonObject => ({ role: 'user', content });
const answers = (content: Json): JsonObject => ({ role: 'assistant', content });

/** An entry that follows the one before it. */
const at = (timestamp: string): JsonObject => ({ ...entry(timestamp, 'gone', asks('x')), timestamp });

const readRow = (entries: readonly Json[]) => rowOfFile('pi_coding_agent', 's.jsonl', [HEADER, ...entries]);

describe('Pi', () => {
  it('reads a linear file from top to bottom', async () => {
    const row = await readRow([
      { type: 'message', message: asks('one') },
      { type: 'message', message: answers('two') },
      { type: 'message', message: asks('three') },
    ]);
    expect(outline(row)).toEqual(['user: one', 'assistant: two', 'user: three']);
  });

  it('tells of a request that failed, and makes no answer of nothing', async () => {
    const failed = { role: 'assistant', content: [], stopReason: 'error', errorMessage: '429 overloaded' };
    const half = { ...answers('Hal'), stopReason: 'aborted', errorMessage: 'Request was aborted' };
    const row = await readRow(
      [asks('go'), failed, half, answers([])].map((message) => ({ type: 'message', message })),
    );
    expect(outline(row)).toEqual([
      'user: go',
      'system: 429 overloaded',
      'assistant: Hal',
      'system: Request was aborted',
    ]);
    expect(objects(row['messages']).map(({ kind }) => kind)).toEqual([
      undefined,
      'error',
      undefined,
      'error',
    ]);
  });

  it('has the system prompt in sections, what changed of it, and the tools at the end', async () => {
    const tool = (name: string): JsonObject => ({
      name,
      description: `${name}s`,
      parameters: { type: 'object' },
    });
    const row = await readRow([
      entry('1', null, {
        role: 'system',
        content: '',
        sections: { preamble: 'Be Pi.', cwd: '/p', gone: null },
        toolsAdded: [tool('read'), tool('write')],
      }),
      entry('2', '1', asks('go')),
      entry('3', '2', { role: 'system', content: 'New rules.', toolsRemoved: [{ name: 'write' }] }),
      entry('4', '3', answers('done')),
    ]);
    expect(outline(row)).toEqual(['system: Be Pi. /p', 'user: go', 'system: New rules.', 'assistant: done']);
    expect(JSON.parse(String(metaOf(row)['tools']))).toEqual([{ type: 'function', function: tool('read') }]);
    expect(metaOf(row)['skipped_records']).toBeUndefined();
  });

  it('counts a message that is none', async () => {
    const linear = await readRow([
      { type: 'message', message: 'go' },
      { type: 'message', message: asks('go') },
    ]);
    expect(metaOf(linear)['skipped_records']).toBe(1);
  });

  it('follows the tree to the last entry and leaves out the other branches', async () => {
    const row = await readRow([
      entry('1', null, asks('go')),
      entry('2', '1', answers('wrong')),
      entry('3', '1', answers('right')),
    ]);
    expect(outline(row)).toEqual(['user: go', 'assistant: right']);
    expect(metaOf(row)['has_branches']).toBe(true);
  });

  it('leaves out a first prompt that the user went back on', async () => {
    const row = await readRow([entry('1', null, asks('first try')), entry('2', null, asks('second try'))]);
    expect(outline(row)).toEqual(['user: second try']);
  });

  it('bridges the gap that an unreadable line leaves', async () => {
    const row = await readRow([entry('1', null, asks('go')), entry('3', '2', answers('after the gap'))]);
    expect(outline(row)).toEqual(['user: go', 'assistant: after the gap']);
  });

  it('survives parents that go in circles or are no ids at all', async () => {
    const row = await readRow([
      entry('1', '2', asks('a')),
      entry('2', '1', asks('b')),
      entry('3', [1], asks('c')),
    ]);
    expect(outline(row)).toEqual(['user: a', 'user: b', 'user: c']);
  });

  it('keeps messages of extensions that the screen did not show, as said to the model', async () => {
    const row = await readRow([
      { type: 'custom_message', content: 'context', display: false },
      entry('2', undefined as unknown as Json, { role: 'custom', content: 'more', display: false }),
    ]);
    expect(outline(row)).toEqual(['user: context', 'user: more']);
    expect(objects(row['messages'])).toMatchObject([{ kind: 'meta' }, { kind: 'meta' }]);
  });

  it('keeps errors of tools, and sums the token usage', async () => {
    const toolCall = { type: 'toolCall', id: 'c', name: 'ls', arguments: {} };
    const usage = { input: 3, output: 1, cacheRead: 2, cacheWrite: 0 };
    const row = await readRow([
      entry('1', null, { ...answers([toolCall]), usage }),
      entry('2', '1', { role: 'toolResult', toolCallId: 'c', content: 'no', isError: true }),
      entry('3', '2', { ...answers('ok'), usage }),
    ]);
    expect(objects(row['messages'])[1]).toMatchObject({ tool_call_id: 'c', is_error: true });
    expect(metaOf(row)['token_usage']).toMatchObject({ input_tokens: 6, output_tokens: 2 });
  });

  it('compares timestamps as instants', async () => {
    const row = await readRow([at('2026-01-01T23:30:00+09:00'), at('2026-01-01T15:00:00Z')]);
    expect(row).toMatchObject({ started_at: '2026-01-01T00:00:00Z', ended_at: '2026-01-01T15:00:00Z' });
  });

  it('writes a command that the user ran in the words that the model gets', async () => {
    const bash = { role: 'bashExecution', command: 'make' };
    const row = await readRow([
      entry('1', null, { ...bash, output: 'no rule', exitCode: 2 }),
      entry('2', '1', { ...bash, cancelled: true, truncated: true, fullOutputPath: '/tmp/log' }),
      entry('3', '2', { ...bash, excludeFromContext: true }),
      entry('4', '3', { ...bash, exitCode: 0 }),
    ]);
    expect(outline(row)).toEqual([
      'user: Ran `make`\n```\nno rule\n```\n\nCommand exited with code 2',
      'user: Ran `make`\n(no output)\n\n(command cancelled)\n\n[Output truncated. Full output: /tmp/log]',
      'user: Ran `make`\n(no output)',
    ]);
    expect(metaOf(row)['bash_execution_count']).toBe(3);
  });

  it('keeps images of the assistant', async () => {
    const row = await readRow([entry('1', null, answers([{ type: 'image', mimeType: 'image/png' }]))]);
    expect(outline(row)).toEqual(['assistant:  <image>']);
  });
});
