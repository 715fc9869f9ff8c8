import { afterAll, expect, it } from '@jest/globals';
import type { JsonObject } from '../../src/core/json.js';
import { kindsOf, metaOf, outline, removeFolders, rowOfFile } from './support.js';

afterAll(removeFolders);

const message = (id: string, role: string, text: string, more: JsonObject = {}): JsonObject => ({
  type: 'message',
  id,
  message: { role, content: [{ type: 'text', text }], ...more },
});
const start = (more: JsonObject): JsonObject => ({ type: 'session_start', id: 's', title: 't', ...more });

it('a session of Droid that another one started names it and the call; a fork names its parent', async () => {
  const sub = await rowOfFile('droid', 's.jsonl', [
    start({ callingSessionId: 'r', callingToolUseId: 'c1' }),
    message('1', 'user', 'look'),
  ]);
  expect(sub).toMatchObject({ trace_id: 's', root_session_id: 'r', is_sidechain: true, agent_id: 's' });
  expect(metaOf(sub)['parent_tool_call_id']).toBe('c1');
  const fork = await rowOfFile('droid', 's.jsonl', [
    start({ parent: 'r', forkedAtMessageId: '1' }),
    message('1', 'user', 'go'),
  ]);
  expect([fork['is_sidechain'], metaOf(fork)['forked_from_id']]).toEqual([false, 'r']);
});

it('Droid: what only the model saw is marked, what only the user saw is left out', async () => {
  const row = await rowOfFile('droid', 's.jsonl', [
    start({}),
    message('1', 'user', 'go'),
    message('2', 'user', 'Use the list of tasks.', { visibility: 'llm_only' }),
    message('3', 'assistant', 'Welcome back!', { visibility: 'user_only' }),
    message('4', 'assistant', 'done', { visibility: 'both' }),
  ]);
  expect(outline(row)).toEqual(['user: go', 'user: Use the list of tasks.', 'assistant: done']);
  expect(kindsOf(row)).toBe(',meta,');
});
