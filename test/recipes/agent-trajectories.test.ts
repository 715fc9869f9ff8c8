import { afterEach, beforeEach, expect, it } from '@jest/globals';
import type { JsonObject } from '../../src/core/json.js';
import { createWorkspace, type Workspace } from '../rig/program.js';

let workspace: Workspace;
beforeEach(async () => {
  workspace = await createWorkspace();
});
afterEach(() => workspace.remove());

it('makes conversations that end with the assistant, each call with its result', async () => {
  const ended = await workspace.run([
    'run',
    'agent-trajectories',
    '--trace-dir',
    'examples',
    '--dry-run',
    '--quiet',
  ]);
  expect(ended.code).toBe(0);
  const rows = await workspace.rows('agent-trajectories-dry-run');
  expect(rows).toHaveLength(30);
  for (const { chat, turn_count } of rows) {
    const messages = chat as readonly JsonObject[];
    expect(messages.filter(({ role }) => role === 'user')).toHaveLength(Number(turn_count));
    expect(messages.find(({ role }) => role !== 'system')?.['role']).toBe('user');
    expect(messages.at(-1)?.['role']).toBe('assistant');
    const calls = messages.flatMap(
      ({ tool_calls }) => (tool_calls as readonly JsonObject[] | undefined) ?? [],
    );
    const results = messages.filter(({ role }) => role === 'tool').map(({ tool_call_id }) => tool_call_id);
    // The last message may call a tool: what it returned is nothing to learn.
    expect(calls.map(({ id }) => id).slice(0, results.length)).toEqual(results);
    expect(messages.every(({ content }) => typeof content === 'string')).toBe(true);
  }
});
