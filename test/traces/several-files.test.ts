import { gzipSync } from 'node:zlib';
import { afterAll, describe, expect, it } from '@jest/globals';
import type { JsonObject } from '../../src/core/json.js';
import { folderWith, metaOf, objects, outline, readAll, removeFolders, rowOfFile } from './support.js';

afterAll(removeFolders);

const said = (ordinal: number, role: string, text: string): JsonObject => ({
  ordinal,
  type: 'response_item',
  payload: { type: 'message', role, content: [{ type: 'input_text', text }] },
});
const header = (id: string, ordinal: number, base?: JsonObject): JsonObject => ({
  ordinal,
  type: 'session_meta',
  payload: { id, ...(base && { forked_from_id: base['thread_id'], history_base: base }) },
});

/** A header and a message of the user, compressed by `zstd`. */
const ZSTD = Buffer.from(
  'KLUv/QRY/QIAkkYUF5Cn6QAxD+02tAT3I5TX1P/lUWJ+n4o4Q2ufxAOQjgkup2qqC0xmRcLlFscmd2AQm1ITEUV1C8uG1j4uH3ShfMwVhlmTTTYR6hBi8XKXkRcCAwBSyICo5C/UVBndtmbK',
  'base64',
);

describe('compressed sessions', () => {
  it('are read, and not twice where the plain file is there too', async () => {
    const lines = [header('g', 0), said(1, 'user', 'hi')]
      .map((record) => `${JSON.stringify(record)}\n`)
      .join('');
    const path = folderWith({
      'rollout-g.jsonl.zst': gzipSync(lines),
      'rollout-p.jsonl': lines,
      'rollout-p.jsonl.zst': gzipSync(lines),
      'rollout-x.jsonl.zst': ZSTD.subarray(0, 40),
      'rollout-z.jsonl.zst': ZSTD,
    });
    for (const format of ['codex', 'auto']) {
      const { rows, notes } = await readAll({ format, path });
      expect(rows.map((row) => [row['trace_id'], ...outline(row)])).toEqual([
        ['g', 'user: hi'],
        ['g', 'user: hi'],
        ['z', 'user: from zstd'],
      ]);
      expect(notes.map(({ reason }) => reason)).toEqual(['compressed, and damaged']);
    }
  });
});

describe('a fork of Codex that refers to the history of its parent', () => {
  const parent = [
    header('a', 0),
    said(1, 'user', 'one'),
    said(2, 'assistant', 'two'),
    said(3, 'user', 'not this'),
  ];
  const fork = [header('b', 3, { thread_id: 'a', end_ordinal_exclusive: 3 }), said(4, 'user', 'three')];
  const forkOfFork = [header('c', 5, { thread_id: 'b', end_ordinal_exclusive: 5 }), said(6, 'user', 'four')];

  it('has it, in chains and from folders of other days and archived sessions', async () => {
    const path = folderWith({
      'archived_sessions/rollout-a.jsonl': parent,
      'sessions/2026/05/04/rollout-b.jsonl': fork,
      'sessions/2026/05/05/rollout-c.jsonl': forkOfFork,
    });
    const { rows } = await readAll({ format: 'codex', path: `${path}/sessions` });
    expect(rows.map(outline)).toEqual([
      ['user: one', 'assistant: two', 'user: three'],
      ['user: one', 'assistant: two', 'user: three', 'user: four'],
    ]);
    expect(metaOf(rows[1])).toMatchObject({ forked_from_id: 'b', inherited_records: 3, record_count: 2 });
  });

  it('says when the parent is missing, and survives a circle', async () => {
    const row = await rowOfFile('codex', 'rollout-b.jsonl', fork);
    expect([outline(row), metaOf(row)['missing_history']]).toEqual([['user: three'], 'a']);
    const { rows } = await readAll({
      format: 'codex',
      path: folderWith({ 'rollout-b.jsonl': fork, 'rollout-c.jsonl': forkOfFork }),
    });
    expect(rows.map((each) => [...outline(each), metaOf(each)['missing_history']])).toEqual([
      ['user: three', 'a'],
      ['user: three', 'user: four', 'a'],
    ]);
    const circle = [header('d', 0, { thread_id: 'd', end_ordinal_exclusive: 9 }), said(1, 'user', 'hi')];
    expect(outline(await rowOfFile('codex', 'rollout-d.jsonl', circle)).at(-1)).toBe('user: hi');
  });
});

describe('Codex', () => {
  it('marks messages of other agents and copies no cipher', async () => {
    const cipher = `gAAAAA${'x'.repeat(120)}`;
    const row = await rowOfFile('codex', 'rollout-e.jsonl', [
      header('e', 0),
      said(1, 'user', 'delegate'),
      {
        type: 'response_item',
        payload: {
          type: 'function_call',
          name: 'spawn_agent',
          call_id: 'c',
          arguments: `{"message":"${cipher}"}`,
        },
      },
      {
        type: 'response_item',
        payload: {
          type: 'agent_message',
          content: [
            { type: 'input_text', text: 'three' },
            { type: 'encrypted_content', encrypted_content: cipher },
          ],
        },
      },
    ]);
    expect(JSON.stringify(row)).not.toContain('xxxx');
    expect(objects(row['messages']).map(({ kind }) => kind)).toEqual([undefined, undefined, 'meta']);
  });

  it('reads completed items where there are no response items', async () => {
    const item = (type: string, text: string): JsonObject => ({
      type: 'event_msg',
      payload: { type: 'item_completed', item: { type, content: [{ type: 'Text', text }] } },
    });
    const records = [header('f', 0), item('UserMessage', 'hello'), item('AgentMessage', 'hi')];
    expect(outline(await rowOfFile('codex', 'rollout-f.jsonl', records))).toEqual([
      'user: hello',
      'assistant: hi',
    ]);
    const both = [...records, said(1, 'user', 'only this')];
    expect(outline(await rowOfFile('codex', 'rollout-f.jsonl', both))).toEqual(['user: only this']);
  });
});

describe('Gemini CLI', () => {
  it('takes the project and the parent of a sub-agent from the folders', async () => {
    const session = (sessionId: string, kind: string): JsonObject => ({
      sessionId,
      kind,
      projectHash: 'h',
      messages: [
        { id: '1', type: 'user', content: '<session_context>\nLinux' },
        { id: '2', type: 'user', content: 'hi' },
      ],
    });
    const path = folderWith({
      'shop/.project_root': '/srv/shop\n',
      'shop/chats/session-main.json': session('main', 'main'),
      'shop/chats/main/sub.json': session('sub', 'subagent'),
    });
    const { rows } = await readAll({ path });
    expect(rows.map((row) => [row['trace_id'], row['root_session_id'], row['cwd']])).toEqual([
      ['sub', 'main', '/srv/shop'],
      ['main', 'main', '/srv/shop'],
    ]);
    expect(objects(rows[1]?.['messages']).map(({ kind }) => kind)).toEqual(['meta', undefined]);
  });
});
