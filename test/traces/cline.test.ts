import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import type { Json } from '../../src/core/json.js';
import { folderWith, metaOf, objects, outline, readAll, removeFolders, rowOfFile } from './support.js';

afterAll(removeFolders);

const EXAMPLES = join(import.meta.dirname, '..', '..', 'examples', 'traces', 'cline');
const SESSION = '1783590000000_k3x9q';
const text = (said: string): Json => ({ type: 'text', text: said });
const kinds = (row: { readonly messages?: Json }): readonly unknown[] =>
  objects(row.messages).map(({ kind }) => kind);

describe('Cline', () => {
  it('is read in both layouts: tasks, and sessions with their sub-agents', async () => {
    const { rows, notes } = await readAll({ path: EXAMPLES });
    expect(notes).toEqual([]);
    expect(rows.map(outline)).toEqual([
      [
        'system: You are Cline, a coding agent.',
        'user: Which stamps are missing?',
        'assistant: (Two lists have to be compared.) I compare the lists. +call_1 +call_2',
        'tool call_1: 1874 red',
        'tool call_2: There are 41.',
        'assistant: Only the red one of 1874 is missing.',
      ],
      ['user: Count the stamps.', 'assistant: There are 41.'],
      [
        'user: Add a dark theme',
        'user: <environment_details>\n# Visible files\nsrc/theme.ts\n</environment_details>',
        'assistant: I add the colours. +toolu_1',
        'tool toolu_1: The file was saved.',
        'assistant: The dark theme is in src/theme.ts.',
      ],
    ]);
    expect(kinds(rows[2] ?? {})).toEqual([undefined, 'meta', undefined, undefined, undefined]);
    expect(rows[0]).toMatchObject({
      trace_id: SESSION,
      cwd: '/home/dev/stamps',
      started_at: '2026-07-09T09:40:01.000Z',
    });
    expect(metaOf(rows[0])).toEqual({
      record_count: 4,
      models_used: ['coder-1'],
      token_usage: {
        input_tokens: 1700,
        output_tokens: 80,
        cache_creation_input_tokens: 0,
        cache_read_input_tokens: 0,
      },
      title: 'Which stamps are missing?',
      source: 'vscode',
      cli_version: '4.1.13',
    });
    expect(rows[1]).toMatchObject({
      trace_id: `${SESSION}__counter`,
      root_session_id: SESSION,
      agent_id: 'counter',
      is_sidechain: true,
      cwd: '/home/dev/stamps',
    });
  });

  it('keeps the thoughts of Roo Code apart, and marks its summaries', async () => {
    const row = await rowOfFile('cline', 'tasks/1/api_conversation_history.json', [
      { role: 'user', content: [text('<user_message>\nGo\n</user_message>')], condenseParent: 's' },
      {
        role: 'assistant',
        content: [
          { type: 'reasoning', text: 'I wait.', summary: [] },
          { type: 'reasoning', summary: [], encrypted_content: 'x'.repeat(40) },
          text('Gone.'),
          { type: 'thoughtSignature', thoughtSignature: 'abc' },
        ],
      },
      { role: 'assistant', content: 'Still there.', reasoning_content: 'Short.' },
      { role: 'user', content: [text('They went.')], isSummary: true, condenseId: 's' },
      { role: 'user', content: [text('Cut here.')], isTruncationMarker: true },
    ]);
    expect(outline(row)).toEqual([
      'user: Go',
      'assistant: (I wait.) Gone.',
      'assistant: (Short.) Still there.',
      'user: They went.',
      'user: Cut here.',
    ]);
    expect(kinds(row)).toEqual([undefined, undefined, undefined, 'summary', 'meta']);
    expect(JSON.stringify(row)).not.toContain('xxxx');
  });

  it('shows commands as they were typed', async () => {
    const row = await rowOfFile('cline', 'a/b.messages.json', {
      version: 1,
      agent: 'lead',
      sessionId: 'b',
      origin: { source: 'cli' },
      messages: [{ role: 'user', content: '<user_command slash="review">the diff</user_command>' }],
    });
    expect(outline(row)).toEqual(['user: /review the diff']);
  });

  it('is found in editors made from VS Code, on servers, and where its variables say', async () => {
    const task = [{ role: 'user', content: [text('<task>hi</task>')] }];
    const session = {
      agent: 'lead',
      sessionId: 's',
      origin: {},
      messages: [{ role: 'user', content: 'hi' }],
    };
    const storage = 'User/globalStorage';
    const homeDir = folderWith({
      [`.config/Cursor/${storage}/saoudrizwan.claude-dev/tasks/1/api_conversation_history.json`]: task,
      [`.config/Cursor/${storage}/saoudrizwan.claude-dev/tasks/1/settings.json`]: {},
      [`.vscode-server/data/${storage}/rooveterinaryinc.roo-cline/tasks/2/api_conversation_history.json`]:
        task,
      '.cline/data/sessions/s/s.messages.json': session,
      '.cline/data/sessions/s/s.json': { session_id: 's' },
      'own/sessions/t/t.messages.json': { ...session, sessionId: 't' },
    });
    const ids = async (env: Record<string, string>): Promise<readonly unknown[]> => {
      const { rows, notes } = await readAll({ format: 'cline' }, { homeDir, env });
      expect(notes).toEqual([]);
      return rows.map((row) => row['trace_id']);
    };
    expect(await ids({})).toEqual(['1', '2', 's']);
    expect(await ids({ CLINE_DATA_DIR: `${homeDir}/own` })).toEqual(['1', '2', 't']);
  });
});
