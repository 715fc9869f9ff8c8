import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { openRecipe, readDataset, run, type JsonObject, type RunOptions } from '../../src/index.js';
import { startModelServer, type ModelServer } from '../rig/model-server.js';

let folder: string;
let server: ModelServer;

const RECIPE = `name: r
model_configs:
  - { alias: m, provider: openai, model: gpt-test, inference_parameters: { max_parallel_requests: 1 } }
seed_config:
  source: { seed_type: local, path: seed.jsonl }
columns:
  - { name: said, column_type: llm-text, model_alias: m, prompt: "Row {{ n }}." }
`;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dd-library-'));
  server = await startModelServer();
  await writeFile(join(folder, 'r.yaml'), RECIPE);
  await writeFile(join(folder, 'seed.jsonl'), '{"n":0}\n{"n":1}\n{"n":2}\n');
});
afterEach(async () => {
  await server.close();
  await rm(folder, { recursive: true, force: true });
});

async function make(options: RunOptions): ReturnType<typeof run> {
  const env = { OPENAI_BASE_URL: server.url, OPENAI_API_KEY: 'sk-test' };
  return run(await openRecipe('r.yaml', { cwd: folder, env }), { env, ...options });
}

async function rowsOf(name: string): Promise<readonly JsonObject[]> {
  const dataset = await readDataset(name, { cwd: folder });
  if (!dataset.ok) throw new Error(dataset.error.message);
  const rows: JsonObject[] = [];
  for await (const row of dataset.value.rows()) rows.push(row);
  return rows;
}

describe('a run in a program', () => {
  it('makes the dataset that readDataset reads, and listens to no signal of the process', async () => {
    const listeners = (): readonly number[] =>
      ['SIGINT', 'SIGTERM', 'SIGHUP', 'uncaughtException', 'warning'].map((name) =>
        process.listenerCount(name),
      );
    const before = listeners();
    const making = make({});
    const call = await server.next();
    expect(listeners()).toEqual(before);
    call.reply('fine');
    server.handle((other) => other.reply('fine'));
    expect(await making).toMatchObject({ ok: true, value: { exitCode: 0, stopped: undefined } });
    expect(await rowsOf('r')).toEqual([0, 1, 2].map((n) => ({ n, said: 'fine' })));
  });

  it('takes a folder of datasets that is not below its own', async () => {
    const artifactPath = join(folder, 'elsewhere', 'datasets');
    const recipe = await openRecipe('../r.yaml', { cwd: join(folder, 'elsewhere') });
    const made = await run(recipe, { artifactPath, dryRun: true });
    expect(made).toMatchObject({ ok: true, value: { dataset: join(artifactPath, 'r-dry-run') } });
  });

  it('ends gently by stopSignal: the request in flight is waited for and kept', async () => {
    const stop = new AbortController();
    const making = make({ stopSignal: stop.signal });
    const call = await server.next();
    stop.abort();
    call.reply('fine');
    expect(await making).toMatchObject({ value: { exitCode: 130, metadata: { rows: { done: 1 } } } });
    expect(server.calls).toHaveLength(1);
  });

  it('ends at once by signal: the request in flight is cut off', async () => {
    const abort = new AbortController();
    const making = make({ signal: abort.signal });
    const call = await server.next();
    abort.abort();
    await call.closed;
    expect(await making).toMatchObject({ value: { exitCode: 130, stopped: { kind: 'interrupted' } } });
    expect(server.calls).toHaveLength(1);
  });

  it('does not begin with a recipe that has mistakes', async () => {
    await writeFile(join(folder, 'r.yaml'), RECIPE.replace('prompt:', 'promt:'));
    expect(await make({})).toMatchObject({
      ok: false,
      error: { message: expect.stringContaining('the recipe has mistakes: ') },
    });
  });
});

describe('run, of a recipe with stages', () => {
  const STAGES = `name: s
model_configs:
  - { alias: m, provider: openai, model: gpt-test, inference_parameters: { max_parallel_requests: 1 } }
stages:
  - name: one
    seed_config: { source: { seed_type: local, path: seed.jsonl } }
    columns: [{ name: said, column_type: llm-text, model_alias: m, prompt: "Row {{ n }}." }]
  - name: two
    needs: one
    columns: [{ name: again, column_type: expression, expr: "{{ said }}{{ said }}" }]
`;
  beforeEach(() => writeFile(join(folder, 'r.yaml'), STAGES));

  it('makes all of them, and its outcome is that of the last one', async () => {
    server.handle((call) => call.reply(call.prompt));
    const events: string[] = [];
    const made = await make({
      onEvent: (event) => void (event.kind === 'stage' && events.push(event.stage)),
    });
    if (!made.ok) throw new Error(made.error.message);
    expect(made.value).toMatchObject({ exitCode: 0, dataset: join(folder, 'artifacts', 's.two') });
    expect(made.value.stages?.map(({ name }) => name)).toEqual(['one', 'two']);
    expect(events).toEqual(['one', 'two']);
    expect((await rowsOf('s'))[2]).toEqual({ n: 2, said: 'Row 2.', again: 'Row 2.Row 2.' });
  });

  it('makes one with those it needs, and previews one that is opened alone', async () => {
    server.handle((call) => call.reply(call.prompt));
    const one = await make({ stage: 'one' });
    expect(one).toMatchObject({ ok: true, value: { dataset: join(folder, 'artifacts', 's.one') } });
    expect(await make({ preview: true })).toMatchObject({
      ok: false,
      error: { message: 'a preview shows one stage' },
    });
    const two = await openRecipe('r.yaml', {
      cwd: folder,
      stage: 'two',
      datasets: { artifactPath: 'artifacts' },
    });
    const rows: JsonObject[] = [];
    const previewed = await run(two, { preview: true, numRecords: 1, onRow: (row) => rows.push(row) });
    expect(previewed.ok).toBe(true);
    expect(rows).toEqual([{ n: 0, said: 'Row 0.', again: 'Row 0.Row 0.' }]);
  });
});
