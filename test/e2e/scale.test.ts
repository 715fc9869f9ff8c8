import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { CellOutcome } from '../../src/columns/types.js';
import { readRows } from '../../src/dataset/read-rows.js';
import { openDatasetWriter } from '../../src/dataset/writer.js';
import { runRows } from '../../src/engine/run-rows.js';
import type { JsonObject } from '../../src/core/json.js';
import { useStage } from '../rig/stage.js';
import { deferred, done, fakePlan, noModels } from '../engine/fake-plan.js';

describe('a first row that takes long', () => {
  const WINDOW = 5;

  it('holds up no more rows than the window is wide, and those are made meanwhile', async () => {
    const slow = deferred<CellOutcome>();
    const made: number[] = [];
    const plan = fakePlan([
      {
        name: 'cell',
        seedColumns: ['number'],
        make: ({ number }) => {
          made.push(Number(number));
          return number === 0 ? slow.promise : done('cell', String(number));
        },
      },
    ]);
    let read = 0;
    const rows = runRows({
      plan,
      seeds: (async function* seeds() {
        for (; read < 20;) yield { number: read++ } satisfies JsonObject;
      })(),
      models: noModels,
      emit: () => undefined,
      // Fewer unfinished than the window is wide: those that wait for the slow one take no place.
      window: { unfinished: 2, rows: WINDOW, bytes: 1e6 },
      stop: new AbortController().signal,
    });
    const first = rows.next();
    // Everything that can happen without the first row has happened.
    await new Promise((resolve) => setImmediate(resolve));
    expect({ made, read }).toEqual({ made: [0, 1, 2, 3, 4], read: WINDOW });

    slow.resolve(done('cell', 'at last'));
    const order = [(await first).value.index];
    for await (const { index } of rows) order.push(index);
    expect(order).toEqual(Array.from({ length: 20 }, (_, index) => index));
  });
});

describe('a dataset of several part files', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'dd-parts-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));
  const columns = [{ name: 'number', schema: { type: 'integer' }, from: 'column' }] as const;

  it.each([
    ['rows', { rows: 4, bytes: 1e9 }],
    ['bytes', { rows: 1e9, bytes: 4 * '{"number":0}\n'.length }],
  ])('goes on in the next one once a part is full of %s, losing none', async (_name, limits) => {
    const writer = await openDatasetWriter(folder, columns, { limits });
    for (let number = 0; number < 10; number += 1) await writer.append({ number });
    expect(await writer.close()).toEqual({ parts: 3 });
    const files = await readdir(join(folder, 'data'));
    expect(files.filter((name) => name.endsWith('.jsonl')).sort()).toEqual([
      'part-00000.jsonl',
      'part-00001.jsonl',
      'part-00002.jsonl',
    ]);
    expect(files.filter((name) => name.endsWith('.parquet'))).toHaveLength(3);
    const numbers: unknown[] = [];
    for await (const row of readRows(folder, 3)) numbers.push(row['number']);
    expect(numbers).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });
});

describe('a seed of files with many rows each', () => {
  const stage = useStage();

  it('is planned by what its files give, not by their number', async () => {
    const chat = JSON.stringify({ messages: [{ role: 'user', content: 'Do it' }] });
    for (const name of ['a', 'b', 'c'])
      await stage.workspace.write(`seeds/${name}.jsonl`, `${chat}\n`.repeat(40));
    await stage.workspace.write(
      'recipe.yaml',
      [
        'name: many',
        'seed_config:',
        '  source: { seed_type: agent_rollout, format: chat_completion_jsonl, path: seeds }',
        'columns:',
        '  - { name: said, column_type: expression, expr: "{{ message_count }}" }',
      ].join('\n'),
    );
    const plan = await stage.workspace.run(['plan', 'recipe.yaml', '--json']);
    expect(JSON.parse(plan.stdout)).toMatchObject({ rows: { count: 120, exact: false, looked_at: 10 } });
  });
});

describe('a run that goes on after many stored rows', () => {
  const stage = useStage();
  // More than the 1,024 rows that a run keeps in its window.
  const STORED = 1200;
  const ALL = 1210;

  it('is killed and run again: no stored question is asked again, and no row is lost', async () => {
    const lines = Array.from({ length: ALL }, (_, number) => JSON.stringify({ topic: `topic ${number}` }));
    await stage.workspace.write('seeds.jsonl', lines.join('\n'));
    await stage.workspace.write(
      'recipe.yaml',
      [
        'name: many',
        'model_configs:',
        '  - { alias: main, provider: openai, model: gpt-test, inference_parameters: { max_parallel_requests: 8 } }',
        'seed_config: { source: { seed_type: local, path: seeds.jsonl } }',
        'columns:',
        '  - { name: said, column_type: llm-text, model_alias: main, prompt: "Of {{ topic }}" }',
      ].join('\n'),
    );
    const env = { OPENAI_BASE_URL: stage.server.url, OPENAI_API_KEY: 'sk-test' };
    const run = ['run', 'recipe.yaml'];
    stage.server.handle((call) => call.reply(call.prompt));
    expect((await stage.workspace.run([...run, '--num-records', String(STORED)], env)).code).toBe(0);
    expect(stage.server.calls).toHaveLength(STORED);

    // A key that is refused meanwhile costs no stored row.
    stage.server.handle((call) => call.status(401));
    expect((await stage.workspace.run(run, env)).code).toBe(3);
    expect(await stage.workspace.rows('many.partial')).toHaveLength(STORED);

    const holding = new Promise<void>((resolve) => {
      stage.server.handle((call) => {
        call.hang();
        resolve();
      });
    });
    const killed = stage.workspace.spawn(run, env);
    await holding;
    killed.kill('SIGKILL');
    await killed.ended;
    stage.server.handle((call) => call.reply(call.prompt));
    expect((await stage.workspace.run(run, env)).code).toBe(0);

    const stored = new Set(Array.from({ length: STORED }, (_, number) => `Of topic ${number}`));
    expect(stage.server.calls.filter(({ prompt }) => stored.has(prompt))).toHaveLength(STORED);
    const rows = await stage.workspace.rows('many');
    expect(rows.map(({ topic, said }) => [topic, said])).toEqual(
      Array.from({ length: ALL }, (_, number) => [`topic ${number}`, `Of topic ${number}`]),
    );
    const { rows: counts, usage } = await stage.workspace.metadata('many');
    expect(counts).toMatchObject({ done: ALL, unfinished: 0 });
    // What was only looked at is not counted.
    expect(usage).toMatchObject([{ calls: 10, stored_answers: STORED }]);
  });
});
