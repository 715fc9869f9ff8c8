import { readFile } from 'node:fs/promises';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { startModelServer, type ModelServer } from '../rig/model-server.js';
import { createWorkspace, type Running, type Workspace } from '../rig/program.js';
import { startRedis, type RedisServer } from '../rig/redis.js';

let redis: RedisServer;
let server: ModelServer;
let workspace: Workspace;
let env: Record<string, string>;
const running: Running[] = [];

beforeEach(async () => {
  [redis, server, workspace] = await Promise.all([startRedis(), startModelServer(), createWorkspace()]);
  env = { OPENAI_BASE_URL: server.url, OPENAI_API_KEY: 'k' };
  await workspace.write('r.yaml', recipe);
  await workspace.write('seed.jsonl', seed(60));
});

afterEach(async () => {
  for (const program of running.splice(0)) program.kill('SIGKILL');
  await Promise.all([redis.close(), server.close(), workspace.remove()]);
});

/** Two columns of a model, the second reads the first; rows that look equal are separate samples. */
const recipe = `name: q
model_configs:
  - { alias: m, provider: openai, model: gpt-test, inference_parameters: { max_parallel_requests: 4 } }
seed_config:
  source: { seed_type: local, path: seed.jsonl }
columns:
  - { name: a, column_type: llm-text, model_alias: m, prompt: "a {{ text }}" }
  - { name: b, column_type: llm-text, model_alias: m, prompt: "b {{ a }}" }
  - { name: c, column_type: expression, expr: "{{ a }} {{ b }}" }
`;

const seed = (rows: number): string =>
  Array.from({ length: rows }, (_, row) => `${JSON.stringify({ text: `row ${row % 40}` })}\n`).join('');

const start = (args: readonly string[]): Running => {
  const program = workspace.start(args, env);
  running.push(program);
  return program;
};
const worker = (...args: readonly string[]): Running => start(['worker', '--queue', redis.url, ...args]);
const coordinate = (...args: readonly string[]): Running =>
  start(['run', 'r.yaml', '--queue', redis.url, ...args]);

/** The files of the dataset, without what is different in every run. */
async function filesOf(artifacts: string): Promise<readonly string[]> {
  const text = (name: string): Promise<string> => readFile(workspace.path(artifacts, 'q', name), 'utf8');
  const metadata = JSON.parse(await text('metadata.json')) as Record<string, unknown>;
  for (const name of ['started_at', 'finished_at', 'seconds', 'origin']) delete metadata[name];
  const files = ['data/part-00000.jsonl', 'failures.jsonl', 'recipe.yaml'];
  return [...(await Promise.all(files.map(text))), JSON.stringify(metadata, null, 1)];
}

/** The same recipe on this machine alone, in a folder of its own. */
async function alone(): Promise<readonly string[]> {
  await workspace.run(['run', 'r.yaml', '--artifact-path', 'alone/artifacts'], env);
  return filesOf('alone/artifacts');
}

test('a worker makes the cells, the coordinator writes the files of one machine, and nothing is left in Redis', async () => {
  // Which of two rows with equal values gets which answer is decided by its number, not by who asks first.
  server.handle((call) => call.reply(`answer to ${call.prompt}`));
  const expected = await alone();
  const calls = server.calls.length;

  const working = worker('--once');
  await working.says('waiting for runs');
  const made = await coordinate().ended;

  expect(made).toMatchObject({ code: 0 });
  expect(await filesOf('artifacts')).toEqual(expected);
  expect(server.calls.length - calls).toBe(120);
  expect(await working.ended).toMatchObject({ code: 0 });
  expect(await redis.client.keys('*')).toEqual([]);
});

test('workers make the cells of a recipe with stages, stage after stage', async () => {
  server.handle((call) => call.reply(`answer to ${call.prompt}`));
  await workspace.write(
    'r.yaml',
    `name: q
model_configs: [{ alias: m, provider: openai, model: gpt-test }]
stages:
  - name: first
    num_records: 3
    columns:
      - { name: n, column_type: sampler, sampler_type: uniform, params: { low: 0, high: 1 }, drop: false }
      - { name: a, column_type: llm-text, model_alias: m, prompt: "a {{ n }}" }
  - name: second
    needs: first
    columns: [{ name: b, column_type: llm-text, model_alias: m, prompt: "b {{ a }}" }]
`,
  );
  worker('--idle-exit', '600');
  const made = await coordinate('--quiet').ended;
  expect(made).toMatchObject({ code: 0 });
  const rows = await workspace.rows('q.second');
  expect(rows).toHaveLength(3);
  for (const { n, b } of rows) expect(b).toBe(`answer to b answer to a ${String(n)}`);
  expect(server.calls).toHaveLength(6);
});
