/** `on_error` of a column: what becomes of a cell that fails after all retries. */
import { describe, expect, it } from '@jest/globals';
import { parquetReadObjects } from 'hyparquet';
import { readFile } from 'node:fs/promises';
import type { Ended } from '../rig/program.js';
import { useStage } from '../rig/stage.js';

const stage = useStage((workspace) =>
  workspace.write('seed.jsonl', ['a', 'b', 'c', 'd'].map((id) => JSON.stringify({ id })).join('\n')),
);

const env = (): Record<string, string> => ({ OPENAI_BASE_URL: stage.server.url, OPENAI_API_KEY: 'sk-test' });

const recipe = (onError: string, more = ''): string => `name: made
model_configs: [{ alias: m, provider: openai, model: ok }]
seed_config: { source: { seed_type: local, path: seed.jsonl } }
run_config: { max_conversation_restarts: 0, max_conversation_correction_steps: 0, disable_early_shutdown: true }
columns:
  - name: score
    column_type: llm-structured
    model_alias: m
    prompt: "Score {{ id }}"
    with_trace: last_message
    output_format: { type: object, properties: { n: { type: integer } }, required: [n] }
    ${onError}
  - { name: said, column_type: expression, expr: "{{ score.n | default('nothing') }}" }
${more}`;

async function run(onError: string, more?: string): Promise<Ended> {
  await stage.workspace.write('r.yaml', recipe(onError, more));
  return stage.workspace.run(['run', 'r.yaml'], env());
}

/** Row `b` never gets a valid answer. */
const failB = (): void =>
  stage.server.handle((call) =>
    call.prompt.includes('Score b') ? call.reply('I would say seven.') : call.reply({ n: 7 }),
  );

describe('on_error', () => {
  it.each(['on_error: null', 'on_error: "null"'])(
    '%s: the cell is null, what reads it is made, and the row counts as done',
    async (key) => {
      failB();
      const ended = await run(key);
      expect(ended.code).toBe(0);
      expect(ended.stderr).toContain('4 rows done in');
      expect(ended.stderr).toContain(
        'null for 1 cell that failed: 1 score (each with its reason in failures.jsonl',
      );
      const rows = await stage.workspace.rows('made');
      expect(rows.map(({ id, said }) => [id, said])).toEqual([
        ['a', '7'],
        ['b', 'nothing'],
        ['c', '7'],
        ['d', '7'],
      ]);
      expect(rows[1]).toEqual({ id: 'b', score: null, score__trace: null, said: 'nothing' });
      expect(await stage.workspace.failures('made')).toMatchObject([
        {
          row: 1,
          column: 'score',
          instead: 'null',
          class: 'schema',
          attempts: [{ answer: 'I would say seven.' }],
        },
      ]);
      const metadata = await stage.workspace.metadata('made');
      expect(metadata).toMatchObject({
        rows: { done: 4, failed: 0 },
        failures: {},
        null_cells: { score: 1 },
      });
    },
  );

  it('keep_raw: a side column has the last answer, and Parquet keeps the type of the cell', async () => {
    failB();
    expect((await run('on_error: keep_raw')).code).toBe(0);
    const rows = await stage.workspace.rows('made');
    expect(rows.map(({ score, score__raw }) => [score, score__raw])).toEqual([
      [{ n: 7 }, null],
      [null, 'I would say seven.'],
      [{ n: 7 }, null],
      [{ n: 7 }, null],
    ]);
    const file = await readFile(stage.workspace.path('artifacts/made/data/part-00000.parquet'));
    const table = await parquetReadObjects({
      file: file.buffer.slice(file.byteOffset, file.byteOffset + file.byteLength) as ArrayBuffer,
    });
    expect([table[1]?.['score'] ?? null, table[1]?.['score__raw']]).toEqual([null, 'I would say seven.']);
    expect(table[0]?.['score']).toEqual({ n: 7n });
  });

  it('fail, as without the key: the row fails', async () => {
    failB();
    expect((await run('on_error: fail')).code).toBe(1);
    expect(await stage.workspace.failures('made')).toEqual([
      expect.not.objectContaining({ instead: expect.anything() }),
    ]);
    expect(await stage.workspace.metadata('made')).not.toHaveProperty('null_cells');
  });

  it('dd retry asks again for the cell and what reads it, and nothing else', async () => {
    failB();
    await run('on_error: null');
    const before = stage.server.calls.length;
    stage.server.handle((call) => call.reply({ n: 9 }));
    const ended = await stage.workspace.run(['retry', 'made'], env());
    expect(ended.code).toBe(0);
    expect(stage.server.calls.slice(before).map(({ prompt }) => prompt.slice(0, 7))).toEqual(['Score b']);
    expect((await stage.workspace.rows('made'))[1]).toMatchObject({ score: { n: 9 }, said: '9' });
    expect(await stage.workspace.failures('made')).toEqual([]);
    expect(await stage.workspace.metadata('made')).not.toHaveProperty('null_cells');
  });

  it('dd retry of another column leaves the cell null, without a call', async () => {
    failB();
    await run('on_error: null');
    const before = stage.server.calls.length;
    await stage.workspace.run(['retry', 'made', '--column', 'said'], env());
    expect(stage.server.calls).toHaveLength(before);
    expect((await stage.workspace.rows('made'))[1]).toMatchObject({ score: null });
  });

  it('never hides a refused key', async () => {
    stage.server.handle((call) => call.status(401));
    expect((await run('on_error: null')).code).toBe(3);
  });

  it('an expression that fails in every row stops nothing: no row is lost with it', async () => {
    stage.server.handle((call) => call.reply({ n: 1 }));
    await stage.workspace.write(
      'seed.jsonl',
      Array.from({ length: 30 }, (_, id) => JSON.stringify({ id: `id ${id}` })).join('\n'),
    );
    const bad = (name: string, reads: string): string =>
      `  - { name: ${name}, column_type: expression, dtype: int, expr: "x{{ ${reads} }}", on_error: null }`;
    const more = [bad('late', 'score.n'), bad('early', 'id')].join('\n');
    await stage.workspace.write('r.yaml', recipe('', more).replace(', disable_early_shutdown: true', ''));
    const ended = await stage.workspace.run(['run', 'r.yaml'], env());
    expect(ended.code).toBe(0);
    expect(await stage.workspace.metadata('made')).toMatchObject({
      rows: { done: 30 },
      null_cells: { early: 30, late: 30 },
    });
  });

  it('a prompt that cannot be filled in makes its cell null as well', async () => {
    stage.server.handle((call) => call.reply({ n: 1 }));
    await run(
      '',
      '  - { name: more, column_type: llm-text, model_alias: m, prompt: "{% if id != \'b\' %}x{% endif %}", on_error: null }',
    );
    const rows = await stage.workspace.rows('made');
    expect(rows.map(({ more }) => more === null)).toEqual([false, true, false, false]);
  });

  it.each([
    [
      'keep_raw of a column that asks no model',
      'keep_raw',
      'column `x` asks no model, so there is no answer to keep',
    ],
    ['a word that there is not', 'ignore', 'on_error'],
  ])('%s is a mistake', async (_what, value, words) => {
    await stage.workspace.write(
      'r.yaml',
      recipe('', `  - { name: x, column_type: expression, expr: "{{ id }}", on_error: ${value} }`),
    );
    const ended = await stage.workspace.run(['validate', 'r.yaml'], env());
    expect(ended.code).toBe(2);
    expect(ended.stdout + ended.stderr).toContain(words);
  });
});
