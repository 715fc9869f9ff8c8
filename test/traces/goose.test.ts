import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, it } from '@jest/globals';
import { folderWith, kindsOf, metaOf, objects, outline, readAll, removeFolders } from './support.js';

afterAll(removeFolders);

const EXAMPLES = join(import.meta.dirname, '..', '..', 'examples', 'traces', 'goose');

it('Goose is read from files of earlier versions and from exports, with what a compaction hid', async () => {
  const { rows, notes } = await readAll({ path: EXAMPLES });
  expect(notes).toEqual([]);
  expect(rows.map(outline)).toEqual([
    [
      'user: How many loaves are on the list?',
      'assistant: I count the lines. +call_1',
      'tool call_1: 12 loaves.txt',
      'assistant: There are 12 loaves.',
    ],
    [
      'user: Which oven is free at noon?',
      'assistant: (The plan has a row for each oven.) I look at the plan. +call_a',
      'tool call_a: oven 1, noon, rye\noven 2, noon,',
      'user: The user asked for a free oven; oven 2 has no bread at noon.',
      'system: The previous message is a summary.',
      'user: And at one?',
      'assistant: +call_b',
      'tool call_b: -32603: late.csv does not exist',
      'assistant: The plan ends at noon.',
    ],
  ]);
  expect(kindsOf(rows[1])).toBe(',,,summary,meta,,,,');
  expect(objects(rows[1]?.['messages'])[7]).toMatchObject({ is_error: true });
  expect(rows[0]).toMatchObject({
    trace_id: '20250615_100000',
    cwd: '/home/dev/bakery',
    started_at: '2025-06-15T10:00:00.000Z',
  });
  expect(metaOf(rows[0])).toMatchObject({ title: 'Count the loaves', token_usage: { input_tokens: 1420 } });
  expect(metaOf(rows[1])).toMatchObject({
    title: 'Oven plan',
    models_used: ['coder-1'],
    token_usage: { input_tokens: 5200, output_tokens: 160 },
  });
});

it('Goose is found on every system; beside a database the earlier files are left', async () => {
  const line = (text: string): object => ({ role: 'user', created: 1, content: [{ type: 'text', text }] });
  const homeDir = folderWith({
    '.local/share/goose/sessions/linux.jsonl': [line('a')] as never,
    'Library/Application Support/Block/goose/sessions/mac.jsonl': [line('b')] as never,
    'Roaming/Block/goose/data/sessions/windows.jsonl': [line('c')] as never,
    'root/data/sessions/root.jsonl': [line('d')] as never,
  });
  const ids = async (env: Record<string, string>): Promise<readonly unknown[]> =>
    (await readAll({ format: 'goose' }, { homeDir, env })).rows.map((row) => row['trace_id']);
  expect(await ids({ APPDATA: `${homeDir}/Roaming` })).toEqual(['linux', 'mac', 'windows']);
  expect(await ids({ GOOSE_PATH_ROOT: `${homeDir}/root` })).toEqual(['root']);
  mkdirSync(`${homeDir}/data/goose/sessions`, { recursive: true });
  writeFileSync(`${homeDir}/data/goose/sessions/sessions.db`, 'SQLite');
  writeFileSync(`${homeDir}/data/goose/sessions/old.jsonl`, JSON.stringify(line('e')));
  expect(await ids({ XDG_DATA_HOME: `${homeDir}/data` })).toEqual(['mac']);
});

it('Goose writes a streamed thought in pieces: they are one thought, with every word', async () => {
  const thinking = (piece: string): object => ({ type: 'thinking', thinking: piece, signature: '' });
  const content = [
    ...['So', ' so', ' so', ' it is', '.'].map(thinking),
    { type: 'text', text: 'Yes.' },
    thinking('Done.'),
  ];
  const part = (from: number, to: number): object => ({
    id: 'm',
    role: 'assistant',
    created: 1,
    content: content.slice(from, to),
  });
  const path = folderWith({ 'a.jsonl': [part(0, 2), part(2, 6), part(6, 7)] as never });
  const { rows } = await readAll({ path });
  expect(objects(rows[0]?.['messages'])[0]).toMatchObject({
    reasoning_content: 'So so so it is.\n\nDone.',
    content: [{ type: 'text', text: 'Yes.' }],
  });
});
