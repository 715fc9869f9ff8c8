import { join } from 'node:path';
import { afterAll, expect, it } from '@jest/globals';
import type { JsonObject } from '../../src/core/json.js';
import { folderWith, metaOf, objects, outline, readAll, removeFolders } from './support.js';

afterAll(removeFolders);

const event = (type: string, data: JsonObject, more: JsonObject = {}): JsonObject => ({
  type,
  data,
  ...more,
});
const answer = (data: JsonObject, more: JsonObject = {}): JsonObject =>
  event('assistant.message', data, more);

it('a session of Copilot CLI gives a row, and each sub-agent one that begins with its task', async () => {
  const { rows } = await readAll({
    path: join(import.meta.dirname, '..', '..', 'examples', 'traces', 'copilot_cli'),
  });
  expect(rows.map(outline)).toEqual([
    [
      'user: Which tests cover the timetable?',
      'assistant: (A search is enough.) +c1 +c2',
      'tool c1: tests/test_timetable.py',
      'tool c2: It checks the summer plan only.',
      'assistant: One file, `tests/test_timetable.py`; it checks the summer plan only.',
    ],
    ['user: Read tests/test_timetable.py', 'assistant: It checks the summer plan only.'],
  ]);
  expect([rows[1]?.['is_sidechain'], metaOf(rows[1])['parent_tool_call_id']]).toEqual([true, 'c2']);
});

it('events of a sub-agent carry its id in newer versions, with or without its prompt', async () => {
  const call = { toolCallId: 'c1', name: 'task', arguments: { prompt: 'Look' } };
  const sub = { agentId: 'agent-7' };
  const path = folderWith({
    'events.jsonl': [
      event('session.start', { sessionId: 's', copilotVersion: '1.0.102' }),
      event('user.message', { content: 'go' }),
      answer({ content: '', messageId: 'm1', toolRequests: [call] }),
      event('subagent.started', { toolCallId: 'c1', agentName: 'explore' }, sub),
      event('user.message', { content: 'Look' }, sub),
      answer({ content: 'seen', messageId: 'm2' }, sub),
      answer({ content: 'also here', messageId: 'm3' }, { agentId: 'agent-8' }),
      event('tool.execution_complete', { toolCallId: 'c1', success: true, result: { content: 'seen' } }),
      answer({ content: 'done', messageId: 'm4' }),
    ],
  });
  const { rows } = await readAll({ path });
  expect(rows.map((row) => [row['trace_id'], ...outline(row)])).toEqual([
    ['s', 'user: go', 'assistant: +c1', 'tool c1: seen', 'assistant: done'],
    ['s:c1', 'user: Look', 'assistant: seen'],
    ['s:agent-8', 'assistant: also here'],
  ]);
  expect(metaOf(rows[0])['sub_agents']).toEqual([{ tool_call_id: 'c1', agent_id: 'c1' }]);
  expect(rows.map((row) => metaOf(row)['parent_tool_call_id'])).toEqual([undefined, 'c1', undefined]);
});

it('a response in several chunks is one message; what was rewound is left out; autopilot is not the user', async () => {
  const path = folderWith({
    'events.jsonl': [
      event('session.start', { sessionId: 's' }),
      event('user.message', { content: 'one' }, { id: 'e1' }),
      answer({ content: 'gone', messageId: 'm0' }),
      event('session.snapshot_rewind', { upToEventId: 'e1', eventsRemoved: 2 }),
      event('user.message', { content: 'two' }),
      answer({ content: 'a', messageId: 'm1', apiCallId: 'x', reasoningText: 'first', chunkIndex: 0 }),
      answer({ content: 'b', messageId: 'm2', apiCallId: 'x', reasoningText: 'then', chunkIndex: 1 }),
      event('user.message', { content: 'continue', isAutopilotContinuation: true }),
    ],
  });
  const { rows } = await readAll({ path });
  expect(rows.map(outline)).toEqual([['user: two', 'assistant: (first\n\nthen) a b', 'user: continue']]);
  expect(objects(rows[0]?.['messages']).at(-1)?.['kind']).toBe('meta');
});
