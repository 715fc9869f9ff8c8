import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import type { JsonObject } from '../../src/core/json.js';
import { metaOf, readAll } from '../traces/support.js';
import { createWorkspace, type Workspace } from '../rig/program.js';

let workspace: Workspace;
beforeEach(async () => {
  workspace = await createWorkspace();
});
afterEach(() => workspace.remove());

it('makes conversations that end with the assistant, each call with its result', async () => {
  const run = await workspace.run([
    'run',
    'agent-trajectories',
    '--trace-dir',
    'examples',
    '--dry-run',
    '--quiet',
  ]);
  expect(run.code).toBe(0);
  const rows = await workspace.rows('agent-trajectories-dry-run');
  // Every session of the examples that has an ending.
  const { rows: sessions } = await readAll({ path: join(import.meta.dirname, '../../examples/traces') });
  const ended = sessions.filter((row) => metaOf(row)['ends_without_answer'] === undefined);
  expect(rows.map(idOf).toSorted()).toEqual(ended.map(idOf).toSorted());
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

function idOf(row: JsonObject): string {
  return String(row['trace_id']);
}
