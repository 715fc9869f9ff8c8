/** `accept`: a dataset of exactly as many good rows as were asked for. */
import { readFile } from 'node:fs/promises';
import { describe, expect, it } from '@jest/globals';
import type { JsonObject } from '../../src/core/json.js';
import type { ModelCall } from '../rig/model-server.js';
import type { Ended } from '../rig/program.js';
import { useStage } from '../rig/stage.js';

const ROWS = 40;
const stage = useStage((workspace) =>
  workspace.write('seed.jsonl', Array.from({ length: ROWS }, (_, id) => JSON.stringify({ id })).join('\n')),
);

const env = (): Record<string, string> => ({ OPENAI_BASE_URL: stage.server.url, OPENAI_API_KEY: 'sk-test' });

interface Shape {
  readonly seed?: boolean | string;
  readonly more?: string;
  readonly top: string;
}

/** A judge whose score the test decides. */
const recipe = ({ seed = true, more = '', top }: Shape): string => `name: made
model_configs: [{ alias: m, provider: openai, model: ok, inference_parameters: { max_parallel_requests: 4 } }]
${seed === false ? '' : `seed_config: { source: { seed_type: local, path: seed.jsonl }${seed === true ? '' : `, ${seed}`} }`}
run_config: { max_conversation_restarts: 0, max_conversation_correction_steps: 0 }
columns:
  - name: judge
    column_type: llm-judge
    model_alias: m
    drop: true
    prompt: "Judge ${seed === false ? 'anything' : 'row {{ id }}.'}"
    scores: [{ name: quality, description: good, options: { 4: best, 3: good, 2: fair, 1: bad } }]
  - { name: said, column_type: expression, expr: "score {{ judge.quality.score }}" }
${more}
${top}
`;

async function run(shape: Shape, ...flags: readonly string[]): Promise<Ended> {
  await stage.workspace.write('r.yaml', recipe(shape));
  return stage.workspace.run(['run', 'r.yaml', ...flags], env());
}

const rowOf = (call: ModelCall): number => Number(/row (\d+)\./.exec(call.prompt)?.[1]);
const verdict = (score: number): JsonObject => ({ quality: { reasoning: 'so', score } });

/** Every third row is good; of those that are not, row 1 fails. */
const judgeThirds = (): void =>
  stage.server.handle((call) => {
    const row = rowOf(call);
    if (row === 1) return call.reply('no JSON');
    return call.reply(verdict(row % 3 === 0 ? 4 : 2));
  });

const linesOf = async (file: string): Promise<readonly JsonObject[]> =>
  (await readFile(stage.workspace.path('artifacts', file), 'utf8'))
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as JsonObject);
const rejected = (dataset = 'made'): Promise<readonly JsonObject[]> => linesOf(`${dataset}/rejected.jsonl`);
const filesOf = (dataset: string): Promise<readonly string[]> =>
  Promise.all(
    ['data/part-00000.jsonl', 'rejected.jsonl', 'failures.jsonl'].map((name) =>
      readFile(stage.workspace.path('artifacts', dataset, name), 'utf8'),
    ),
  );
const metadata = (dataset = 'made'): Promise<JsonObject> => stage.workspace.metadata(dataset);

const GOOD = 'accept: judge.quality.score >= 4';

describe('accept', () => {
  it('makes as many rows as are asked for, in the order of the seed, and keeps the others with the reason', async () => {
    judgeThirds();
    const ended = await run({ top: `${GOOD}\nnum_records: 5` });
    expect(ended.code).toBe(0);
    expect((await stage.workspace.rows('made')).map(({ id }) => id)).toEqual([0, 3, 6, 9, 12]);
    const lines = await rejected();
    expect(lines.map(({ row }) => row)).toEqual([2, 4, 5, 7, 8, 10, 11]);
    expect(lines[0]).toEqual({
      row: 2,
      attempt: 0,
      reason: '`accept` does not hold',
      read: { 'judge.quality.score': 2 },
      record: { id: 2, said: 'score 2' },
    });
    expect(await metadata()).toMatchObject({
      status: 'finished',
      rows: { done: 5, failed: 1, rejected: 7, unfinished: 0 },
      accept: { wanted: 5, accepted: 5, rejected: 7, failed: 1 },
    });
    expect(ended.stderr).toContain('5 rows done, 1 failed, 7 rejected in');
    expect(ended.stderr).toContain(
      'accepted 5 of 13 made: 7 rejected (rejected.jsonl has them with what the condition read), 1 failed',
    );
    const show = async (...flags: readonly string[]) => stage.workspace.run(['show', 'made', ...flags]);
    const shown = JSON.parse((await show('--rejected', '--row', '1', '--json')).stdout) as JsonObject;
    expect(shown).toMatchObject({ ...lines[1], state: 'rejected' });
    const { stdout } = await show('--rejected');
    expect(stdout).toContain('row 2, rejected · 7 rejected attempts in all');
    expect(stdout).toContain('not accepted, attempt 1: no attempt was accepted\n  `accept` does not hold');
    expect(stdout).toMatch(/judge\.quality\.score +2[^]*said +score 2/);
    expect((await show('--rejected', '--row', '7')).stderr).toContain('there is no row 7 in made');
  });

  it('asks for nothing twice, and for little that is not needed', async () => {
    judgeThirds();
    await run({ top: `${GOOD}\nnum_records: 5` });
    const before = await filesOf('made');
    const asked = stage.server.calls.length;
    expect(asked).toBeLessThanOrEqual(20);
    expect((await run({ top: `${GOOD}\nnum_records: 5` })).code).toBe(0);
    expect(await filesOf('made')).toEqual(before);
    expect(stage.server.calls).toHaveLength(asked);
    // More rows: the first ones are the same.
    expect((await run({ top: `${GOOD}\nnum_records: 5` }, '--num-records', '8')).code).toBe(0);
    expect((await stage.workspace.rows('made')).map(({ id }) => id)).toEqual([0, 3, 6, 9, 12, 15, 18, 21]);
  });

  it('says so when the seed is used up, and its exit code is 1', async () => {
    judgeThirds();
    const ended = await run({ top: `${GOOD}\nnum_records: 20` }, '--json');
    expect(ended.code).toBe(1);
    expect(JSON.parse(ended.stdout)).toMatchObject({
      error: { message: '14 of 20 wanted rows: the seed is used up' },
      metadata: { status: 'finished', accept: { wanted: 20, accepted: 14 } },
    });
    expect(await metadata()).not.toHaveProperty('shortfall');
    expect((await run({ top: `${GOOD}\nnum_records: 20` }, '--quiet')).stderr).toContain(
      'error: 14 of 20 wanted rows: the seed is used up; give it more rows',
    );
  });

  it('takes the seed again with `cycle`, with other answers', async () => {
    const seen = new Map<number, number>();
    stage.server.handle((call) => {
      const times = (seen.get(rowOf(call)) ?? 0) + 1;
      seen.set(rowOf(call), times);
      call.reply(verdict(rowOf(call) === 7 && times === 3 ? 4 : 1));
    });
    const ended = await run({ seed: 'cycle: true', top: `${GOOD}\nnum_records: 1` });
    expect(ended.code).toBe(0);
    expect((await stage.workspace.rows('made')).map(({ id }) => id)).toEqual([7]);
    expect(await metadata()).toMatchObject({ rows: { done: 1, rejected: 2 * ROWS + 7 } });
  });

  it('without a number takes every row of the seed that passes', async () => {
    judgeThirds();
    const ended = await run({ top: 'accept: { jsonata: "judge.quality.score = 4" }' });
    // The failed row is lost.
    expect(ended.code).toBe(1);
    expect(await stage.workspace.rows('made')).toHaveLength(14);
    expect(await metadata()).toMatchObject({
      rows: { done: 14, failed: 1, rejected: 25 },
      accept: { wanted: null, accepted: 14 },
    });
  });

  it('makes a row once more with `max_attempts`, with another answer, before the next row', async () => {
    const seen = new Map<number, number>();
    stage.server.handle((call) => {
      const row = rowOf(call);
      const times = (seen.get(row) ?? 0) + 1;
      seen.set(row, times);
      if (row === 2 && times === 1) return call.reply('no JSON');
      return call.reply(verdict(times > row ? 4 : times));
    });
    const top = 'accept: { when: judge.quality.score == 4, max_attempts: 3 }\nnum_records: 3';
    expect((await run({ top })).code).toBe(0);
    // Row 3 is bad in each of its attempts but the fourth, which is not made; row 4 likewise.
    const before = await filesOf('made');
    expect((await stage.workspace.rows('made')).map(({ id }) => id)).toEqual([0, 1, 2]);
    expect((await rejected()).map(({ row, attempt, instead }) => [row, attempt, instead])).toEqual([
      [1, 0, 'next_attempt'],
      [2, 1, 'next_attempt'],
    ]);
    expect(await stage.workspace.failures('made')).toMatchObject([
      { row: 2, column: 'judge', instead: 'next_attempt' },
    ]);
    expect(await metadata()).toMatchObject({
      rows: { done: 3, failed: 0, rejected: 0 },
      accept: { accepted: 3, rejected: 2, failed: 1 },
    });
    // The failed attempt is not worth a retry, and a second run makes the same of stored answers.
    expect((await stage.workspace.run(['retry', 'made'], env())).stderr).toContain('nothing failed');
    const asked = stage.server.calls.length;
    await run({ top });
    expect(await filesOf('made')).toEqual(before);
    expect(stage.server.calls).toHaveLength(asked);
  });

  it('stops with a reason when no row passes, after the first rows', async () => {
    stage.server.handle((call) => call.reply(verdict(3)));
    const top = 'accept: { when: judge.quality.score >= 4, give_up_after: 10 }\nnum_records: 30';
    const ended = await run({ top });
    expect(ended.code).toBe(4);
    expect(ended.stderr).toContain(
      'Stopped before the end: none of the first 10 rows was accepted; the last one: judge.quality.score = 3',
    );
    expect(stage.server.calls).toHaveLength(10);
    expect(await metadata()).toMatchObject({
      status: 'limited',
      rows: { done: 0, rejected: 10, unfinished: 30 },
    });
  });

  it('needs no seed: rows are made until there are enough', async () => {
    stage.server.handle((call) => call.reply(verdict(call.index % 4 === 3 ? 4 : 1)));
    const ended = await run({ seed: false, top: `${GOOD}\nnum_records: 12` });
    expect(ended.code).toBe(0);
    expect(await stage.workspace.rows('made')).toHaveLength(12);
  });

  it.each([true, false])(
    'is shared among partitions, which have so many rows together (seed: %s)',
    async (seed) => {
      stage.server.handle((call) => call.reply(verdict((seed ? rowOf(call) : call.index) % 3 === 0 ? 4 : 2)));
      const shape = { seed, top: `${GOOD}\nnum_records: 8` };
      const parts = [0, 1, 2].map((index) => `made-part-0000${index}-of-00003`);
      for (const index of [0, 1, 2])
        expect((await run(shape, '--partition-index', `${index}`, '--num-partitions', '3')).code).toBe(0);
      const counts = await Promise.all(parts.map(async (part) => (await stage.workspace.rows(part)).length));
      expect(counts).toEqual([3, 3, 2]);
      const merge = ['merge', ...parts.map((part) => `artifacts/${part}`), '--dataset-name', 'merged'];
      expect((await stage.workspace.run(merge)).code).toBe(0);
      expect(await stage.workspace.rows('merged')).toHaveLength(8);
      const lost = await Promise.all(parts.map((part) => rejected(part)));
      expect(await rejected('merged')).toHaveLength(lost.flat().length);
      expect(await metadata('merged')).toMatchObject({
        rows: { done: 8, rejected: lost.flat().length },
        accept: { wanted: 8, accepted: 8, rejected: lost.flat().length },
      });
    },
  );

  it('takes every row in a dry run, and says so', async () => {
    const ended = await run({ top: `${GOOD}\nnum_records: 6` }, '--dry-run');
    expect(ended.code).toBe(0);
    expect(ended.stderr).toContain('note: a dry run accepts every row, since its answers are fake');
    expect(await stage.workspace.rows('made-dry-run')).toHaveLength(6);
  });

  it('shows good rows in a preview', async () => {
    judgeThirds();
    const ended = await run({ top: GOOD }, '--preview', '--num-records', '2', '--json');
    expect(JSON.parse(ended.stdout)).toMatchObject({ metadata: { rows: { done: 2, rejected: 1 } } });
  });

  it('keeps the order of the rows whatever the concurrency', async () => {
    judgeThirds();
    const top = `${GOOD}\nnum_records: 9`;
    await run({ top });
    await run(
      { top },
      '--dataset-name', 'other', '--artifact-path', 'elsewhere/artifacts',
      '--set', 'model_configs.m.inference_parameters.max_parallel_requests=1',
    ); // prettier-ignore
    const other = await readFile(stage.workspace.path('elsewhere/artifacts/other/rejected.jsonl'), 'utf8');
    expect((await filesOf('made'))[1]).toBe(other);
  });

  it('with a retry: a row that is good now takes its place, and the last one leaves', async () => {
    judgeThirds();
    await run({ top: `${GOOD}\nnum_records: 3` });
    const before = stage.server.calls.length;
    stage.server.handle((call) => call.reply(verdict(4)));
    const ended = await stage.workspace.run(['retry', 'made'], env());
    expect(ended.code).toBe(0);
    expect(stage.server.calls.slice(before).map(rowOf)).toEqual([1]);
    expect((await stage.workspace.rows('made')).map(({ id }) => id)).toEqual([0, 1, 3]);
  });

  it('with a null cell that a retry turns into a row that is rejected: another row is made', async () => {
    const more = `  - { name: extra, column_type: llm-text, model_alias: m, on_error: null, prompt: "Extra {{ id }}" }`;
    const isLate = { now: false };
    stage.server.handle((call) => {
      if (!call.prompt.startsWith('Extra')) return call.reply(verdict(4));
      if (call.prompt !== 'Extra 1') return call.reply('fine');
      return isLate.now ? call.reply('bad') : call.status(400);
    });
    const top = `accept: extra != 'bad'\nnum_records: 3`;
    expect((await run({ more, top })).code).toBe(0);
    expect((await stage.workspace.rows('made')).map(({ id }) => id)).toEqual([0, 1, 2]);
    isLate.now = true;
    expect((await stage.workspace.run(['retry', 'made'], env())).code).toBe(0);
    expect((await stage.workspace.rows('made')).map(({ id }) => id)).toEqual([0, 2, 3]);
  });

  it('is in the plan', async () => {
    await stage.workspace.write('r.yaml', recipe({ top: `${GOOD}\nnum_records: 7` }));
    const planned = await stage.workspace.run(['plan', 'r.yaml']);
    expect(planned.stdout).toContain('made: 7 rows of local');
    expect(planned.stdout).toContain('- Every row passes `accept`. Each that does not costs another one.');
  });

  it.each([
    ['accept: judge.qualty.score >= 4', '`judge` has no field `qualty`'],
    ['accept: judg.quality.score >= 4', 'there is no column `judg`'],
    ['accept: judge.quality.score >= 9', 'no value of `judge.quality.score` is at least 9'],
    ['accept: judge.quality.score >= 0', 'this condition is true for all values that its columns can have'],
    [
      'accept: judge.quality.score == 1 and judge.quality.score == 4',
      'this condition is false for all values that its columns can have',
    ],
    ['accept: 1 == 1', 'this condition reads no column'],
    ['accept: { when: id > 1, max_attemps: 3 }', 'did you mean `max_attempts`?'],
    ['accept: { when: id > 1, max_attempts: 0 }', 'must be at least 1'],
    ['accept: { when: { jsonata: "id >" } }', 'r.yaml:'],
  ])('%s: a mistake that is found before the first call', async (top, words) => {
    await stage.workspace.write('r.yaml', recipe({ top }));
    const ended = await stage.workspace.run(['validate', 'r.yaml', '--strict']);
    expect(ended.stdout + ended.stderr).toContain(words);
    expect(ended.code).toBe(2);
  });
});
