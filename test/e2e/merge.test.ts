import { appendFileSync, readdirSync, readFileSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createRowKeys, readReviews } from '../../src/dataset/reviews.js';
import { partitionFrom } from '../../src/run/partition-env.js';
import type { JsonObject } from '../../src/core/json.js';
import { setStage, type Stage } from '../rig/kill.js';
import { scenarios } from '../rig/kill-scenarios.js';
import { startModelServer } from '../rig/model-server.js';
import type { Ended } from '../rig/program.js';
import { writeSessions } from '../rig/traces.js';

const PARTITIONS = 3;

let stage: Stage;
beforeAll(async () => {
  const [scenario] = scenarios;
  stage = await setStage(
    { ...scenario, prepare: (workspace) => writeSessions(workspace, 8) },
    await startModelServer(),
  );
  stage.server.handle(scenario.answer);
  await run('single', '--dataset-name', 'all');
  // As on machines of their own: each has its own store.
  for (let index = 0; index < PARTITIONS; index += 1)
    await run(`machine-${index}`, '--dataset-name', 'part', ...partition(index, PARTITIONS));
  await run('machine-odd', '--dataset-name', 'part', ...partition(1, 4));
  await run(
    'machine-edited',
    '--dataset-name',
    'part',
    ...partition(1, PARTITIONS),
    '--set',
    'columns.one.prompt=Uno',
  );
});
afterAll(async () => {
  await stage.server.close();
  await stage.workspace.remove();
});

const run = (folder: string, ...flags: readonly string[]): Promise<Ended> =>
  stage.workspace.run(['run', 'recipe.yaml', '--artifact-path', `${folder}/artifacts`, '--quiet', ...flags], {
    OPENAI_BASE_URL: stage.server.url,
    OPENAI_API_KEY: 'sk-test',
  });
const partition = (index: number, of: number): readonly string[] => [
  '--partition-index', String(index), '--num-partitions', String(of),
]; // prettier-ignore
const merge = (...machines: readonly (string | number)[]): Promise<Ended> =>
  stage.workspace.run([
    'merge', ...machines.map((machine) => `machine-${machine}/artifacts/part`), '--dataset-name', 'all',
    '--artifact-path', 'merged/artifacts',
  ]); // prettier-ignore
const bytes = (folder: string, file: string): string =>
  readFileSync(stage.workspace.path(folder, 'artifacts', 'all', file), 'latin1');

describe('dd merge', () => {
  it('makes the very dataset of a single run, in whatever order the partitions are named', async () => {
    const merged = await merge(2, 0, 1);
    expect(merged.code).toBe(1);
    expect(merged.stdout).toBe(`${stage.workspace.path('merged/artifacts/all')}\n`);
    for (const file of ['data/part-00000.jsonl', 'data/part-00000.parquet', 'failures.jsonl', 'recipe.yaml'])
      expect({ file, same: bytes('merged', file) === bytes('single', file) }).toEqual({ file, same: true });
    const [single, joined] = ['single', 'merged'].map((folder) => JSON.parse(bytes(folder, 'metadata.json')));
    for (const key of ['rows', 'failures', 'partition', 'columns', 'parts', 'status', 'recipe'])
      expect({ [key]: joined[key] }).toEqual({ [key]: single[key] });
    expect(joined.usage[0].calls).toBe(single.usage[0].calls);
  });

  it.each<[string, readonly (string | number)[], string]>([
    ['a partition is missing', [0, 2], 'partition 1 of 3 missing'],
    ['a partition is there twice', [0, 1, 2, 1], 'overlap: both are partition 1'],
    ['one is of another division', [0, 'odd', 2], 'differ in their number of partitions'],
    ['one is of another recipe', [0, 'edited', 2], 'differ in their recipe'],
    ['one is not there', [0, 1, 'nowhere'], 'machine-nowhere/artifacts/part is no dataset'],
  ])('says so when %s, and writes nothing', async (_name, machines, message) => {
    const before = bytes('merged', 'metadata.json');
    const merged = await merge(...machines);
    expect([merged.code, merged.stderr]).toEqual([2, expect.stringContaining(message)]);
    expect(bytes('merged', 'metadata.json')).toBe(before);
  });

  it('says so when one is shuffled and the others are not', async () => {
    const shuffled = ['--dataset-name', 'part', ...partition(1, PARTITIONS), '--shuffle'];
    await run('machine-shuffled', ...shuffled);
    const merged = await merge(0, 'shuffled', 2);
    expect([merged.code, merged.stderr]).toEqual([2, expect.stringContaining('differ in their --shuffle')]);
  });

  it('goes together where the failed cells of one were tried again', async () => {
    const again = await stage.workspace.run(
      ['retry', 'part', '--artifact-path', 'machine-1/artifacts', '--quiet'],
      { OPENAI_BASE_URL: stage.server.url, OPENAI_API_KEY: 'sk-test' },
    );
    expect(again.code).toBe(1);
    expect((await merge(0, 1, 2)).code).toBe(1);
  });

  it('makes a dataset that knows its recipe, wherever it is put', async () => {
    const again = await stage.workspace.run(
      ['retry', 'all', '--artifact-path', 'merged/artifacts', '--json'],
      { OPENAI_BASE_URL: stage.server.url, OPENAI_API_KEY: 'sk-test' },
    );
    expect(JSON.parse(again.stdout)).toMatchObject({
      exit_code: 2,
      error: { message: expect.stringContaining('could not be made again from stored answers') },
    });
  });

  it('puts nothing in the place of a folder that is no dataset', async () => {
    await stage.workspace.write('merged/artifacts/notes/mine.txt', 'precious');
    const merged = await stage.workspace.run([
      'merge', ...[0, 1, 2].map((machine) => `machine-${machine}/artifacts/part`), '--dataset-name', 'notes',
      '--artifact-path', 'merged/artifacts',
    ]); // prettier-ignore
    expect([merged.code, merged.stderr]).toEqual([2, expect.stringContaining('is no dataset')]);
    expect(readFileSync(stage.workspace.path('merged/artifacts/notes/mine.txt'), 'utf8')).toBe('precious');
  });

  it('puts made-up answers in the place of no real ones', async () => {
    const made = [0, 1].map(String);
    for (const index of made)
      await run('made-up', '--dry-run', '--partition-index', index, '--num-partitions', '2');
    const parts = readdirSync(stage.workspace.path('made-up/artifacts'));
    const ended = await stage.workspace.run([
      'merge', ...parts.map((name) => `made-up/artifacts/${name}`), '--dataset-name', 'all',
      '--artifact-path', 'single/artifacts',
    ]); // prettier-ignore
    expect([parts.length, ended.code, ended.stderr]).toEqual([
      2,
      2,
      expect.stringContaining('`all` holds real answers'),
    ]);
  });

  it('says so when a whole dataset is among them', async () => {
    const ended = await stage.workspace.run(['merge', 'single/artifacts/all', '--dataset-name', 'x']);
    expect([ended.code, ended.stderr]).toEqual([
      2,
      expect.stringContaining('is no partition: it holds all rows'),
    ]);
  });

  it.each<[string, (file: string) => void, string]>([
    ['torn', (file) => truncateSync(file, readFileSync(file).length - 20), 'is damaged'],
    ['too long', (file) => appendFileSync(file, '{}\n'), 'but its metadata says'],
  ])('says so when a file is %s; the same run makes it whole again', async (_name, damage, message) => {
    damage(stage.workspace.path('machine-1', 'artifacts', 'part', 'data', 'part-00000.jsonl'));
    const merged = await merge(0, 1, 2);
    expect([merged.code, merged.stderr]).toEqual([2, expect.stringContaining(message)]);
    await run('machine-1', '--dataset-name', 'part', ...partition(1, PARTITIONS));
    expect((await merge(0, 1, 2)).code).toBe(1);
  });

  it('keeps rows whole that hold what ends a line elsewhere, but not in JSON', async () => {
    const rows = ['one\u2028two', 'three\u2029four', 'five\u0085six', 'plain'].map((text) => ({ text }));
    await stage.workspace.write('lines.jsonl', rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
    await stage.workspace.write(
      'lines.yaml',
      'name: lines\nseed_config: { source: { seed_type: local, path: lines.jsonl } }\n' +
        'columns: [{ name: same, column_type: expression, expr: "{{ text }}" }]\n',
    );
    const lines = (...flags: readonly string[]): Promise<Ended> =>
      stage.workspace.run(['run', 'lines.yaml', '--artifact-path', 'lines/artifacts', ...flags]);
    for (const index of [0, 1]) expect((await lines(...partition(index, 2))).code).toBe(0);
    const merged = await stage.workspace.run([
      'merge', ...[0, 1].map((index) => `lines/artifacts/lines-part-0000${index}-of-00002`),
      '--dataset-name', 'merged', '--artifact-path', 'lines/artifacts',
    ]); // prettier-ignore
    expect([merged.code, merged.stderr]).toEqual([0, expect.any(String)]);
    const made = stage.workspace.path('lines/artifacts/merged/data/part-00000.jsonl');
    expect(
      readFileSync(made, 'utf8')
        .split('\n')
        .filter(Boolean)
        .map((line) => (JSON.parse(line) as JsonObject)['same']),
    ).toEqual(rows.map(({ text }) => text));
  });

  it('takes the reviews of partitions along, each to its row', async () => {
    const rows = ['one', 'twice', 'twice', 'last'].map((text) => ({ text }));
    await stage.workspace.write('twice.jsonl', rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
    await stage.workspace.write(
      'twice.yaml',
      'name: twice\nseed_config: { source: { seed_type: local, path: twice.jsonl } }\n' +
        'columns: [{ name: same, column_type: expression, expr: "{{ text }}" }]\n',
    );
    const [first, second] = [0, 1].map((index) => `twice/artifacts/twice-part-0000${index}-of-00002`);
    for (const index of [0, 1])
      await stage.workspace.run([
        'run', 'twice.yaml', '--artifact-path', 'twice/artifacts', ...partition(index, 2),
      ]); // prettier-ignore
    const keyOf = createRowKeys([{ name: 'text', from: 'seed' }]);
    const [, twice = '', again = '', last = ''] = rows.map(keyOf);
    expect(again).toBe(`${twice}#2`);
    const [at, later] = ['2026-01-01T00:00:00.000Z', '2026-01-02T00:00:00.000Z'];
    const review = (key: string, note: string, when = at): string =>
      `${JSON.stringify({ key, at: when, made: 'aa', note })}\n`;
    await stage.workspace.write(`${first}/reviews.jsonl`, review(twice, 'of the first'));
    await stage.workspace.write(
      `${second}/reviews.jsonl`,
      review(twice, 'of the second') + review(last, 'of the last'),
    );
    const mergeTwice = async (): Promise<unknown> => {
      const { code } = await stage.workspace.run([
        'merge', String(first), String(second), '--dataset-name', 'merged', '--artifact-path', 'twice/artifacts',
      ]); // prettier-ignore
      const saved = await readReviews(stage.workspace.path('twice/artifacts/merged'));
      return [code, Object.fromEntries([...saved.values()].map(({ key, note }) => [key, note]))];
    };
    const all = { [twice]: 'of the first', [again]: 'of the second', [last]: 'of the last' };
    expect(await mergeTwice()).toEqual([0, all]);
    // What was decided on the merged dataset since then is kept.
    const merged = 'twice/artifacts/merged/reviews.jsonl';
    await stage.workspace.write(merged, review(last, 'once more', later) + review(twice, 'older', '2025'));
    expect(await mergeTwice()).toEqual([0, { ...all, [last]: 'once more' }]);
  });

  it('takes no partition for its target', async () => {
    const ended = await stage.workspace.run([
      'merge', ...[0, 1, 2].map((machine) => join(`machine-${machine}`, 'artifacts', 'part')),
      '--dataset-name', 'part', '--artifact-path', 'machine-0/artifacts',
    ]); // prettier-ignore
    expect([ended.code, ended.stderr]).toEqual([2, expect.stringContaining('`part` is a partition itself')]);
  });
});

describe('the partition that a scheduler gave', () => {
  it('is read from the variables of an Indexed Job', () => {
    const env = { JOB_COMPLETION_INDEX: '3', DD_NUM_PARTITIONS: '8' };
    expect(partitionFrom('kubernetes', env)).toEqual({ ok: true, value: { index: 3, num_partitions: 8 } });
  });

  it('is read from those of a Slurm array, wherever its indices begin', () => {
    const env = {
      SLURM_ARRAY_TASK_ID: '3',
      SLURM_ARRAY_TASK_MIN: '1',
      SLURM_ARRAY_TASK_MAX: '8',
      SLURM_ARRAY_TASK_COUNT: '8',
    };
    expect(partitionFrom('slurm', env)).toEqual({ ok: true, value: { index: 2, num_partitions: 8 } });
  });

  it.each([
    ['kubernetes', { DD_NUM_PARTITIONS: '8' }, 'JOB_COMPLETION_INDEX is not set'],
    ['kubernetes', { JOB_COMPLETION_INDEX: '3' }, 'DD_NUM_PARTITIONS is not set'],
    ['kubernetes', { JOB_COMPLETION_INDEX: '8', DD_NUM_PARTITIONS: '8' }, 'there is no partition 8 of 8'],
    ['kubernetes', { JOB_COMPLETION_INDEX: '-1', DD_NUM_PARTITIONS: '8' }, 'is not a whole number'],
    ['slurm', {}, 'SLURM_ARRAY_TASK_ID'],
    [
      'slurm',
      {
        SLURM_ARRAY_TASK_ID: '5',
        SLURM_ARRAY_TASK_MIN: '1',
        SLURM_ARRAY_TASK_MAX: '9',
        SLURM_ARRAY_TASK_COUNT: '3',
      },
      'it has gaps',
    ],
  ] as const)('is refused in words when it is not sound: %s %j', (source, env, message) => {
    const read = partitionFrom(source, env);
    expect(read.ok ? read.value : read.error.message).toContain(message);
  });
});
