import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { databaseBytes, HERMES, OPENCODE } from './databases.js';
import { folderWith, metaOf, outline, readAll, removeFolders } from './support.js';

const folder = mkdtempSync(join(tmpdir(), 'dd-databases-'));
afterAll(() => {
  removeFolders();
  rmSync(folder, { recursive: true });
});

function make(name: string, sql: string): string {
  const path = join(folder, name);
  writeFileSync(path, databaseBytes(sql));
  return path;
}

const GOOSE = `
  CREATE TABLE schema_version(version INTEGER);
  CREATE TABLE sessions(id TEXT, name TEXT, description TEXT, session_type TEXT DEFAULT 'user', working_dir TEXT,
    created_at TIMESTAMP, updated_at TIMESTAMP, accumulated_input_tokens INTEGER, accumulated_output_tokens INTEGER,
    model_config_json TEXT, parent_session_id TEXT);
  CREATE TABLE messages(id INTEGER PRIMARY KEY, message_id TEXT, session_id TEXT, role TEXT, content_json TEXT,
    created_timestamp INTEGER, metadata_json TEXT);
  INSERT INTO sessions VALUES
    ('20260504_1', 'Ovens', '', 'user', '/srv', '2026-05-04 09:00:00', '2026-05-04 09:10:00', 10, 2, '{"model_name":"m"}', NULL),
    ('20260504_2', 'Sub', '', 'sub_agent', '/srv', '2026-05-04 09:01:00', NULL, NULL, NULL, NULL, '20260504_1');
  INSERT INTO messages(session_id, role, content_json, created_timestamp, metadata_json) VALUES
    ('20260504_1', 'user', '[{"type":"text","text":"hi"}]', 1777885200, '{"userVisible":false,"agentVisible":false}'),
    ('20260504_1', 'user', '[{"type":"text","text":"They said hi."}]', 1777885201, '{"userVisible":false,"agentVisible":true}'),
    ('20260504_1', 'user', '[{"type":"text","text":"hi"}]', 1777885202, NULL),
    ('20260504_1', 'assistant', '[{"type":"text","text":"hello"}]', 1777885203500, NULL),
    ('20260504_1', 'assistant', '${'['.repeat(5000)}${']'.repeat(5000)}', 1777885204, NULL),
    ('20260504_2', 'user', 'no JSON', 1777885260, NULL), ('20260504_2', 'user', '[{"type":"text","text":"look"}]', 1777885261, NULL);`;

describe('sessions in a database', () => {
  it('of Goose are rows, and a prompt that a compaction repeats is there once', async () => {
    const { rows, notes } = await readAll({ path: make('sessions.db', GOOSE) });
    expect(rows.map(outline)).toEqual([
      ['user: They said hi.', 'user: hi', 'assistant: hello'],
      ['user: look'],
    ]);
    expect(rows[0]).toMatchObject({
      source_kind: 'goose',
      trace_id: '20260504_1',
      cwd: '/srv',
      started_at: '2026-05-04T09:00:00.000Z',
      ended_at: '2026-05-04T09:00:04.000Z',
    });
    expect(metaOf(rows[0])).toMatchObject({
      title: 'Ovens',
      models_used: ['m'],
      token_usage: { input_tokens: 10 },
    });
    expect(rows[1]).toMatchObject({ is_sidechain: true, root_session_id: '20260504_1' });
    expect(notes).toEqual([
      { kind: 'skipped', source: expect.any(String), reason: 'messages whose content is no JSON', count: 2 },
    ]);
  });

  it('of Hermes are rows, sub-agents with their root', async () => {
    const { rows, notes } = await readAll({ path: make('state.db', HERMES) });
    expect(
      rows.map((row) => [row['trace_id'], row['root_session_id'], row['is_sidechain'], row['started_at']]),
    ).toEqual([
      ['a', 'a', false, '2026-05-04T09:00:00.500Z'],
      ['b', 'a', true, '2026-05-04T09:01:40.000Z'],
    ]);
    expect(outline(rows[0])).toEqual([
      'system: Be brief.',
      'user: How full?',
      'assistant: (df tells)  +c1',
      'tool c1: 80%',
      'assistant: 80 %.',
    ]);
    expect([metaOf(rows[0])['abandoned_messages'], notes]).toEqual([1, []]);
  });

  it('of Hermes are found at home, where there are no other files', async () => {
    const home = folderWith({});
    const env = { HERMES_HOME: folder };
    const { rows } = await readAll({ format: 'hermes_agent' }, { env, homeDir: home });
    expect(rows.map((row) => row['trace_id'])).toEqual(['a', 'b']);
  });

  it('of Hermes have their prompt and their tools, which newer versions keep by hash, and summaries', async () => {
    const { rows } = await readAll({
      path: make(
        'newer.db',
        `CREATE TABLE system_prompts(hash TEXT, prompt TEXT);
         CREATE TABLE sessions(id TEXT, source TEXT, system_prompt TEXT, system_prompt_hash TEXT, tool_names TEXT,
           parent_session_id TEXT, started_at REAL, cwd TEXT, git_repo_root TEXT, cache_read_tokens INTEGER);
         CREATE TABLE messages(id INTEGER PRIMARY KEY, session_id TEXT, role TEXT, content TEXT, tool_call_id TEXT, timestamp REAL,
           _compressed_summary INTEGER DEFAULT 0);
         INSERT INTO system_prompts VALUES ('h', 'Be brief.'), ('t', '["terminal", "memory"]');
         INSERT INTO sessions VALUES ('a', 'cli', NULL, 'h', 't', NULL, 1777885200, '/srv/app/src', '/srv/app', 7);
         INSERT INTO messages(session_id, role, content, _compressed_summary) VALUES
           ('a', 'user', 'what came before', 1), ('a', 'user', 'go', 0);`,
      ),
    });
    expect(outline(rows[0])).toEqual(['system: Be brief.', 'system: what came before', 'user: go']);
    expect(rows[0]).toMatchObject({ cwd: '/srv/app/src', project_path: '/srv/app' });
    expect(metaOf(rows[0])).toMatchObject({
      available_tool_names: ['terminal', 'memory'],
      token_usage: { cache_read_input_tokens: 7 },
    });
  });

  it('of Hermes are rows once, whatever files have them too', async () => {
    const path = folderWith({
      'state.db': readFileSync(make('state.db', HERMES)),
      'sessions/session_a.json': { session_id: 'a', messages: [{ role: 'user', content: 'an old copy' }] },
      'sessions/a.jsonl': [{ role: 'user', content: 'an old copy' }],
      'sessions/session_c.json': { session_id: 'c', messages: [{ role: 'user', content: 'only here' }] },
    });
    const ids = ['c', 'a', 'b'];
    for (const source of [{ path }, { format: 'hermes_agent', path }]) {
      const { rows, notes } = await readAll(source);
      expect(rows.map((row) => row['trace_id'])).toEqual(ids);
      expect(notes.map(({ reason, count }) => [reason, count])).toEqual([
        ['also has the sessions of a.jsonl, session_a.json', 2],
      ]);
    }
    const home = await readAll({ format: 'hermes_agent' }, { env: { HERMES_HOME: path } });
    expect(home.rows.map((row) => row['trace_id'])).toEqual(ids);
  });

  it('of OpenCode are rows', async () => {
    const { rows } = await readAll({ path: make('opencode.db', OPENCODE) });
    expect(outline(rows[0])).toEqual(['user: hi', 'assistant: +c', 'tool c: a', 'assistant: one file']);
    expect([rows.length, rows[0]?.['cwd'], metaOf(rows[0])['models_used']]).toEqual([1, '/srv', ['m']]);
  });

  it('are read without a file being made beside the database', async () => {
    const path = folderWith({ 'w a#b%20l/state.db': databaseBytes(HERMES) });
    const { rows, notes } = await readAll({ path });
    expect([rows.length, notes]).toEqual([2, []]);
    expect(readdirSync(join(path, 'w a#b%20l'))).toEqual(['state.db']);
  });

  it('of other tools and damaged ones are filtered with the reason', async () => {
    make('other.db', 'CREATE TABLE notes(id TEXT)');
    const other = await readAll({ path: join(folder, 'other.db') });
    expect(other.notes[0]?.reason).toMatch(
      /^not a trace of a known format \(\.db, 8,192 bytes, SQLite tables notes\)/,
    );
    const broken = Buffer.concat([Buffer.from('SQLite format 3\0'), Buffer.alloc(200, 7)]);
    const { notes } = await readAll({ path: folderWith({ 'broken.db': broken }) });
    expect(notes.map(({ reason }) => reason)).toEqual(['a damaged or locked SQLite database']);
  });
});
