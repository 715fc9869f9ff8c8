import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import type { JsonObject } from '../../src/core/json.js';
import { folderWith, metaOf, objects, outline, readAll, removeFolders, rowOfFile } from './support.js';

afterAll(removeFolders);

const EXAMPLES = join(import.meta.dirname, '..', '..', 'examples', 'traces');

describe('mini-SWE-agent', () => {
  it('is read in both layouts: with tool calls, and with commands in the text', async () => {
    const { rows, notes } = await readAll({ path: join(EXAMPLES, 'mini_swe_agent') });
    expect(notes).toEqual([]);
    expect(rows.map(outline)).toEqual([
      [
        'system: Your response must contain exactly ONE bash code block.',
        'user: Please solve this issue: fares have seven decimals.',
        "assistant: THOUGHT: I round them.\n\n```bash\nsed -i 's/fare)/round(fare, 2))/' fares.py\n```",
        'user: <returncode>0</returncode>\n<output>\n</output>',
        'assistant: THOUGHT: Done.\n\n```bash\necho COMPLETE_TASK_AND_SUBMIT_FINAL_OUTPUT && echo Fares are rounded.\n```',
        'user: Fares are rounded.',
      ],
      [
        'system: You are a helpful assistant that can interact with a computer.',
        'user: Please solve this issue: the winter plan is never read.',
        'assistant: (The loader decides which plan is read.) I look at the loader first. +call_1',
        "tool call_1: <returncode>0</returncode>\n<output>\nPLANS = ['summer']\n</output>",
        'assistant: I add the winter plan and submit. +call_2',
        'tool call_2: The winter plan is read.',
      ],
    ]);
    // The last message of version 1 repeats what was submitted.
    expect(objects(rows[0]?.['messages']).map(({ kind }) => kind)).toEqual([
      ...Array<undefined>(5).fill(undefined),
      'meta',
    ]);
    expect(rows[0]).toMatchObject({ trace_id: 'dev__ferry-7', started_at: '2026-01-01T00:00:00.000Z' });
    expect(rows[1]).toMatchObject({
      trace_id: 'last_mini_run',
      cwd: '/home/dev/ferry',
      started_at: '2026-05-04T09:00:01.500Z',
      ended_at: '2026-05-04T09:00:10.000Z',
    });
    expect(metaOf(rows[1])).toMatchObject({ exit_status: 'Submitted', models_used: ['coder-1'] });
    // A run that was submitted has ended, though with a call.
    expect(metaOf(rows[1])['ends_without_answer']).toBeUndefined();
  });

  it('has the items of an answer of the Responses interface in one message', async () => {
    const row = await rowOfFile('mini_swe_agent', 'a.traj.json', {
      info: { model_stats: { api_calls: 1 }, exit_status: 'LimitsExceeded' },
      messages: [
        { role: 'user', content: 'List the files.' },
        {
          object: 'response',
          id: 'resp_1',
          model: 'm',
          output: [
            {
              type: 'reasoning',
              summary: [{ type: 'summary_text', text: 'ls does it' }],
              encrypted_content: 'g',
            },
            { type: 'message', role: 'assistant', content: [{ type: 'output_text', text: 'I list them.' }] },
            { type: 'function_call', id: 'fc_1', call_id: 'c1', name: 'bash', arguments: '{"command":"ls"}' },
          ],
        },
        {
          type: 'function_call_output',
          call_id: 'c1',
          output: 'a.txt',
          extra: { exception_info: 'timed out' },
        },
        { type: 'message', role: 'user', content: [{ type: 'input_text', text: 'Go on.' }] },
        { role: 'exit', content: 'LimitsExceeded', extra: { exit_status: 'LimitsExceeded' } },
      ],
    });
    expect(outline(row)).toEqual([
      'user: List the files.',
      'assistant: (ls does it) I list them. +c1',
      'tool c1: a.txt',
      'user: Go on.',
      'system: LimitsExceeded',
    ]);
    expect(objects(row['messages'])[2]).toMatchObject({ is_error: true });
    expect(objects(row['messages'])[4]).toMatchObject({ kind: 'error' });
    expect(metaOf(row)).toMatchObject({ models_used: ['m'], ends_without_answer: true });
  });

  it('is found where it keeps its last run', async () => {
    const run = { trajectory_format: 'mini-swe-agent-1.1', messages: [{ role: 'user', content: 'hi' }] };
    const homeDir = folderWith({
      '.config/mini-swe-agent/last_mini_run.traj.json': run,
      '.config/mini-swe-agent/.env': 'KEY=x',
      'Library/Application Support/mini-swe-agent/last_mini_run.traj.json': run,
      'Local/mini-swe-agent/mini-swe-agent/last_mini_run.traj.json': run,
      'own/other.traj.json': run,
    });
    const { rows, notes } = await readAll(
      { format: 'mini_swe_agent' },
      { homeDir, env: { LOCALAPPDATA: `${homeDir}/Local` } },
    );
    expect([rows.length, notes]).toEqual([3, []]);
    const own = { MSWEA_GLOBAL_CONFIG_DIR: `${homeDir}/own` };
    const { rows: others } = await readAll({ format: 'mini_swe_agent' }, { homeDir, env: own });
    expect(others.map((row) => row['trace_id'])).toEqual(['other']);
  });
});

describe('SWE-agent', () => {
  const run = (text: string): JsonObject => ({
    history: [
      { role: 'user', content: 'Fix it.', agent: 'main', message_type: 'observation' },
      { role: 'assistant', content: text, thought: text, agent: 'main', message_type: 'action' },
    ],
    trajectory: [{ action: 'ls', observation: '', state: { working_dir: '/repo' } }],
    info: { exit_status: 'submitted', swe_agent_version: '1.1.0' },
    replay_config: '{"agent":{"model":{"name":"example/m"}}}',
  });

  it('gives a row for each attempt of a run with retries, and not the copy of the best one', async () => {
    const attempts = [run('one'), run('two')];
    const path = folderWith({
      'a.traj': { attempts, ...run('two'), info: { best_attempt_idx: 1 } },
      'b.traj': { attempts: [run('torn')] },
    });
    const { rows } = await readAll({ path });
    expect(rows.map((row) => [row['trace_id'], row['root_session_id'], outline(row).at(-1)])).toEqual([
      ['a:1', 'a', 'assistant: one'],
      ['a:2', 'a', 'assistant: two'],
      ['b:1', 'b', 'assistant: torn'],
    ]);
    expect(rows.map((row) => metaOf(row)['best_attempt'])).toEqual([false, true, false]);
    expect(rows[0]).toMatchObject({ cwd: '/repo', source_meta: { models_used: ['example/m'] } });
  });

  it('reads a demonstration, which has messages only', async () => {
    const { history } = run('done');
    const { rows } = await readAll({ path: folderWith({ 'demo.traj': { history: history ?? [] } }) });
    expect(rows.map((row) => [row['source_kind'], outline(row).length])).toEqual([['swe_agent', 2]]);
  });

  it('reads a dataset with a run on each line, and of mini-SWE-agent too', async () => {
    const mini = { trajectory_format: 'mini-swe-agent-1', messages: [{ role: 'user', content: 'hi' }] };
    const path = folderWith({
      'a.jsonl': [{ instance_id: 'x', ...run('one') }, run('two')],
      'b.jsonl': [mini, { ...mini, instance_id: 'y' }],
    });
    const { rows } = await readAll({ path });
    expect(rows.map((row) => row['trace_id'])).toEqual(['x', 'a:2', 'b:1', 'y']);
  });
});
