import { mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { startModelServer, type ModelCall, type ModelServer } from '../rig/model-server.js';
import { createWorkspace, projectDir, type Running, type Workspace } from '../rig/program.js';
import { startRedis, type RedisServer } from '../rig/redis.js';

let redis: RedisServer;
let server: ModelServer;
let home: Workspace;
let shared: string;
let env: Record<string, string>;
const running: Running[] = [];
const workspaces: Workspace[] = [];

beforeEach(async () => {
  [redis, server, home] = await Promise.all([startRedis(), startModelServer(), workspace()]);
  env = { OPENAI_BASE_URL: server.url, OPENAI_API_KEY: 'k', DD_QUEUE: redis.url };
  await home.write('r.yaml', RECIPE);
  await home.write('seed.jsonl', SEED);
  await home.write('p.mjs', plugin('!'));
  // The rig sees what is done to files in folders of this name.
  shared = home.path('shared', '.dd');
  await mkdir(shared, { recursive: true });
});

afterEach(async () => {
  for (const program of running) program.kill('SIGINT');
  await Promise.all(running.splice(0).map(({ ended }) => ended));
  const removed = workspaces.splice(0).map((each) => each.remove());
  await Promise.all([redis.close(), server.close(), ...removed]);
});

/** The folder of a machine. */
async function workspace(): Promise<Workspace> {
  const made = await createWorkspace();
  workspaces.push(made);
  return made;
}

const RECIPE = `name: q
plugins: [./p.mjs]
model_configs:
  - { alias: m, provider: openai, model: gpt-test, inference_parameters: { max_parallel_requests: 8 } }
seed_config:
  source: { seed_type: local, path: seed.jsonl }
columns:
  - { name: a, column_type: llm-text, model_alias: m, prompt: "a {{ text }}" }
  - { name: b, column_type: custom, generator_function: louder, required_columns: [a] }
`;

const SEED = Array.from({ length: 12 }, (_, row) => `${JSON.stringify({ text: `words ${row}` })}\n`).join('');

const ROWS = Array.from({ length: 12 }, (_, row) => ({
  text: `words ${row}`,
  a: `answer to a words ${row}`,
  b: `answer to a words ${row}!`,
}));

const plugin = (end: string): string =>
  `export default { name: 'p', functions: { louder: ({ a }) => ({ b: \`\${a}${end}\` }) } };\n`;

const start = (place: Workspace, args: readonly string[], more: Record<string, string> = {}): Running => {
  const program = place.start([...args, '--allow-plugins'], { ...env, ...more });
  running.push(program);
  return program;
};
const coordinate = (): Running => start(home, ['run', 'r.yaml', '--queue-rows', shared]);
const work = (place: Workspace, ...args: readonly string[]): Running => start(place, ['worker', ...args]);

const answer = (call: ModelCall): void => call.reply(`answer to ${call.prompt}`);

const filesOf = (artifacts: string): Promise<readonly string[]> =>
  Promise.all(
    ['data/part-00000.jsonl', 'failures.jsonl'].map((name) =>
      readFile(home.path(artifacts, 'q', name), 'utf8'),
    ),
  );

/** The files of a run on one machine. */
async function alone(): Promise<readonly string[]> {
  server.handle(answer);
  const { DD_QUEUE: _, ...own } = env;
  const args = ['run', 'r.yaml', '--artifact-path', 'alone/artifacts', '--allow-plugins'];
  expect(await home.run(args, own)).toMatchObject({ code: 0 });
  return filesOf('alone/artifacts');
}

/** The run has so many blocks in Redis: the names of their files. */
async function fileNames(blocks: number): Promise<readonly string[]> {
  while ((await redis.client.scard('dd:blocks')) !== blocks)
    await new Promise((resolve) => setImmediate(resolve));
  return (await readdir(join(shared, (await readdir(shared))[0] ?? ''))).sort();
}

test('rows go by files: workers with other plugins or without the folder are refused, two others make the same bytes', async () => {
  const expected = await alone();
  const calls = server.calls.length;
  const [other, blind, one, two] = await Promise.all([workspace(), workspace(), workspace(), workspace()]);
  for (const place of [blind, one, two]) await place.write('p.mjs', plugin('!'));
  await other.write('p.mjs', plugin('?'));
  await symlink(shared, two.path('mnt'));

  const coordinating = coordinate();
  await fileNames(3);
  for (const key of await redis.client.keys('*:block:block-?'))
    expect(await redis.client.hgetall(key)).toEqual({
      '!rows': '',
      '!file': expect.stringContaining(key.slice(-7)),
    });

  const refused = [
    [other, [], 'the plugin `./p.mjs` is sha256 '],
    [blind, ['--queue-rows', blind.dir], 'which cannot be used here: there is no such file or folder'],
  ] as const;
  await Promise.all(
    refused.flatMap(([place, args, why]) => [work(place, ...args).says(why), coordinating.says(why)]),
  );
  expect(server.calls.length).toBe(calls);
  for (const [place, args] of [
    [one, []],
    [two, ['--queue-rows', 'mnt']],
  ] as const)
    work(place, ...args);
  expect(await coordinating.ended).toMatchObject({ code: 0 });
  expect(await filesOf('artifacts')).toEqual(expected);
  expect(server.calls.length).toBe(2 * calls);
  expect(await redis.client.keys('*')).toEqual([]);
  expect(await readdir(shared)).toEqual([]);
});

test('a block whose file was changed is put back; a coordinator that was killed uses the files that are left and writes that one again', async () => {
  server.handle(answer);
  const first = coordinate();
  const names = await fileNames(3);
  const [run = ''] = await readdir(shared);
  await writeFile(join(shared, run, names[0] ?? ''), 'changed');
  const working = work(home);
  const why = `${names[0]} has 7 bytes, and the coordinator wrote`;
  await Promise.all([working.says(why), first.says(why)]);
  first.kill('SIGKILL');
  await first.ended;

  const second = coordinate();
  work(home);
  expect(await second.ended).toMatchObject({ code: 0 });
  expect(await home.rows('q')).toEqual(ROWS);
  expect(server.calls.length).toBe(12);
  expect(await redis.client.keys('*')).toEqual([]);
  expect(await readdir(shared)).toEqual([]);
});

test('a disk that is full, or a folder that is not there, is said, and the same command goes on', async () => {
  server.handle(answer);
  const nowhere = start(home, ['run', 'r.yaml', '--queue-rows', 'none']);
  const none = await nowhere.ended;
  expect([none.code, none.stderr]).toEqual([
    2,
    expect.stringContaining(
      `the rows for workers cannot be written to ${home.path('none')}: there is no such file or folder`,
    ),
  ]);
  const full = await start(home, ['run', 'r.yaml', '--queue-rows', shared], {
    NODE_OPTIONS: `--import=${pathToFileURL(join(projectDir, 'test/rig/fs-faults.mjs')).href}`,
    DD_TEST_FAULT: 'full:2:.rows',
  }).ended;
  expect([full.code, full.stderr]).toEqual([
    2,
    expect.stringContaining(`the rows for workers cannot be written to ${shared}: the disk is full`),
  ]);
  expect(await fileNames(1)).toEqual([expect.stringMatching(/^block-0-[0-9a-f]{16}\.rows$/)]);
  const second = coordinate();
  work(home);
  expect(await second.ended).toMatchObject({ code: 0 });
  expect(await home.rows('q')).toEqual(ROWS);
  expect(await readdir(shared)).toEqual([]);
});

test('--queue-rows without a queue is a mistake', async () => {
  const { DD_QUEUE: _, ...own } = env;
  const run = (...args: readonly string[]) =>
    home.run(['run', 'r.yaml', '--queue-rows', shared, ...args], own);
  expect(await run()).toMatchObject({ code: 2, stderr: expect.stringContaining('add --queue URL') });
  expect(await run('--preview')).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('remove --queue-rows'),
  });
});
