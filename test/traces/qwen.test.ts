import { afterAll, expect, it } from '@jest/globals';
import type { JsonObject } from '../../src/core/json.js';
import { folderWith, kindsOf, metaOf, outline, readAll, removeFolders } from './support.js';

afterAll(removeFolders);

const record = (uuid: string, type: string, text: string, more: JsonObject = {}): JsonObject => ({
  uuid,
  sessionId: 's',
  type,
  message: { parts: [{ text }] },
  ...more,
});

it('Qwen Code: what the program says in the name of the user is marked, a compression has its summary', async () => {
  const compressed = (text: string): JsonObject => ({
    uuid: text,
    sessionId: 's',
    type: 'system',
    subtype: 'chat_compression',
    systemPayload: { compressedHistory: [{ role: 'user', parts: [{ text }] }] },
  });
  const path = folderWith({
    'p/chats/s.jsonl': [
      record('1', 'user', 'go', { forkedFrom: { sessionId: 'r', messageUuid: '1' } }),
      record('2', 'user', 'also this', { subtype: 'mid_turn_user_message' }),
      record('3', 'user', 'the build ended', { subtype: 'notification', provenance: 'system' }),
      record('4', 'user', 'time for tea', { subtype: 'cron' }),
      record('5', 'user', 'the goal is open', { provenance: 'goal_runtime' }),
      compressed('so far'),
      compressed('go'),
      record('6', 'assistant', 'done'),
    ],
  });
  const { rows } = await readAll({ path });
  expect(outline(rows[0])).toEqual([
    'user: go',
    'user: also this',
    'user: the build ended',
    'user: time for tea',
    'user: the goal is open',
    'system: so far',
    'assistant: done',
  ]);
  expect(kindsOf(rows[0])).toBe(',,meta,meta,meta,summary,');
  expect(metaOf(rows[0])['forked_from_id']).toBe('r');
});

it('Qwen Code: a sub-agent has a file beside its session, and the call that started it', async () => {
  const sub = { agentId: 'explore-7f', isSidechain: true };
  const homeDir = folderWith({
    '.qwen/projects/p/chats/s.jsonl': [record('1', 'user', 'go')],
    '.qwen/projects/p/subagents/s/agent-explore-7f.jsonl': [
      record('2', 'user', 'look', sub),
      record('3', 'assistant', 'seen', sub),
    ],
    '.qwen/projects/p/subagents/s/agent-explore-7f.meta.json': { agentId: 'explore-7f', toolUseId: 'c1' },
  });
  for (const source of [{ format: 'qwen_code' }, { path: `${homeDir}/.qwen` }]) {
    const { rows, notes } = await readAll(source, { homeDir });
    expect(rows.map((row) => [row['trace_id'], row['root_session_id'], row['is_sidechain']])).toEqual([
      ['s', 's', false],
      ['s:explore-7f', 's', true],
    ]);
    expect(outline(rows[1])).toEqual(['user: look', 'assistant: seen']);
    expect([metaOf(rows[1])['parent_tool_call_id'], notes]).toEqual(['c1', []]);
  }
});
