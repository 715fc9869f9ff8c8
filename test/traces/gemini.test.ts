import { afterAll, describe, expect, it } from '@jest/globals';
import type { Json, JsonObject } from '../../src/core/json.js';
import { folderWith, metaOf, objects, outline, readAll, removeFolders, rowOfFile } from './support.js';

afterAll(removeFolders);

const HEADER = {
  sessionId: 's1',
  projectHash: 'abc',
  startTime: '2026-01-01T00:00:00.000Z',
  lastUpdated: '2026-01-01T00:00:09.000Z',
};
const user = (id: string, content: Json): JsonObject => ({ id, type: 'user', content });
const gemini = (id: string, content: Json, more: JsonObject = {}): JsonObject => ({
  id,
  type: 'gemini',
  content,
  model: 'gemini-3-pro',
  ...more,
});
const response = (id: string, answer: JsonObject): JsonObject => ({
  functionResponse: { id, name: 'run', response: answer },
});
const call = (id: string, result: Json, status = 'success'): JsonObject => ({
  id,
  name: 'run',
  args: { command: 'ls' },
  result,
  status,
});

async function rowOfDocument(...messages: readonly JsonObject[]) {
  return rowOfFile('gemini_cli', 'p/chats/session-1.json', { ...HEADER, messages });
}

async function rowOfLog(...records: readonly JsonObject[]) {
  return rowOfFile('gemini_cli', 'p/chats/session-1.jsonl', [HEADER, ...records]);
}

describe('an answer', () => {
  it('is kept without the bytes of its images, however their lines are broken', async () => {
    const data = Buffer.alloc(900, 'image').toString('base64');
    const broken = data.replaceAll(/.{76}/g, '$&\n');
    const row = await rowOfDocument(
      user('u1', 'draw'),
      gemini('a1', [{ inlineData: { mimeType: 'image/png', data } }]),
      user('u2', [{ inlineData: { mimeType: 'image/png', data: broken } }]),
    );
    const texts = objects(row['messages']).map((message) => JSON.stringify(message));
    expect(texts.map((text) => /\[900 bytes, sha256 [0-9a-f]{64}\]/.exec(text)?.[0])).toEqual([
      undefined,
      expect.any(String),
      expect.any(String),
    ]);
  });
});

describe('a session', () => {
  it('is the same as a document and as a log', async () => {
    const messages = [
      user('u1', 'list it'),
      gemini('a1', 'I look.', {
        thoughts: [{ subject: 'Looking', description: 'ls is enough', timestamp: '2026-01-01T00:00:02Z' }],
        tokens: { input: 10, output: 2, cached: 4, thoughts: 1, tool: 0, total: 13 },
        toolCalls: [call('c1', [response('c1', { output: 'a.txt' })])],
      }),
      gemini('a2', [{ text: 'There is a.txt.' }], {
        tokens: { input: 5, output: 3, cached: 0, thoughts: 0, tool: 0, total: 8 },
      }),
    ];
    const row = await rowOfDocument(...messages);
    expect(outline(row)).toEqual([
      'user: list it',
      'assistant: (Looking\nls is enough) I look. +c1',
      'tool c1: a.txt',
      'assistant: There is a.txt.',
    ]);
    expect(row).toMatchObject({
      trace_id: 's1',
      root_session_id: 's1',
      is_sidechain: false,
      started_at: HEADER.startTime,
      ended_at: HEADER.lastUpdated,
      final_assistant_message: 'There is a.txt.',
      source_meta: {
        record_count: 3,
        project_hash: 'abc',
        models_used: ['gemini-3-pro'],
        token_usage: {
          input_tokens: 15,
          cached_input_tokens: 4,
          output_tokens: 5,
          reasoning_output_tokens: 1,
          total_tokens: 21,
        },
      },
    });
    const { source_path: _, ...asDocument } = row;
    expect(await rowOfLog(...messages)).toMatchObject(asDocument);
  });

  it('of a sub-agent is a sidechain, and its parent names the call that started it', async () => {
    const child = await rowOfLog(
      { $set: { kind: 'subagent', directories: ['/home/dev/x'] } },
      user('u1', 'look'),
    );
    expect(child).toMatchObject({ is_sidechain: true, agent_id: 's1', cwd: '/home/dev/x' });
    const parent = await rowOfDocument(
      gemini('a1', '', { toolCalls: [{ ...call('c1', 'done'), agentId: 'child-1' }] }),
    );
    expect(metaOf(parent)['sub_agents']).toEqual([{ tool_call_id: 'c1', agent_id: 'child-1' }]);
  });

  it('is found by its name or in a folder of chats; other files of the tool are not taken for one', async () => {
    const path = folderWith({
      'p/chats/session-1.jsonl': [HEADER, user('u1', 'a')],
      'p/chats/s1/helper.jsonl': [{ ...HEADER, sessionId: 's2', kind: 'subagent' }, user('u1', 'b')],
      'p/logs.json': [{ sessionId: 's1', message: 'a' }],
    });
    const { rows, notes } = await readAll({ format: 'gemini_cli', path });
    expect(rows.map((row) => row['trace_id'])).toEqual(['s2', 's1']);
    expect(notes).toMatchObject([{ reason: 'not named like a trace of gemini_cli (p/logs.json)', count: 1 }]);
  });
});

describe('a log', () => {
  it('has the last version of a message, where its first was', async () => {
    const row = await rowOfLog(gemini('a1', 'draft'), user('u1', 'go on'), gemini('a1', 'final'));
    expect(outline(row)).toEqual(['assistant: final', 'user: go on']);
  });

  it('takes back what was rewound, and counts it', async () => {
    const row = await rowOfLog(
      user('u1', 'a'),
      gemini('a1', 'b'),
      user('u2', 'c'),
      { $rewindTo: 'a1' },
      gemini('a2', 'd'),
    );
    expect(outline(row)).toEqual(['user: a', 'assistant: d']);
    expect(metaOf(row)['abandoned_messages']).toBe(2);
  });

  it('keeps everything when the message to rewind to is not there', async () => {
    const row = await rowOfLog(user('u1', 'a'), { $rewindTo: 'lost' }, gemini('a2', 'd'));
    expect(outline(row)).toEqual(['user: a', 'assistant: d']);
    expect(metaOf(row)['skipped_records']).toBe(1);
  });

  it('may replace the whole history, and goes on from there', async () => {
    const row = await rowOfLog(
      user('u1', 'a'),
      gemini('a1', 'b'),
      { $set: { summary: 'short', messages: [user('sum', 'so far: a, b')] } },
      gemini('a2', 'c'),
    );
    expect(outline(row)).toEqual(['user: so far: a, b', 'assistant: c']);
    expect(metaOf(row)).toMatchObject({ abandoned_messages: 2, summary: 'short' });
  });

  it('is known without its header', async () => {
    const path = folderWith({ 'x.jsonl': [user('u1', 'a'), gemini('a1', 'b')] });
    const { rows } = await readAll({ path });
    expect(rows).toMatchObject([{ source_kind: 'gemini_cli', trace_id: 'x', message_count: 2 }]);
  });
});

describe('what is said', () => {
  it('keeps failures of tools apart, and results of any form', async () => {
    const row = await rowOfDocument(
      gemini('a1', '', {
        toolCalls: [
          call('c1', [response('c1', { error: 'no such file' })], 'error'),
          call('c2', [response('c2', { rows: 2 })]),
          call('c3', 'plain', 'cancelled'),
          call('c4', null, 'executing'),
          call('c5', [
            response('c5', { output: 'read' }),
            { inlineData: { mimeType: 'image/png', data: 'AA==' } },
          ]),
        ],
      }),
    );
    expect(objects(row['messages']).slice(1)).toEqual([
      { role: 'tool', content: [{ type: 'text', text: 'no such file' }], tool_call_id: 'c1', is_error: true },
      { role: 'tool', content: [{ type: 'text', text: '{"rows": 2}' }], tool_call_id: 'c2' },
      { role: 'tool', content: [{ type: 'text', text: 'plain' }], tool_call_id: 'c3', is_error: true },
      {
        role: 'tool',
        content: [
          { type: 'text', text: 'read' },
          { type: 'inlineData', inlineData: { mimeType: 'image/png', data: 'AA==' } },
        ],
        tool_call_id: 'c5',
      },
    ]);
  });

  it('has calls and results once, though parts and records both tell of them', async () => {
    const row = await rowOfDocument(
      gemini('a1', [{ text: 'I look.' }, { functionCall: { id: 'c1', name: 'run', args: {} } }], {
        toolCalls: [call('c1', [response('c1', { output: 'x' })])],
      }),
      user('u1', [response('c1', { output: 'x' })]),
      gemini('a2', [{ text: 'hm', thought: true }, { functionCall: { id: 'c2', name: 'run', args: {} } }]),
      user('u2', [response('c2', { output: 'y' })]),
    );
    expect(outline(row)).toEqual([
      'assistant: I look. +c1',
      'tool c1: x',
      'assistant: (hm) +c2',
      'tool c2: y',
    ]);
  });

  it('marks what the tool wrote itself, and counts what it does not know', async () => {
    const row = await rowOfDocument(
      user('u1', 'hi'),
      { id: 'e1', type: 'error', content: 'quota exceeded' },
      { id: 'i1', type: 'info', content: 'update available' },
      { id: 'x1', type: 'hologram', content: 'x' },
    );
    expect(objects(row['messages']).map(({ role, kind }) => [role, kind])).toEqual([
      ['user', undefined],
      ['system', 'error'],
      ['system', 'meta'],
    ]);
    expect(row['final_assistant_message']).toBeNull();
    expect(metaOf(row)['skipped_records']).toBe(1);
  });
});
