import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import type { Json, JsonObject } from '../../src/core/json.js';
import { folderWith, kindsOf, metaOf, objects, outline, readAll, removeFolders } from './support.js';

afterAll(removeFolders);

const EXAMPLES = join(import.meta.dirname, '..', '..', 'examples', 'traces', 'kimi_cli');
const ID = '11112222-3333-4444-8555-666677778888';

const user = (content: Json): JsonObject => ({ role: 'user', content });
const assistant = (content: Json): JsonObject => ({ role: 'assistant', content });
const PROMPT = { role: '_system_prompt', content: 'Be Kimi.' };
const checkpoint = (id: number): JsonObject => ({ role: '_checkpoint', id });

describe('Kimi CLI', () => {
  it('gives the whole session: what was compacted once, then the summary, then the rest', async () => {
    const { rows, notes } = await readAll({ path: EXAMPLES });
    expect(notes).toEqual([]);
    expect(rows.map((row) => row['trace_id'])).toEqual([
      'b1c7f2de-5a40-4c1e-9d8e-2f6a7b3c4d5e',
      'b1c7f2de-5a40-4c1e-9d8e-2f6a7b3c4d5e:a1b2c3d',
      'session_7c2e9a41:agent-0',
      'session_7c2e9a41',
    ]);
    expect(outline(rows[0])).toEqual([
      'system: You are Kimi Code CLI.',
      'user: The tide table prints heights in feet. Make it metres.',
      'assistant: (First find where it prints.) Looking for the printer. +Grep:0',
      'tool Grep:0: <system>1 match</system> src/tide.py:14: feet',
      'assistant: +Shell:1',
      'tool Shell:1: <system>ERROR: Command failed with exit code 1.</system>',
      'user: <system-reminder>\nThe to-do list is empty.\n</system-reminder>',
      'assistant: `src/tide.py` prints feet; one test fails already.',
      'system: <system>Previous context has been compacted. Here is the compaction output:</system> The table is printed in src/tide.py, line 14.',
      'user: Have a helper check the rounding.',
      'assistant: (A helper can do this.) +Agent:2',
      'tool Agent:2: It rounds to one decimal.',
      'assistant: It rounds to one decimal, which suits metres.',
    ]);
    const messages = objects(rows[0]?.['messages']);
    expect(messages.map(({ kind }) => kind ?? '').join()).toBe(',,,,,,meta,,summary,,,,');
    expect(messages.filter((message) => message['is_error'] === true)).toHaveLength(1);
    expect(JSON.stringify(messages)).not.toContain('c2lnbmF0dXJl');
    expect(metaOf(rows[0])).toMatchObject({
      sub_agents: [{ tool_call_id: 'Agent:2', agent_id: 'a1b2c3d' }],
      token_usage: { input_tokens: 2300, output_tokens: 160, cache_read_input_tokens: 1200 },
    });
    expect([rows[0]?.['started_at'], rows[0]?.['ended_at']]).toEqual([
      '2026-05-04T09:00:00.250Z',
      '2026-05-04T09:01:40.500Z',
    ]);
    expect(rows[1]).toMatchObject({ is_sidechain: true, root_session_id: rows[0]?.['trace_id'] });
    expect(metaOf(rows[1])).toMatchObject({ parent_tool_call_id: 'Agent:2', models_used: ['kimi-k2'] });
  });

  it('finds the working folder by its hash, and the files in their default places', async () => {
    const hash = createHash('md5').update('/srv/tides').digest('hex');
    const homeDir = folderWith({
      '.kimi/kimi.json': { work_dirs: [{ path: '/srv/other' }, { path: '/srv/tides' }] },
      [`.kimi/sessions/${hash}/${ID}/context.jsonl`]: [PROMPT, user('hi'), assistant('hello')],
      [`.kimi/sessions/${hash}/${ID}/context_1.jsonl`]: [PROMPT, user('before /clear')],
      [`.kimi/sessions/${hash}/${ID}/context_sub_1.jsonl`]: [checkpoint(0), user('sub')],
      [`.kimi/sessions/${hash}/${ID}/wire.jsonl`]: [{ type: 'metadata', protocol_version: '1.9' }],
      [`.kimi/sessions/${hash}/${ID}/state.json`]: { custom_title: 'Tides' },
      [`.kimi/sessions/${hash}/99992222-3333-4444-8555-666677778888.jsonl`]: [checkpoint(0), user('old')],
    });
    const { rows, notes } = await readAll({ format: 'kimi_cli' }, { homeDir });
    expect(rows.map((row) => [row['trace_id'], row['cwd'], outline(row).at(-1)])).toEqual([
      [ID, '/srv/tides', 'assistant: hello'],
      [`${ID}:sub_1`, '/srv/tides', 'user: sub'],
      ['99992222-3333-4444-8555-666677778888', '/srv/tides', 'user: old'],
    ]);
    expect(outline(rows[0])).toContain('user: before /clear');
    expect(notes).toEqual([]);
    const elsewhere = await readAll(
      { format: 'kimi_cli' },
      { env: { KIMI_SHARE_DIR: join(homeDir, '.kimi') }, homeDir: '/nonexistent' },
    );
    expect(elsewhere.rows).toEqual(rows);
  });

  it('leaves out what a message to an earlier checkpoint took back, but nothing after a cleared context', async () => {
    const start = [PROMPT, checkpoint(0), user('go')];
    const dMail = user('<system>You just got a D-Mail from your future self. D-Mail content:\n\nno</system>');
    const path = folderWith({
      [`h/${ID}/context_1.jsonl`]: [...start, checkpoint(1), assistant('the long way'), assistant('lost')],
      [`h/${ID}/context_2.jsonl`]: [...start, checkpoint(1), dMail, assistant('the short way')],
      [`h/${ID}/context.jsonl`]: [...start, assistant('once more')],
    });
    const { rows } = await readAll({ path });
    expect(rows.map(outline)).toEqual([
      [
        'system: Be Kimi.',
        'user: go',
        'user: <system>You just got a D-Mail from your future self. D-Mail content:\n\nno</system>',
        'assistant: the short way',
        'user: go',
        'assistant: once more',
      ],
    ]);
    expect(metaOf(rows[0])['abandoned_messages']).toBe(2);
  });

  it('says that the log of the screen alone is no session', async () => {
    const event = { timestamp: 1, message: { type: 'TurnBegin', payload: { user_input: 'hi' } } };
    const path = folderWith({ 'wire.jsonl': [{ type: 'metadata', protocol_version: '1.9' }, event] });
    const { rows, notes } = await readAll({ path });
    expect([rows.length, notes.map(({ reason }) => reason)]).toEqual([
      0,
      [expect.stringContaining('no messages')],
    ]);
  });
});

describe('Kimi Code', () => {
  it('gives each agent a row, with its tools, without what was undone', async () => {
    const { rows } = await readAll({ path: join(EXAMPLES, 'wd_lighthouse_5f1e') });
    const row = rows.find((one) => one['trace_id'] === 'session_7c2e9a41');
    expect(outline(row)).toEqual([
      'system: You are Kimi.',
      'user: Which lamp is on?',
      'user: <system-reminder>\nPlan mode is off.\n</system-reminder>',
      'assistant: (Ask the panel.) +Bash:0',
      'tool Bash:0: panel: not found',
      'assistant: +Agent:1',
      'tool Agent:1: agent_id: agent-0\n\nIt is /opt/panel.',
      'system: The panel is /opt/panel.',
      'assistant: The panel is in /opt, not in the path.',
    ]);
    expect(row).toMatchObject({ cwd: '/home/dev/lighthouse', started_at: '2026-05-20T06:00:00.000Z' });
    expect(metaOf(row)).toMatchObject({
      abandoned_messages: 2,
      models_used: ['kimi-k2'],
      token_usage: { input_tokens: 900, output_tokens: 40 },
      title: 'Which lamp is on?',
    });
    expect(JSON.parse(String(metaOf(row)['tools']))).toMatchObject([
      { type: 'function', function: { name: 'Bash' } },
    ]);
    const sub = rows.find((one) => one['is_sidechain'] === true);
    expect([sub?.['root_session_id'], metaOf(sub)['parent_agent_id']]).toEqual(['session_7c2e9a41', 'main']);
  });

  it('an undo keeps injected reminders, and goes neither behind a summary nor a cleared context', async () => {
    const add = (content: string, origin?: string): JsonObject => ({
      type: 'context.append_message',
      message: { role: 'user', content, toolCalls: [], ...(origin && { origin: { kind: origin } }) },
    });
    const path = folderWith({
      'renamed.jsonl': [
        { type: 'metadata', protocol_version: '1.5', created_at: 1779256800000 },
        add('cleared'),
        { type: 'context.clear' },
        add('one'),
        add('reminder', 'injection'),
        add('! ls', 'shell_command'),
        { type: 'context.undo', count: 7 },
        add('two'),
        { type: 'context.apply_compaction', summary: 'so far', compactedCount: 1 },
        { type: 'context.undo', count: 1 },
        add('report', 'task'),
      ],
    });
    const { rows } = await readAll({ path });
    expect(outline(rows[0])).toEqual([
      'user: cleared',
      'user: reminder',
      'user: two',
      'system: so far',
      'user: report',
    ]);
    expect(kindsOf(rows[0])).toBe(',meta,,summary,meta');
    expect(rows[0]?.['trace_id']).toBe('renamed');
  });
});
