import { createHash } from 'node:crypto';
import { afterAll, describe, expect, it } from '@jest/globals';
import type { Json, JsonObject } from '../../src/core/json.js';
import { metaOf, objects, outline, removeFolders, rowOfFile } from './support.js';

afterAll(removeFolders);

const user = (content: Json): JsonObject => ({ type: 'user', sessionId: 's', message: { content } });
const assistant = (...content: JsonObject[]): JsonObject => ({ type: 'assistant', message: { content } });
const says = (text: string): JsonObject => ({ type: 'text', text });
const calls = (id: string): JsonObject => ({ type: 'tool_use', id, name: 'f', input: {} });
const returns = (id: string, content: Json = 'ok'): JsonObject => ({
  type: 'tool_result',
  tool_use_id: id,
  content,
});
const readRow = (...records: JsonObject[]) => rowOfFile('claude_code', 's.jsonl', records);

describe('calls and results', () => {
  it('that belong together need no mention', async () => {
    const row = await readRow(
      user('go'),
      assistant(calls('a')),
      user([returns('a')]),
      assistant(says('Done.')),
    );
    expect(Object.keys(metaOf(row))).toEqual(['record_count', 'record_types']);
  });

  it('that have no partner are counted', async () => {
    const row = await readRow(
      user('go'),
      assistant(calls('a'), calls('b')),
      user([returns('a'), returns('z')]),
      assistant(says('Done.')),
    );
    expect(metaOf(row)).toMatchObject({ unanswered_tool_calls: 1, orphan_tool_results: 1 });
  });

  it.each([
    ['calls', [assistant(says('Look:'), calls('a'))]],
    ['a result', [assistant(calls('a')), user([returns('a')])]],
    ['the user', [assistant(says('Yes?')), user('go on')]],
    ['thoughts', [assistant({ type: 'thinking', thinking: 'hm' })]],
  ])('or no answer at the end of a conversation are noted: it ends with %s', async (_, records) => {
    expect(metaOf(await readRow(user('go'), ...records))['ends_without_answer']).toBe(true);
  });
});

describe('the bytes of images and documents', () => {
  const data = Buffer.from(Array.from({ length: 3000 }, (_, index) => index % 251));
  const placeholder = `[3000 bytes, sha256 ${createHash('sha256').update(data).digest('hex')}]`;
  const base64 = data.toString('base64');
  const content = (row: JsonObject): readonly JsonObject[] =>
    objects(objects(row['messages'])[0]?.['content']);

  it('are replaced by their size and hash, in every place where a format keeps them', async () => {
    const image = { type: 'image', source: { type: 'base64', media_type: 'image/png', data: base64 } };
    expect(content(await readRow(user([image])))).toEqual([
      { type: 'image', source: { type: 'base64', media_type: 'image/png', data: placeholder } },
    ]);

    const item = { type: 'input_image', image_url: `data:image/png;base64,${base64}` };
    const line = { type: 'response_item', payload: { type: 'message', role: 'user', content: [item] } };
    expect(content(await rowOfFile('codex', 'rollout-1.jsonl', [line]))).toEqual([
      { type: 'input_image', image_url: `data:image/png;base64,${placeholder}` },
    ]);

    const entry = { type: 'message', message: { role: 'user', content: [{ type: 'image', data: base64 }] } };
    expect(content(await rowOfFile('pi_coding_agent', 's.jsonl', [entry]))).toEqual([
      { type: 'image', data: placeholder },
    ]);
  });

  it('are not looked for in texts, and short data is no matter', async () => {
    const small = { type: 'image', source: { data: 'aGk=' } };
    expect(content(await readRow(user([says(base64), small])))).toEqual([says(base64), small]);
  });
});

describe('halves of characters', () => {
  it('are replaced everywhere in a row', async () => {
    const half = '\ud800';
    const block = { type: 'thing', [`key${half}`]: [half, { deep: half }] };
    const row = await rowOfFile(
      'claude_code',
      's.jsonl',
      [{ ...user([says(half), block]), cwd: half }].map((record) => JSON.stringify(record)).join('\n'),
    );
    expect(JSON.stringify(row)).not.toMatch(/\\ud8/);
    expect(row['cwd']).toBe('\ufffd');
    expect(outline(row)).toEqual(['user: \ufffd <thing>']);
  });

  it('are replaced in the arguments of calls before these become text', async () => {
    const call = { type: 'tool_use', id: 'c', name: 'run', input: { what: '\ud800' } };
    const record = {
      type: 'assistant',
      uuid: 'a',
      sessionId: 's',
      message: { role: 'assistant', content: [call] },
    };
    const row = await rowOfFile('claude_code', 's.jsonl', JSON.stringify(record));
    expect(row['messages']).toMatchObject([
      { tool_calls: [{ function: { arguments: String.raw`{"what": "\ufffd"}` } }] },
    ]);
  });
});

describe('times', () => {
  const at = (timestamp: string): JsonObject => ({ ...user('x'), timestamp });

  it('are in UTC where the file gives an offset, and otherwise as it has them', async () => {
    const row = await readRow(
      at('2026-01-01T10:00:00.123456+02:00'),
      at('2026-01-01T09:00:00+0000'),
      at('2026-01-01T08:30:00'),
    );
    expect(row).toMatchObject({
      started_at: '2026-01-01T08:00:00.123456Z',
      ended_at: '2026-01-01T09:00:00Z',
    });
  });

  it('that are no times do not count, in any order', async () => {
    const row = await readRow(
      at('2026-13-45T10:00:00.000Z'),
      at('2026-01-02T10:00:00.000Z'),
      at('2026-01-01T10:00:00.000Z'),
      at('1767225600'),
    );
    expect(row).toMatchObject({
      started_at: '2026-01-01T10:00:00.000Z',
      ended_at: '2026-01-02T10:00:00.000Z',
    });
  });
});
