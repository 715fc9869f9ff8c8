import { afterAll, describe, expect, it } from '@jest/globals';
import type { JsonObject } from '../../src/core/json.js';
import { folderWith, metaOf, objects, outline, readAll, removeFolders, rowOfFile } from './support.js';

afterAll(removeFolders);

const agent = { name: 'ag' };
const trajectory = (steps: readonly JsonObject[], rest: JsonObject = {}): JsonObject => ({
  schema_version: 'ATIF-v1.7',
  session_id: 'run',
  agent,
  steps,
  ...rest,
});

const readRow = (document: JsonObject) => rowOfFile('atif', 'trajectory.json', document);

describe('ATIF', () => {
  it.each(['1.0', '1.1', '1.2', '1.3', '1.4', '1.5', '1.6', '1.7', '1.8'])(
    'reads version %s',
    async (version) => {
      const steps = [{ step_id: 1, source: 'user', message: 'go' }];
      const row = await readRow(trajectory(steps, { schema_version: `ATIF-v${version}` }));
      expect(outline(row)).toEqual(['user: go']);
    },
  );

  it('keeps the tools that the agent has, and media by their path', async () => {
    const tools = [{ type: 'function', function: { name: 'ls', parameters: {} } }];
    const audio = { type: 'audio', source: { media_type: 'audio/wav', path: 'a.wav', duration_sec: 2.5 } };
    const row = await readRow({
      ...trajectory([{ step_id: 1, source: 'user', message: [{ type: 'text', text: 'Listen' }, audio] }]),
      agent: { name: 'ag', tool_definitions: tools },
    });
    expect(JSON.parse(String(metaOf(row)['tools']))).toEqual(tools);
    expect(objects(row['messages'])[0]?.['content']).toEqual([{ type: 'text', text: 'Listen' }, audio]);
  });

  it('tells sub-agents apart that only have the session id of the run', async () => {
    const steps = [{ step_id: 1, source: 'user', message: 'go' }];
    const { rows } = await readAll({
      format: 'atif',
      path: folderWith({
        'run.json': trajectory(steps, { subagent_trajectories: [trajectory(steps), trajectory(steps)] }),
      }),
    });
    expect(rows.map(({ trace_id }) => trace_id)).toEqual(['run', 'run:run:1', 'run:run:2']);
  });

  it('accepts observations of system steps and results that answer no call', async () => {
    const row = await readRow(
      trajectory([
        { step_id: 1, source: 'system', message: 'Reset.', observation: { results: [{ content: 'ready' }] } },
        { step_id: 2, source: 'agent', message: 'Acting.', observation: { results: [{ content: 'done' }] } },
      ]),
    );
    expect(outline(row)).toEqual(['system: Reset.', 'tool: ready', 'assistant: Acting.', 'tool: done']);
  });

  it('puts a result that a later step brings behind its call', async () => {
    const row = await readRow(
      trajectory([
        {
          step_id: 1,
          source: 'agent',
          message: 'a',
          tool_calls: [{ tool_call_id: 'c', function_name: 'f' }],
        },
        {
          step_id: 2,
          source: 'agent',
          message: 'b',
          observation: { results: [{ source_call_id: 'c', content: 'late' }] },
        },
      ]),
    );
    expect(outline(row)).toEqual(['assistant: a +c', 'tool c: late', 'assistant: b']);
  });

  it('takes the trajectory id where there is no session id, and the file name where there is neither', async () => {
    const steps = [{ step_id: 1, source: 'user', message: 'go' }];
    const named = await readRow(trajectory(steps, { session_id: null, trajectory_id: 't' }));
    const unnamed = await readRow(trajectory(steps, { session_id: null }));
    expect([named['trace_id'], unnamed['trace_id']]).toEqual(['t', 'trajectory']);
  });

  it('gives embedded trajectories of sub-agents rows of their own, also nested ones', async () => {
    const sub = (id: string, rest: JsonObject = {}): JsonObject =>
      trajectory([{ step_id: 1, source: 'user', message: id }], { trajectory_id: id, ...rest });
    const ref = { trajectory_id: 'a' };
    const result = { content: 'x', subagent_trajectory_ref: [ref] };
    const steps = [{ step_id: 1, source: 'agent', message: 'go', observation: { results: [result] } }];
    const { rows } = await readAll({
      format: 'atif',
      path: folderWith({
        't.json': trajectory(steps, {
          subagent_trajectories: [sub('a', { subagent_trajectories: [sub('b')] }), sub('c')],
        }),
      }),
    });
    expect(
      rows.map((row) => [row['trace_id'], row['agent_id'], row['is_sidechain'], row['root_session_id']]),
    ).toEqual([
      ['run', null, false, 'run'],
      ['run:a', 'a', true, 'run'],
      ['run:b', 'b', true, 'run'],
      ['run:c', 'c', true, 'run'],
    ]);
    expect(metaOf(rows[0])['subagent_trajectory_refs']).toEqual([{ step_id: 1, refs: [ref] }]);
  });

  it('keeps a trajectory with a step of an unknown source, without that step', async () => {
    const row = await readRow(
      trajectory([
        { step_id: 1, source: 'user', message: 'go' },
        { step_id: 2, source: 'moon', message: 'x' },
      ]),
    );
    expect(outline(row)).toEqual(['user: go']);
    expect(metaOf(row)['skipped_records']).toBe(1);
  });

  it('says of a JSON file that is no trajectory that it is none', async () => {
    const { rows, notes } = await readAll({
      format: 'atif',
      path: folderWith({ 'result.json': { reward: 1 } }),
    });
    expect(rows).toEqual([]);
    expect(notes).toMatchObject([{ kind: 'filtered', reason: 'not a trace of the format atif' }]);
  });

  it('marks what was copied from an earlier trajectory, and takes no answer from it', async () => {
    const row = await readRow(
      trajectory([
        {
          step_id: 1,
          source: 'agent',
          message: 'before',
          is_copied_context: true,
          tool_calls: [{ tool_call_id: 'c', function_name: 'f' }],
          observation: { results: [{ source_call_id: 'c', content: 'x' }] },
        },
        { step_id: 2, source: 'user', message: 'on' },
      ]),
    );
    expect(objects(row['messages']).map(({ kind }) => kind)).toEqual(['copied', 'copied', undefined]);
    expect(row['final_assistant_message']).toBeNull();
  });

  it('tells which call started an embedded trajectory', async () => {
    const ref = { source_call_id: 'c', subagent_trajectory_ref: [{ trajectory_id: 't1' }] };
    const calling = {
      step_id: 1,
      source: 'agent',
      message: '',
      tool_calls: [{ tool_call_id: 'c', function_name: 'spawn' }],
      observation: { results: [ref] },
    };
    const steps = [{ step_id: 1, source: 'user', message: 'go' }];
    const children = ['t1', 't2'].map((id) => ({ agent, steps, trajectory_id: id }));
    const { rows } = await readAll({
      format: 'atif',
      path: folderWith({ 'run.json': trajectory([calling], { subagent_trajectories: children }) }),
    });
    expect(rows.map((row) => metaOf(row)['parent_tool_call_id'])).toEqual([undefined, 'c', undefined]);
  });
});
