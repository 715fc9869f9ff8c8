import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import type { Json, JsonObject } from '../../src/core/json.js';
import { databaseBytes } from './databases.js';
import { folderWith, kindsOf, metaOf, objects, outline, readAll, removeFolders } from './support.js';

const folder = mkdtempSync(join(tmpdir(), 'dd-openclaw-'));
afterAll(() => {
  removeFolders();
  rmSync(folder, { recursive: true });
});

const EXAMPLES = join(import.meta.dirname, '..', '..', 'examples', 'traces', 'openclaw');

const header = (id: string): JsonObject => ({ type: 'session', version: 4, id, cwd: '/srv' });
const message = (id: string, parentId: Json, role: string, text: string): JsonObject => ({
  type: 'message',
  id,
  parentId,
  message: { role, content: [{ type: 'text', text }], idempotencyKey: `k${id}` },
});

const TABLES = `
  CREATE TABLE session_windows(session_id TEXT, session_key TEXT, created_at INTEGER, spawned_by TEXT, channel TEXT);
  CREATE TABLE transcript_events(session_id TEXT, seq INTEGER, event_json TEXT, event_zstd BLOB);`;
const text = (event: JsonObject): string => `'${JSON.stringify(event)}'`;

/** An answer "packed" to entry 1, as a frame of Zstandard. */
const PACKED =
  '28b52ffd2475cd020062c5111870699a0366f5c8523f511f12f14baf7e7535a1bf2ffd7f43e70cce470b86990bd114d479cd4b8ce93c4b4410edba86447929ba08e45531330db83e90e9120cb187eb9a44be0405002a027ac28085cb2baac624984f9b4b1cd0';

describe('OpenClaw', () => {
  it('a session follows its leaf; a sub-agent has the session that started it', async () => {
    const { rows, notes } = await readAll({ path: EXAMPLES });
    expect(notes).toEqual([]);
    expect(outline(rows[0])).toEqual([
      'user: Which ferries run on Sunday?',
      'assistant: (Look at the plan.)  +c1 +c2',
      "tool c1: Sunday: the 9 o'clock ferry",
      'tool c2: accepted',
      'user: The winter plan has none.',
      "assistant: One in summer, the 9 o'clock ferry, and none in winter.",
    ]);
    expect(kindsOf(rows[0])).toBe(',,,,meta,');
    expect(metaOf(rows[0])).toMatchObject({ session_key: 'agent:main:main', channel: 'telegram' });
    expect(rows[1]).toMatchObject({ is_sidechain: true, root_session_id: rows[0]?.['trace_id'] });
    expect(rows.map((row) => row['source_kind'])).toEqual(['openclaw', 'openclaw']);
  });

  it('reads its places: archives and topics, but no copies, also of the former names', async () => {
    const session = (id: string): Json => [header(id), message('1', null, 'user', 'hi')];
    const lines = (id: string): string =>
      objects(session(id))
        .map((one) => JSON.stringify(one))
        .join('\n');
    const homeDir = folderWith({
      '.openclaw/agents/main/sessions/a.jsonl': session('a'),
      '.openclaw/agents/main/sessions/a-topic-7.jsonl': session('a'),
      '.openclaw/agents/main/sessions/a.checkpoint.6b0f.jsonl': session('a'),
      '.openclaw/agents/main/sessions/a.trajectory.jsonl': session('a'),
      '.openclaw/agents/main/sessions/b.jsonl.reset.2026-05-04T09-00-00.000Z': lines('b'),
      '.moltbot/agents/main/sessions/c.jsonl': session('c'),
    });
    const { rows } = await readAll({ format: 'openclaw' }, { homeDir });
    expect(rows.map((row) => row['trace_id'])).toEqual(['a-topic-7', 'a', 'b', 'c']);
  });

  it('reads the database of an agent, compressed entries too, and each session once', async () => {
    const bytes = databaseBytes(`${TABLES}
      INSERT INTO session_windows VALUES ('a', 'agent:main:main', 1, NULL, 'slack'), ('b', 'sub', 2, 'agent:main:main', NULL);
      INSERT INTO transcript_events VALUES
        ('a', 1, ${text(message('1', null, 'user', 'hi'))}, NULL), ('a', 0, ${text(header('a'))}, NULL),
        ('a', 2, NULL, X'${PACKED}'), ('a', 3, 'torn', NULL),
        ('b', 0, ${text(message('1', null, 'user', 'look'))}, NULL);`);
    const path = join(folder, 'agents', 'main', 'agent', 'openclaw-agent.sqlite');
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, bytes);
    const file = join(folder, 'agents', 'main', 'sessions', 'a.jsonl');
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, JSON.stringify(message('1', null, 'user', 'an old copy')));

    const { rows, notes } = await readAll({ format: 'openclaw' }, { env: { OPENCLAW_STATE_DIR: folder } });
    expect(rows.map((row) => [row['trace_id'], row['root_session_id'], ...outline(row)])).toEqual([
      ['a', 'a', 'user: hi', 'assistant: packed'],
      ['b', 'a', 'user: look'],
    ]);
    expect(metaOf(rows[0])).toMatchObject({ channel: 'slack', skipped_records: 1 });
    expect(notes.map(({ kind, reason, count }) => `${kind}: ${reason} (${count})`)).toEqual([
      'filtered: also has the sessions of a.jsonl (1)',
      'skipped: entries that are not JSON (1)',
    ]);
  });

  it('loses one entry that is nested too deeply, and half a character', async () => {
    const deep = '['.repeat(20_000) + ']'.repeat(20_000);
    const bytes = databaseBytes(`${TABLES}
      INSERT INTO session_windows VALUES ('a', 'agent:main:main', 1, NULL, NULL);
      INSERT INTO transcript_events VALUES
        ('a', 0, ${text(message('1', null, 'user', 'a \ud83d b'))}, NULL),
        ('a', 1, '{"type":"message","message":{"role":"user","content":${deep}}}', NULL);`);
    const { rows } = await readAll({ path: folderWith({ 'openclaw-agent.sqlite': bytes }) });
    expect(rows.map(outline)).toEqual([['user: a \ufffd b']]);
    expect(metaOf(rows[0])).toMatchObject({ skipped_records: 1 });
  });
});
