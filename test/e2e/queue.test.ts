import { readFile } from 'node:fs/promises';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { startModelServer, type ModelCall, type ModelServer } from '../rig/model-server.js';
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
  await workspace.write('seed.jsonl', seed(36));
});

afterEach(async () => {
  for (const program of running) program.kill('SIGINT');
  await Promise.all(running.splice(0).map(({ ended }) => ended));
  await Promise.all([redis.close(), server.close(), workspace.remove()]);
});

/** Two columns of a model, the second reads the first; rows that look equal are separate samples. */
const recipe = `name: q
model_configs:
  - { alias: m, provider: openai, model: gpt-test, inference_parameters: { max_parallel_requests: 1 } }
seed_config:
  source: { seed_type: local, path: seed.jsonl }
columns:
  - { name: a, column_type: llm-text, model_alias: m, prompt: "a {{ text }}" }
  - { name: b, column_type: llm-text, model_alias: m, prompt: "b {{ a }}" }
  - { name: c, column_type: expression, expr: "{{ a }} {{ b }}" }
`;

const seed = (rows: number): string =>
  Array.from({ length: rows }, (_, row) => `${JSON.stringify({ text: `row ${row % 30}` })}\n`).join('');

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

const answer = (call: ModelCall): void => call.reply(`answer to ${call.prompt}`);

/** The files of this recipe made on this machine alone, in a folder of its own, and the calls that it took. */
async function alone(args: readonly string[] = []): Promise<{ expected: readonly string[]; calls: number }> {
  server.handle(answer);
  await workspace.run(['run', 'r.yaml', '--artifact-path', 'alone/artifacts', ...args], env);
  server.handle();
  return { expected: await filesOf('alone/artifacts'), calls: server.calls.length };
}

/** Answers so many requests, one after the other, and returns the next one unanswered. */
async function answerSome(count: number): Promise<ModelCall> {
  for (let done = 0; done < count; done += 1) answer(await server.next());
  return server.next();
}

/** Answers a request, and every one after it. */
function answerRest(call?: ModelCall): void {
  server.handle(answer);
  if (call) answer(call);
}

test('a worker makes the cells, the coordinator writes the files of one machine, and nothing is left in Redis', async () => {
  const { expected, calls } = await alone();

  const working = worker('--once');
  await working.says('waiting for runs');
  server.handle(answer);
  expect(await coordinate().ended).toMatchObject({ code: 0 });
  expect(await filesOf('artifacts')).toEqual(expected);
  expect(server.calls.length).toBe(2 * calls);
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

test('a worker that is killed inside its blocks, and the next one too: only the requests in flight are repeated', async () => {
  const { expected, calls } = await alone();
  const coordinating = coordinate();
  for (const some of [14, 12]) {
    const working = worker();
    const held = await answerSome(some);
    working.kill('SIGKILL');
    await Promise.all([working.ended, held.closed]);
    await redis.expireLocks();
  }
  server.handle(answer);
  worker();
  expect(await coordinating.ended).toMatchObject({ code: 0 });
  expect(await filesOf('artifacts')).toEqual(expected);
  expect(server.calls.length).toBe(2 * calls + 2);
});

test('a slow worker that comes back late changes nothing, and sends no further request', async () => {
  const { expected, calls } = await alone();
  const coordinating = coordinate();
  const slow = worker();
  const late = await answerSome(10);
  slow.kill('SIGSTOP');
  await redis.expireLocks();
  const quick = worker();
  const held = await answerSome(8);
  // Its cell was made by the other worker meanwhile.
  late.reply('too late');
  slow.kill('SIGCONT');
  slow.kill('SIGINT');
  expect(await slow.ended).toMatchObject({ code: 0 });
  answerRest(held);
  expect(await coordinating.ended).toMatchObject({ code: 0 });
  quick.kill('SIGINT');
  await quick.ended;
  expect(await filesOf('artifacts')).toEqual(expected);
  expect(server.calls.length).toBe(2 * calls + 1);
  expect(await redis.client.keys('*')).toEqual([]);
});

test('Redis is killed and comes back with its append-only file: nothing is lost or repeated', async () => {
  const { expected, calls } = await alone();
  const coordinating = coordinate();
  worker();
  const held = await answerSome(20);
  await redis.kill();
  // The worker cannot store it before Redis is back, and waits.
  answerRest(held);
  await redis.start();
  expect(await coordinating.ended).toMatchObject({ code: 0 });
  expect(await filesOf('artifacts')).toEqual(expected);
  expect(server.calls.length).toBe(2 * calls);
});

test('Ctrl-C twice while Redis is away ends coordinator and worker; with Redis back, nothing is lost', async () => {
  const { expected, calls } = await alone();
  const coordinating = coordinate();
  const working = worker();
  const held = await answerSome(20);
  await redis.kill();
  // The worker cannot store it.
  answerRest(held);
  for (const [program, said] of [
    [coordinating, 'Stopping'],
    [working, 'stopping'],
  ] as const) {
    program.kill('SIGINT');
    await program.says(said);
    program.kill('SIGINT');
  }
  const stopped = await coordinating.ended;
  expect(stopped.code).toBe(130);
  expect(stopped.stderr).toContain('does not answer');
  expect(await working.ended).toMatchObject({ code: 0 });

  await redis.start();
  const second = coordinate();
  await redis.expireLocks();
  worker();
  expect(await second.ended).toMatchObject({ code: 0 });
  expect((await filesOf('artifacts')).slice(0, 3)).toEqual(expected.slice(0, 3));
  expect(server.calls.length).toBeLessThanOrEqual(2 * calls + 1);
});

test('a coordinator that is killed and started again goes on with its blocks', async () => {
  const { expected, calls } = await alone();
  const first = coordinate();
  worker();
  const held = await answerSome(50);
  first.kill('SIGKILL');
  await first.ended;
  const second = coordinate();
  answerRest(held);
  expect(await second.ended).toMatchObject({ code: 0 });
  // Its metadata counts the answers that the first had collected as stored ones.
  expect((await filesOf('artifacts')).slice(0, 3)).toEqual(expected.slice(0, 3));
  expect(server.calls.length).toBe(2 * calls);
});

test('a coordinator that is started again with an edited recipe is joined by the workers of the first', async () => {
  const first = coordinate();
  const working = worker();
  const held = await answerSome(3);
  first.kill('SIGKILL');
  await first.ended;
  await workspace.write('r.yaml', recipe.replace('"a {{ text }}"', '"edited {{ text }}"'));
  const second = coordinate();
  await working.says('q is being stopped');
  answerRest(held);
  expect(await second.ended).toMatchObject({ code: 0 });
  expect((await workspace.rows('q'))[0]).toMatchObject({ a: 'answer to edited row 0' });
});

test('a run that ends early does not wait for the blocks of a worker that was killed', async () => {
  const coordinating = coordinate();
  const working = worker();
  const held = await answerSome(3);
  working.kill('SIGKILL');
  await Promise.all([working.ended, held.closed]);
  // As if its last sign of life was too long ago.
  await redis.client.zremrangebyrank((await redis.client.keys('*:workers'))[0] ?? '', 0, -1);
  coordinating.kill('SIGINT');
  expect(await coordinating.ended).toMatchObject({ code: 130 });
});

test('Ctrl-C at the coordinator: workers send nothing more, and a run without a queue continues', async () => {
  const { expected, calls } = await alone();
  const coordinating = coordinate();
  const working = worker('--once');
  const held = await answerSome(20);
  coordinating.kill('SIGINT');
  await working.says('q is being stopped');
  answerRest(held);
  expect(await coordinating.ended).toMatchObject({ code: 130 });
  expect(await working.ended).toMatchObject({ code: 0 });
  expect(server.calls.length).toBe(calls + 21);
  expect(await redis.client.keys('*')).toEqual([]);
  expect(await workspace.run(['run', 'r.yaml'], env)).toMatchObject({ code: 0 });
  expect((await filesOf('artifacts')).slice(0, 3)).toEqual(expected.slice(0, 3));
  expect(server.calls.length).toBe(2 * calls);
});

test('Ctrl-C at a worker: its request in flight is kept, and another worker goes on', async () => {
  const { expected, calls } = await alone();
  const coordinating = coordinate();
  const first = worker();
  const held = await answerSome(20);
  first.kill('SIGINT');
  answerRest(held);
  expect(await first.ended).toMatchObject({ code: 0 });
  worker();
  expect(await coordinating.ended).toMatchObject({ code: 0 });
  expect(await filesOf('artifacts')).toEqual(expected);
  expect(server.calls.length).toBe(2 * calls);
});

test('a worker of another version, or without a key, leaves the run to others and says so at both ends', async () => {
  const { expected } = await alone();
  server.handle(answer);
  const coordinating = coordinate();
  const keyless = workspace.start(['worker', '--queue', redis.url], { OPENAI_BASE_URL: server.url });
  running.push(keyless);
  await keyless.says('it needs the key OPENAI_API_KEY, which is not set here');
  await coordinating.says('it needs the key OPENAI_API_KEY');

  const [id = ''] = await redis.client.smembers('dd:runs');
  const key = `dd:{${id}}:record`;
  const record = (await redis.client.get(key)) ?? '';
  await redis.client.set(key, record.replace(/"dd":"[^"]+"/, '"dd":"99.0.0"'));
  const old = worker('--json', '--idle-exit', '1');
  const { code, stdout } = await old.ended;
  expect(code).toBe(0);
  const [refused] = (JSON.parse(stdout) as { refused: { message: string; hint: string }[] }).refused;
  expect(refused?.message).toMatch(/it needs dd 99\.0\.0, and this is dd \d/);
  expect(refused?.hint).toContain('npm install dd-recipes@99.0.0');
  expect(server.calls.length).toBe(72);

  await redis.client.set(key, record);
  worker();
  expect(await coordinating.ended).toMatchObject({ code: 0 });
  expect(await filesOf('artifacts')).toEqual(expected);
});

test('failures of workers are those of one machine, and the coordinator asks for nothing', async () => {
  const failing = (call: ModelCall): void =>
    call.prompt.includes('row 7') ? call.status(400, { body: { error: { message: 'no' } } }) : answer(call);
  server.handle(failing);
  const one = await workspace.run(['run', 'r.yaml', '--artifact-path', 'alone/artifacts'], env);
  const calls = server.calls.length;
  worker();
  const made = await workspace.start(['run', 'r.yaml', '--queue', redis.url], { OPENAI_BASE_URL: server.url })
    .ended;
  expect([made.code, one.code]).toEqual([1, 1]);
  expect(await filesOf('artifacts')).toEqual(await filesOf('alone/artifacts'));
  expect(server.calls.length).toBe(2 * calls);
});

test('accept: the same rows as on one machine', async () => {
  await workspace.write('r.yaml', `${recipe}accept: { when: "'1' in a", max_attempts: 2 }\nnum_records: 9\n`);
  const { expected } = await alone();
  server.handle(answer);
  worker();
  expect(await coordinate().ended).toMatchObject({ code: 0 });
  expect((await filesOf('artifacts')).slice(0, 3)).toEqual(expected.slice(0, 3));
});

test('TLS protects the queue, and its password is in no message and no file', async () => {
  const locked = await startRedis({ password: 's3cret-pass', tls: true });
  try {
    server.handle(answer);
    const secret = { ...env, DD_QUEUE: locked.url, NODE_EXTRA_CA_CERTS: locked.ca };
    const working = workspace.start(['worker', '--once'], secret);
    running.push(working);
    await working.says('waiting for runs at rediss://127.0.0.1:');
    const made = await workspace.start(['run', 'r.yaml', '--json'], secret).ended;
    const worked = await working.ended;
    const stranger = await workspace.run(['worker'], { DD_QUEUE: locked.url });
    expect([made.code, worked.code, stranger.code]).toEqual([0, 0, 2]);
    expect(stranger.stderr).toMatch(/self-signed certificate\n.*NODE_EXTRA_CA_CERTS=/);
    const said = [made, worked, stranger].flatMap(({ stdout, stderr }) => [stdout, stderr]);
    for (const text of [...said, ...(await workspace.everything()).values()])
      expect(text).not.toContain('s3cret');
  } finally {
    await locked.close();
  }
});
