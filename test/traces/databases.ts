import { createRequire } from 'node:module';

const { Database } = await (
  createRequire(import.meta.url)('sql.js') as () => Promise<{
    Database: new () => { run(sql: string): void; export(): Uint8Array };
  }>
)();

/** An SQLite file as the tools have it: with a write-ahead log, here an empty one. */
export function databaseBytes(sql: string): Uint8Array {
  const database = new Database();
  database.run(sql);
  const bytes = database.export();
  bytes.fill(2, 18, 20);
  return bytes;
}

export const HERMES = `
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

export const OPENCODE = `
  CREATE TABLE session(id TEXT, parent_id TEXT, directory TEXT, title TEXT, revert TEXT, time_created INTEGER, time_updated INTEGER);
  CREATE TABLE message(id TEXT, session_id TEXT, time_created INTEGER, data TEXT);
  CREATE TABLE part(id TEXT, message_id TEXT, data TEXT);
  INSERT INTO session VALUES ('ses_1', NULL, '/srv', 't', NULL, 1777885200000, 1777885260000);
  INSERT INTO message VALUES ('msg_1', 'ses_1', 1, '{"role":"user"}'), ('msg_2', 'ses_1', 2, '{"role":"assistant","modelID":"m"}');
  INSERT INTO part VALUES ('prt_1', 'msg_1', '{"type":"text","text":"hi"}'),
    ('prt_2', 'msg_2', '{"type":"tool","callID":"c","tool":"bash","state":{"status":"completed","input":{},"output":"a"}}'),
    ('prt_3', 'msg_2', '{"type":"step-start"}'), ('prt_4', 'msg_2', '{"type":"text","text":"one file"}');`;
