import { spawn } from 'node:child_process';
import { access, cp, mkdir, readFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { startModelServer, type ModelServer } from '../rig/model-server.js';
import { createWorkspace, projectDir, type Workspace } from '../rig/program.js';
import { freePort } from '../rig/ports.js';

const MODEL = 'Qwen/Qwen3-32B';

let server: ModelServer;
let workspace: Workspace;
let env: Record<string, string>;
const jobs: Job[] = [];

beforeEach(async () => {
  [server, workspace] = await Promise.all([startModelServer(), createWorkspace()]);
  const [model, redis] = await Promise.all([freePort(), freePort()]);
  await cp(join(projectDir, 'examples/operations/slurm'), workspace.path('slurm'), { recursive: true });
  const seed = await readFile(join(projectDir, 'examples/operations/seed.jsonl'), 'utf8');
  await workspace.write('seed.jsonl', seed);
  const recipe = await readFile(workspace.path('slurm/recipe.yaml'), 'utf8');
  // The port of the test, in place of the one that vLLM has everywhere.
  const providers = `providers: [{ name: test, provider_type: vllm, endpoint: 'http://127.0.0.1:${model}/v1' }]\n`;
  await workspace.write('slurm/recipe.yaml', providers + recipe.replace('provider: vllm', 'provider: test'));
  env = {
    PATH: [join(projectDir, 'test/rig/slurm'), process.env['PATH']].join(delimiter),
    HOME: workspace.dir,
    DD_MODEL: MODEL,
    DD_DIR: workspace.path('run'),
    DD_BIND: '127.0.0.1',
    DD_POLL: '0.2',
    VLLM_PORT: String(model),
    REDIS_PORT: String(redis),
    STAND_IN_MODELS: server.url,
    STAND_IN_LOG: workspace.path('vllm.log'),
  };
  await mkdir(workspace.path('run'));
});

afterEach(async () => {
  for (const job of jobs.splice(0)) job.kill();
  await Promise.all([server.close(), workspace.remove()]);
});

interface Job {
  readonly ended: Promise<{ readonly code: number | null; readonly output: string }>;
  /** Resolves once this was printed so many times. */
  says(text: string, times: number): Promise<void>;
  kill(): void;
}

function sbatch(...args: readonly string[]): Job {
  const child = spawn('sbatch', args, { cwd: workspace.path('slurm'), env, detached: true });
  let output = '';
  let look = (): void => undefined;
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (text: Buffer) => {
      output += text.toString();
      look();
    });
  const ended = new Promise<{ code: number | null; output: string }>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, output }));
  });
  const job: Job = {
    ended,
    says: (text, times) =>
      new Promise((resolve, reject) => {
        look = () => {
          if (output.split(text).length > times) resolve();
        };
        look();
        void ended.then(() => reject(new Error(`it ended without saying "${text}": ${output}`)));
      }),
    kill() {
      if (child.pid !== undefined && child.exitCode === null) process.kill(-child.pid, 'SIGKILL');
    },
  };
  jobs.push(job);
  return job;
}

const rowsOf = async (dataset: string): Promise<readonly unknown[]> =>
  (await readFile(workspace.path('run/artifacts', dataset, 'data/part-00000.jsonl'), 'utf8'))
    .trim()
    .split('\n')
    .map((line) => (JSON.parse(line) as { summary: unknown }).summary);

test('partitions: each task has a server of its own, and the merged dataset has all rows; again, nothing is asked', async () => {
  server.handle((call) => call.reply(`answer to ${call.prompt}`));
  const submit = (): Promise<unknown> =>
    sbatch('--array=0-2%1', 'partitions.sbatch', 'recipe.yaml', '--quiet').ended;
  expect(await submit()).toMatchObject({ code: 0 });
  expect(await sbatch('--dependency=afterok:1', 'merge.sbatch').ended).toMatchObject({ code: 0 });

  expect(await rowsOf('merged')).toEqual(server.calls.map(({ prompt }) => `answer to ${prompt}`));
  expect(server.calls).toHaveLength(6);
  expect(server.calls[0]?.model).toBe(MODEL);
  const log = await readFile(env['STAND_IN_LOG'] ?? '', 'utf8');
  expect(log).toBe(`serve ${MODEL}\nstopped\n`.repeat(3));

  expect(await submit()).toMatchObject({ code: 0 });
  expect(server.calls).toHaveLength(6);
});

test('a queue: workers that started before it find it, and Redis and the servers end with the run', async () => {
  const workers = sbatch('--array=0-1', 'workers.sbatch');
  const coordinator = sbatch('coordinator.sbatch', 'recipe.yaml');
  await workers.says('working on reviews', 2);
  server.handle((call) => call.reply(`answer to ${call.prompt}`));

  expect(await coordinator.ended).toMatchObject({ code: 0 });
  expect(await workers.ended).toMatchObject({ code: 0 });
  expect(await rowsOf('reviews')).toHaveLength(6);
  const log = await readFile(env['STAND_IN_LOG'] ?? '', 'utf8');
  expect(log.split('\n').toSorted()).toEqual(
    ['', `serve ${MODEL}`, `serve ${MODEL}`, 'stopped', 'stopped'].toSorted(),
  );
  await expect(access(workspace.path('run/queue'))).rejects.toThrow('ENOENT');
});

test('a model server that ends before it is ready ends the task, with a message', async () => {
  env['PATH'] = [workspace.path('bin'), env['PATH']].join(delimiter);
  await cp(join('/bin', 'false'), workspace.path('bin/vllm'), { dereference: true });
  const { code, output } = await sbatch('--array=0-0', 'partitions.sbatch', 'recipe.yaml').ended;
  expect(code).toBe(1);
  expect(output).toContain('the model server ended before it was ready');
});
