import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { folderWith, metaOf, outline, readAll, removeFolders } from './support.js';

const { Database } = await (
  createRequire(import.meta.url)('sql.js') as () => Promise<{
    Database: new () => { run(sql: string): void; export(): Uint8Array };
  }>
)();

const folder = mkdtempSync(join(tmpdir(), 'dd-databases-'));
afterAll(() => {
  removeFolders();
  rmSync(folder, { recursive: true });
});

function make(name: string, sql: string): string {
  const path = join(folder, name);
  const database = new Database();
  database.run(sql);
  const bytes = database.export();
  // As the tools have it: with a write-ahead log, here an empty one.
  bytes.fill(2, 18, 20);
  writeFileSync(path, bytes);
  return path;
}

const HERMES = `
  CREATE TABLE sessions(id TEXT, source TEXT, system_prompt TEXT, parent_session_id TEXT, started_at REAL, cwd TEXT);
  CREATE TABLE messages(id INTEGER PRIMARY KEY, session_id TEXT, role TEXT, content TEXT, tool_call_id TEXT,
    tool_calls TEXT, timestamp REAL, reasoning TEXT, active INTEGER DEFAULT 1);
  INSERT INTO sessions VALUES ('a', 'cli', 'Be brief.', NULL, 1777885200.5, '/srv'), ('b', 'subagent', NULL, 'a', 1777885300, NULL);
  INSERT INTO messages(session_id, role, content, tool_call_id, tool_calls, reasoning, active) VALUES
    ('a', 'user', 'How full?', NULL, NULL, NULL, 1),
    ('a', 'user', 'taken back', NULL, NULL, NULL, 0),
    ('a', 'assistant', '', NULL, '[{"id":"c1","function":{"name":"terminal","arguments":"{}"}}]', 'df tells', 1),
    ('a', 'tool', '80%', 'c1', NULL, NULL, 1),
    ('a', 'assistant', '80 %.', NULL, NULL, NULL, 1),
    ('b', 'user', 'Sub task', NULL, NULL, NULL, 1);`;

const OPENCODE = `
  CREATE TABLE session(id TEXT, parent_id TEXT, directory TEXT, title TEXT, revert TEXT, time_created INTEGER, time_updated INTEGER);
  CREATE TABLE message(id TEXT, session_id TEXT, time_created INTEGER, data TEXT);
  CREATE TABLE part(id TEXT, message_id TEXT, data TEXT);
  INSERT INTO session VALUES ('ses_1', NULL, '/srv', 't', NULL, 1777885200000, 1777885260000);
  INSERT INTO message VALUES ('msg_1', 'ses_1', 1, '{"role":"user"}'), ('msg_2', 'ses_1', 2, '{"role":"assistant","modelID":"m"}');
  INSERT INTO part VALUES ('prt_1', 'msg_1', '{"type":"text","text":"hi"}'),
    ('prt_2', 'msg_2', '{"type":"tool","callID":"c","tool":"bash","state":{"status":"completed","input":{},"output":"a"}}'),
    ('prt_3', 'msg_2', '{"type":"step-start"}'), ('prt_4', 'msg_2', '{"type":"text","text":"one file"}');`;

describe('sessions in a database', () => {
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

  it('of OpenCode are rows', async () => {
    const { rows } = await readAll({ path: make('opencode.db', OPENCODE) });
    expect(outline(rows[0])).toEqual(['user: hi', 'assistant: +c', 'tool c: a', 'assistant: one file']);
    expect([rows.length, rows[0]?.['cwd'], metaOf(rows[0])['models_used']]).toEqual([1, '/srv', ['m']]);
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
