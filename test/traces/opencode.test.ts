import { afterAll, describe, expect, it } from '@jest/globals';
import { databaseBytes, OPENCODE } from './databases.js';
import { folderWith, kindsOf, metaOf, outline, readAll, removeFolders } from './support.js';

afterAll(removeFolders);

const json = (value: object): string => JSON.stringify(value).replaceAll("'", "''");
const whole = (seq: number, type: string, data: object, session = 'ses_2'): string =>
  `('msg_${session}_${seq}', '${session}', '${type}', ${seq}, '${json(data)}')`;
const SESSION_MESSAGES = `
  CREATE TABLE session(id TEXT, parent_id TEXT, fork_session_id TEXT, directory TEXT, title TEXT, revert TEXT,
    time_created INTEGER, time_updated INTEGER);
  CREATE TABLE session_message(id TEXT, session_id TEXT, type TEXT, seq INTEGER, data TEXT);`;

describe('OpenCode', () => {
  it('is read from the table of its second engine', async () => {
    const messages = [
      whole(1, 'model-switched', { model: { id: 'm' } }),
      whole(2, 'system', { text: 'The date is set.' }),
      whole(3, 'user', {
        text: 'What is in here?',
        files: [{ mime: 'image/png', data: 'aGk=', name: 'a.png' }],
      }),
      whole(4, 'assistant', {
        model: { id: 'coder-1', providerID: 'example' },
        tokens: { input: 10, output: 5, reasoning: 0, cache: { read: 1, write: 0 } },
        content: [
          { type: 'reasoning', text: 'I look.' },
          { type: 'text', text: 'A moment.' },
          {
            type: 'tool',
            id: 'c1',
            name: 'bash',
            state: {
              status: 'completed',
              input: { command: 'ls' },
              content: [{ type: 'text', text: 'a.txt' }],
            },
          },
          {
            type: 'tool',
            id: 'c2',
            name: 'read',
            state: { status: 'error', input: {}, error: { type: 'unknown', message: 'no file' } },
          },
          { type: 'tool', id: 'c3', name: 'bash', state: { status: 'running', input: {} } },
        ],
      }),
      whole(5, 'compaction', { status: 'completed', summary: 'They looked.', recent: '' }),
      whole(6, 'synthetic', { text: 'A comment.' }),
      whole(7, 'shell', { command: 'pwd', output: { output: '/srv' } }),
      whole(8, 'assistant', {
        model: { id: 'coder-1' },
        content: [{ type: 'text', text: 'One file.' }],
        error: { type: 'aborted', message: 'aborted' },
      }),
      whole(9, 'user', { text: 'taken back' }),
      whole(10, 'idle', { outcome: 'succeeded' }),
      whole(11, 'hologram', {}, 'ses_3'),
      whole(12, 'user', { text: 'hi' }, 'ses_3'),
    ];
    const path = folderWith({
      'opencode.db': databaseBytes(`${SESSION_MESSAGES}
        INSERT INTO session VALUES ('ses_2', NULL, 'ses_1', '/srv', 't', '{"messageID":"msg_ses_2_9"}', 1777885200000, 1777885260000),
          ('ses_3', NULL, NULL, '/srv', 't', NULL, 1777885300000, 1777885360000);
        INSERT INTO session_message VALUES ${messages.join(', ')};`),
    });
    const { rows, notes } = await readAll({ path });
    expect(outline(rows[0])).toEqual([
      'system: The date is set.',
      'user: What is in here? <file>',
      'assistant: (I look.) A moment. +c1 +c2 +c3',
      'tool c1: a.txt',
      'tool c2: no file',
      'system: They looked.',
      'user: A comment.',
      'user: Shell command: pwd\n\n/srv',
      'assistant: One file.',
      'system: aborted',
    ]);
    expect(kindsOf(rows[0])).toBe('meta,,,,,summary,meta,,,error');
    expect(metaOf(rows[0])).toMatchObject({
      models_used: ['coder-1'],
      token_usage: { input_tokens: 10, cache_read_input_tokens: 1 },
      forked_from_id: 'ses_1',
      abandoned_messages: 2,
      unanswered_tool_calls: 1,
    });
    expect(notes.map(({ reason }) => reason)).toEqual(['messages of an unknown type']);
  });

  it('has the longer of two layouts, for a session that went on with the second engine', async () => {
    const more = [1, 2, 3].map((seq) => whole(seq, 'user', { text: `${seq}` }, 'ses_1'));
    const second = `CREATE TABLE session_message(id TEXT, session_id TEXT, type TEXT, seq INTEGER, data TEXT);
      INSERT INTO session_message VALUES`;
    const path = folderWith({
      'a.db': databaseBytes(`${OPENCODE} ${second} ${more.join(', ')};`),
      'b.db': databaseBytes(`${OPENCODE} ${second} ${more.slice(0, 2).join(', ')};`),
    });
    const { rows } = await readAll({ path });
    expect(rows.map((row) => outline(row).length)).toEqual([3, 4]);
  });

  it('keeps what came before the part that was taken back', async () => {
    const revert = JSON.stringify({ messageID: 'msg_2', partID: 'prt_4' });
    const path = folderWith({
      'opencode.db': databaseBytes(`${OPENCODE} UPDATE session SET revert = '${revert}';`),
    });
    const { rows } = await readAll({ path });
    expect(outline(rows[0])).toEqual(['user: hi', 'assistant: +c', 'tool c: a']);
  });

  it('is found under the names of test builds and in OPENCODE_DB', async () => {
    const homeDir = folderWith({
      '.local/share/opencode/opencode-dev.db': databaseBytes(OPENCODE),
      '.local/share/opencode/other.sqlite': databaseBytes(OPENCODE),
    });
    const ids = async (env: Record<string, string>): Promise<readonly unknown[]> =>
      (await readAll({ format: 'opencode' }, { homeDir, env })).rows.map((row) => row['trace_id']);
    expect(await ids({})).toEqual(['ses_1']);
    expect(await ids({ OPENCODE_DB: 'other.sqlite' })).toEqual(['ses_1']);
  });
});
