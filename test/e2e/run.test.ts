import { existsSync, readdirSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { DuckDBInstance } from '@duckdb/node-api';
import type { Json, JsonObject } from '../../src/core/json.js';
import { projectDir } from '../rig/program.js';
import { useStage } from '../rig/stage.js';
import { columnOf, rolloutAnswer } from '../rig/rollout-answers.js';
import { writeSessions } from '../rig/traces.js';

const stage = useStage();

const KEY = 'sk-test-1234567890abcdef';
const env = (): Record<string, string> => ({ OPENAI_BASE_URL: stage.server.url, OPENAI_API_KEY: KEY });
const recipe = 'recipes/agent-rollout.yaml';
const onOpenAi = ['--model', 'nvidia-super=openai/gpt-test'];

const SPEC_COLUMNS = [
  'trace_id', 'source_kind', 'source_path', 'root_session_id', 'agent_id', 'is_sidechain', 'cwd', 'project_path',
  'git_branch', 'started_at', 'ended_at', 'messages', 'source_meta', 'message_count', 'tool_call_count',
  'final_assistant_message', 'trace_digest', 'sft_record', 'sft_quality_judge_result', 'sft_instruction',
  'sft_response', 'sft_skill_tags', 'groundedness_score', 'standalone_task_score', 'response_quality_score',
  'faithfulness_score', 'training_utility_score', 'trace_training_value', 'recommended_for_sft',
]; // prettier-ignore

describe('dd run', () => {
  it('makes a dataset of the example traces offline and without a key', async () => {
    const ended = await stage.workspace.run([
      'run',
      recipe,
      '--dry-run',
      '--trace-dir',
      join(projectDir, 'examples/traces'),
    ]);
    expect(ended.stderr).toContain('fabricated');
    expect(ended.code).toBe(0);
    expect(ended.stdout).toBe(`${stage.workspace.path('artifacts/agent-rollout-dry-run')}\n`);
    const rows = await stage.workspace.rows('agent-rollout-dry-run');
    expect(new Set(rows.map((row) => row['source_kind']))).toEqual(
      // A folder for each format that comes with the program.
      new Set(readdirSync(join(projectDir, 'examples/traces'))),
    );
    expect(await stage.workspace.metadata('agent-rollout-dry-run')).toMatchObject({
      status: 'finished',
      fabricated: true,
      rows: { done: rows.length, failed: 0 },
    });
    expect(stage.server.calls).toHaveLength(0);
  });

  it('turns each trace into one judged row, the same in JSON Lines and in Parquet', async () => {
    await writeSessions(stage.workspace, 3);
    stage.server.handle((call) => call.reply(rolloutAnswer(call)));
    const ended = await stage.workspace.run(
      ['run', recipe, ...onOpenAi, '--trace-dir', 'traces', '--format', 'claude_code'],
      env(),
    );
    expect(ended.code).toBe(0);

    const rows = await stage.workspace.rows('agent-rollout');
    expect(rows).toHaveLength(3);
    for (const row of rows) {
      expect(Object.keys(row)).toEqual(SPEC_COLUMNS);
      expect(row).toMatchObject({
        sft_skill_tags: ['debugging'],
        groundedness_score: 4,
        trace_training_value: 'high',
        recommended_for_sft: true,
      });
    }
    expect(stage.server.calls).toHaveLength(9);

    const parquet = stage.workspace.path('artifacts/agent-rollout/data/part-00000.parquet');
    const fromParquet = await query(`SELECT * FROM '${parquet}'`);
    expect(fromParquet.map(withoutNulls)).toEqual(rows.map(withoutNulls));
    const types = await query(
      `SELECT typeof(sft_skill_tags) AS tags, typeof(groundedness_score) AS score, typeof(recommended_for_sft) AS recommended, typeof(messages[1].content[1].text) AS text FROM '${parquet}' LIMIT 1`,
    );
    expect(types).toEqual([{ tags: 'VARCHAR[]', score: 'BIGINT', recommended: 'BOOLEAN', text: 'VARCHAR' }]);
  });

  it('asks nothing when everything is stored, and only for what is new when traces are added', async () => {
    await writeSessions(stage.workspace, 2);
    stage.server.handle((call) => call.reply(rolloutAnswer(call)));
    const args = ['run', recipe, ...onOpenAi, '--trace-dir', 'traces'];
    await stage.workspace.run(args, env());
    const first = await stage.workspace.rows('agent-rollout');
    expect(stage.server.calls).toHaveLength(6);

    expect((await stage.workspace.run(args, env())).code).toBe(0);
    expect(stage.server.calls).toHaveLength(6);
    expect(await stage.workspace.rows('agent-rollout')).toEqual(first);

    await writeSessions(stage.workspace, 1, 2);
    await stage.workspace.run(args, env());
    expect(stage.server.calls).toHaveLength(9);
    expect((await stage.workspace.rows('agent-rollout')).slice(0, 2)).toEqual(first);
  });

  it('asks only the judge again when only its prompt was edited', async () => {
    await writeSessions(stage.workspace, 2);
    stage.server.handle((call) => call.reply(rolloutAnswer(call)));
    const args = ['run', recipe, ...onOpenAi, '--trace-dir', 'traces'];
    await stage.workspace.run(args, env());
    const text = await readFile(stage.workspace.path(recipe), 'utf8');
    await stage.workspace.write(
      recipe,
      text
        .replace('Judge this candidate', 'Judge, with care, this candidate')
        .replace('name: agent-rollout', 'name: agent-rollout # a comment'),
    );
    await stage.workspace.run(args, env());
    expect(stage.server.calls.slice(6).map(columnOf)).toEqual(['judge', 'judge']);
  });

  it('shows a preview and leaves no dataset', async () => {
    await writeSessions(stage.workspace, 12);
    stage.server.handle((call) => call.reply(rolloutAnswer(call)));
    const ended = await stage.workspace.run(
      ['run', recipe, ...onOpenAi, '--trace-dir', 'traces', '--preview', '--num-records', '2'],
      env(),
    );
    expect(ended.code).toBe(0);
    expect(ended.stdout.match(/^sft_quality_judge_result$/gm)).toHaveLength(2);
    expect(existsSync(stage.workspace.path('artifacts'))).toBe(false);
  });

  it('divides the seed into disjoint partitions that are everything together', async () => {
    await writeSessions(stage.workspace, 5);
    const ids: Json[] = [];
    for (const index of [0, 1]) {
      const name = `agent-rollout-part-0000${index}-of-00002-dry-run`;
      await stage.workspace.run([
        'run',
        recipe,
        '--dry-run',
        '--trace-dir',
        'traces',
        '--partition-index',
        String(index),
        '--num-partitions',
        '2',
      ]);
      ids.push(...(await stage.workspace.rows(name)).map((row) => row['trace_id'] ?? null));
    }
    await stage.workspace.run(['run', recipe, '--dry-run', '--trace-dir', 'traces']);
    expect(ids).toEqual((await stage.workspace.rows('agent-rollout-dry-run')).map((row) => row['trace_id']));
  });

  it('shuffles reproducibly and takes what was asked for', async () => {
    await writeSessions(stage.workspace, 6);
    const ids = async (...flags: readonly string[]): Promise<readonly Json[]> => {
      await stage.workspace.run(['run', recipe, '--dry-run', '--trace-dir', 'traces', ...flags]);
      return (await stage.workspace.rows('agent-rollout-dry-run')).map((row) => row['trace_id'] ?? null);
    };
    const shuffled = await ids('--shuffle', '--seed', '7', '--num-records', '4');
    expect(shuffled).toHaveLength(4);
    expect(await ids('--shuffle', '--seed', '7', '--num-records', '4')).toEqual(shuffled);
    expect(await ids('--shuffle', '--seed', '8', '--num-records', '4')).not.toEqual(shuffled);
  });

  it('reports in JSON when asked, and nothing else on stdout', async () => {
    await writeSessions(stage.workspace, 1);
    const ended = await stage.workspace.run([
      'run',
      recipe,
      '--dry-run',
      '--trace-dir',
      'traces',
      '--json',
      '--quiet',
    ]);
    const report = JSON.parse(ended.stdout) as JsonObject;
    expect(report).toMatchObject({
      exit_code: 0,
      dataset: stage.workspace.path('artifacts/agent-rollout-dry-run'),
      metadata: { rows: { done: 1 } },
    });
    expect(ended.stderr).toBe('');
  });

  it('notes its runs in the run history, whatever else is there', async () => {
    await writeSessions(stage.workspace, 1);
    for (const [name, text] of Object.entries({ a: '{}', b: '[1]', c: 'torn', d: '{"id":1,"dataset":"x"}' }))
      await stage.workspace.write(`.dd/runs/${name}.json`, text);
    const env = { NODE_ENV: 'test' };
    await stage.workspace.run(['run', recipe, '--dry-run', '--trace-dir', 'traces'], env);
    const { runs } = JSON.parse((await stage.workspace.run(['runs', '--json'])).stdout) as {
      runs: JsonObject[];
    };
    expect(runs).toEqual([
      expect.objectContaining({
        recipe: 'agent-rollout',
        status: 'finished',
        fabricated: true,
        dataset_exists: true,
      }),
    ]);
  });

  it('says of a run that was refused, or whose dataset was removed, that there is none', async () => {
    await writeSessions(stage.workspace, 1);
    const run = (name: string, ...more: readonly string[]) =>
      stage.workspace.run([
        'run',
        recipe,
        '--dry-run',
        '--trace-dir',
        'traces',
        '--dataset-name',
        name,
        ...more,
      ]);
    expect((await run('empty', '--set', 'seed_config.where=message_count > 100')).code).toBe(2);
    await run('gone');
    await rm(stage.workspace.path('artifacts/gone'), { recursive: true });
    await run('here');
    const { stdout } = await stage.workspace.run(['runs']);
    expect(stdout).toMatch(/ empty \(not there\) +stopped /);
    expect(stdout).toMatch(/ gone \(not there\) +finished /);
    expect(stdout).toMatch(/ here +finished /);
  });
});

async function query(sql: string): Promise<readonly JsonObject[]> {
  const connection = await (await DuckDBInstance.create()).connect();
  const reader = await connection.runAndReadAll(`SELECT to_json(t) AS row FROM (${sql}) t`);
  connection.closeSync();
  return reader.getRowObjectsJson().map(({ row }) => JSON.parse(String(row)) as JsonObject);
}

/** Parquet cannot tell a missing key from null; `_extra` is empty for rows that keep to their schema. */
function withoutNulls(value: Json): Json {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).filter(([, inner]) => inner !== null);
  return Object.fromEntries(entries.map(([key, inner]) => [key, withoutNulls(inner)]));
}
