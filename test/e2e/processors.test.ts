import { readFile, readdir } from 'node:fs/promises';
import { DuckDBInstance } from '@duckdb/node-api';
import { describe, expect, it } from '@jest/globals';
import type { Json, JsonObject } from '../../src/core/json.js';
import type { Ended } from '../rig/program.js';
import { useStage } from '../rig/stage.js';

const stage = useStage();
const env = (): Record<string, string> => ({ OPENAI_BASE_URL: stage.server.url, OPENAI_API_KEY: 'sk-test' });
const run = (...args: readonly string[]): Promise<Ended> =>
  stage.workspace.run(['run', 'recipe.yaml', ...args], env());
const path = (...parts: readonly string[]): string => stage.workspace.path('artifacts', 'topics', ...parts);
const lines = async (file: string): Promise<readonly JsonObject[]> =>
  (await readFile(file, 'utf8'))
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as JsonObject);
const processorsOf = async (dataset = 'topics'): Promise<Json | undefined> =>
  (await stage.workspace.metadata(dataset))['processors'];

const TOPICS: readonly JsonObject[] = [
  { topic: 'red', size: 3, tags: ['warm', 'old'] },
  { topic: 'green', size: 1, tags: [] },
  { topic: 'Red', size: 2, tags: ['warm'] },
  { topic: 'blue', size: 5, tags: ['cold'] },
  { topic: 'grey', size: null, tags: null },
  { topic: 'teal', size: 4, tags: ['cold', 'new'] },
];

/** A recipe over topics, with a column that a model makes and one that is dropped. */
async function writeRecipe(processors: string, topics: readonly JsonObject[] = TOPICS): Promise<void> {
  await stage.workspace.write('topics.jsonl', topics.map((row) => `${JSON.stringify(row)}\n`).join(''));
  await stage.workspace.write(
    'recipe.yaml',
    `name: topics
model_configs: [{ alias: m, provider: openai, model: gpt-test }]
seed_config: { source: { seed_type: local, path: topics.jsonl } }
columns:
  - { name: text, column_type: llm-text, model_alias: m, prompt: "Tell of {{ topic }}" }
  - { name: rank, column_type: expression, dtype: int, drop: true, expr: "{{ topic | length }}" }
processors:
${processors}`,
  );
  stage.server.handle((call) =>
    call.reply(`All about ${call.prompt.replace('Tell of ', '').toLowerCase()}.`),
  );
}

describe('processors', () => {
  it('change the rows in their order, and what each left out is kept with its reason', async () => {
    await writeRecipe(`
  - { name: sized, processor_type: filter, where: size }
  - { name: once, processor_type: dedupe, by: text, share: 1 }
  - { name: best, processor_type: sort, by: [rank, size], order: [asc, desc] }
  - { name: tags, processor_type: explode, column: tags }
  - { name: clean, processor_type: drop_columns, column_names: ["s?z*"] }
`);
    const ended = await run();
    expect(ended.code).toBe(0);
    expect(await stage.workspace.rows('topics')).toEqual([
      { topic: 'red', tags: 'warm', text: 'All about red.' },
      { topic: 'red', tags: 'old', text: 'All about red.' },
      { topic: 'blue', tags: 'cold', text: 'All about blue.' },
      { topic: 'teal', tags: 'cold', text: 'All about teal.' },
      { topic: 'teal', tags: 'new', text: 'All about teal.' },
      { topic: 'green', tags: null, text: 'All about green.' },
    ]);
    expect(await lines(path('processors-files/sized/left-out.jsonl'))).toEqual([
      { row: 4, reason: '`where` does not hold', values: { ...TOPICS[4], text: 'All about grey.' } },
    ]);
    expect(await lines(path('processors-files/once/left-out.jsonl'))).toEqual([
      {
        row: 2,
        reason: 'it is equal to an earlier row',
        duplicate_of: 0,
        share: 1,
        values: { ...TOPICS[2], text: 'All about red.' },
      },
    ]);
    expect(await processorsOf()).toEqual([
      { name: 'sized', type: 'filter', rows_in: 6, rows_out: 5, left_out: { '`where` does not hold': 1 } },
      {
        name: 'once',
        type: 'dedupe',
        rows_in: 5,
        rows_out: 4,
        left_out: { 'it is equal to an earlier row': 1 },
      },
      { name: 'best', type: 'sort', rows_in: 4, rows_out: 4, left_out: {} },
      { name: 'tags', type: 'explode', rows_in: 4, rows_out: 6, left_out: {} },
      { name: 'clean', type: 'drop_columns', rows_in: 6, rows_out: 6, left_out: {} },
    ]);
    expect(await stage.workspace.metadata('topics')).toMatchObject({ rows: { done: 6, failed: 0 } });
    expect(ended.stderr).toContain(
      'processor once (dedupe): 5 → 4 rows; 1 left out: it is equal to an earlier row\n',
    );
    expect(ended.stderr).toContain('topics/processors-files/NAME/left-out.jsonl');
    // Nothing is left of the files that the sorting needed.
    expect((await readdir(path())).sort()).toEqual([
      'data',
      'failures.jsonl',
      'metadata.json',
      'processors-files',
      'recipe.yaml',
    ]);
  });

  it('are typed in Parquet as their columns are, and other programs read it', async () => {
    await writeRecipe(`
  - { name: clean, processor_type: drop_columns, column_names: [tags] }
  - name: chat
    processor_type: schema_transform
    keep_types: true
    template: { messages: [{ role: user, content: "{{ topic }}" }], rank: "{{ rank }}", size: "{{ size }}", fixed: 1.5 }
`);
    expect((await run()).code).toBe(0);
    const connection = await (await DuckDBInstance.create(':memory:')).connect();
    const typesOf = async (file: string): Promise<readonly unknown[]> =>
      (await connection.runAndReadAll(`describe select * from '${path(file)}'`))
        .getRows()
        .map((row) => row.slice(0, 2));
    expect(await typesOf('data/*.parquet')).toEqual([
      ['topic', 'VARCHAR'],
      ['size', 'BIGINT'],
      ['text', 'VARCHAR'],
    ]);
    expect(await typesOf('processors-files/chat/data/*.parquet')).toEqual([
      ['messages', 'STRUCT("role" VARCHAR, "content" VARCHAR)[]'],
      ['rank', 'BIGINT'],
      ['size', 'BIGINT'],
      ['fixed', 'DOUBLE'],
    ]);
    const rows = await connection.runAndReadAll(
      `select messages[1].content, rank, size from '${path('processors-files/chat/data/*.parquet')}' limit 2`,
    );
    expect(rows.getRows()).toEqual([
      ['red', 3n, 3n],
      ['green', 5n, 1n],
    ]);
  });

  it('ask no model when they change, and give the same bytes again', async () => {
    await writeRecipe('  - { name: some, processor_type: sample, share: 0.5 }\n');
    await run();
    const first = await readFile(path('data/part-00000.jsonl'), 'utf8');
    expect(first.split('\n')).toHaveLength(4);
    expect(stage.server.calls).toHaveLength(6);
    await writeRecipe('  - { name: by, processor_type: sort, by: topic }\n');
    expect((await run()).code).toBe(0);
    expect((await stage.workspace.rows('topics')).map(({ topic }) => topic)).toEqual([
      'Red',
      'blue',
      'green',
      'grey',
      'red',
      'teal',
    ]);
    expect(await readdir(path())).not.toContain('processors-files');
    await writeRecipe('  - { name: some, processor_type: sample, share: 0.5 }\n');
    await run();
    expect(await readFile(path('data/part-00000.jsonl'), 'utf8')).toBe(first);
    expect(stage.server.calls).toHaveLength(6);
  });

  it('see what a retry has made as if it had never failed', async () => {
    await writeRecipe('  - { name: by, processor_type: sort, by: size, order: desc }\n');
    stage.server.handle((call) =>
      call.prompt.includes('teal')
        ? call.status(400, { body: { error: { message: 'x', code: 'context_length_exceeded' } } })
        : call.reply('fine'),
    );
    expect((await run()).code).toBe(1);
    const topics = async (): Promise<readonly unknown[]> =>
      (await stage.workspace.rows('topics')).map(({ topic }) => topic);
    expect(await topics()).toEqual(['blue', 'red', 'Red', 'green', 'grey']);
    stage.server.handle((call) => call.reply('fine'));
    expect((await stage.workspace.run(['retry', 'topics'], env())).code).toBe(0);
    expect(await topics()).toEqual(['blue', 'teal', 'red', 'Red', 'green', 'grey']);
  });

  it('run in a preview too, which writes nothing', async () => {
    await writeRecipe('  - { name: big, processor_type: filter, where: size > 3 }\n');
    const ended = await run('--preview', '--json');
    const { records } = JSON.parse(ended.stdout) as { records: readonly JsonObject[] };
    expect(records.map(({ topic }) => topic)).toEqual(['blue', 'teal']);
    expect(await readdir(stage.workspace.dir)).not.toContain('artifacts');
  });

  it('of partitions run in dd merge, which gives the very dataset of one run', async () => {
    await writeRecipe(`
  - { name: once, processor_type: dedupe, by: text }
  - { name: by, processor_type: sort, by: rank }
  - { name: chat, processor_type: schema_transform, template: { q: "{{ topic }}", n: "{{ rank }}" } }
  - { name: some, processor_type: sample, size: 3 }
`);
    stage.server.handle((call) =>
      call.prompt.includes('green')
        ? call.status(400, { body: { error: { message: 'x', code: 'context_length_exceeded' } } })
        : call.reply(`About ${call.prompt.toLowerCase()}`),
    );
    await run();
    const parts = ['part-0', 'part-1', 'part-2'];
    for (const [index, name] of parts.entries()) {
      const flags = ['--partition-index', String(index), '--num-partitions', '3', '--dataset-name', name];
      const ended = await run(...flags);
      expect(ended.stderr).toContain('this is a partition: dd merge runs the processors');
    }
    expect(await stage.workspace.rows('part-0')).toMatchObject([{ topic: 'red', rank: 3 }]);
    const folders = parts.map((name) => stage.workspace.path('artifacts', name));
    const merged = await stage.workspace.run(['merge', ...folders, '--dataset-name', 'merged']);
    expect(merged.code).toBe(1);
    const files = [...(await stage.workspace.everything())];
    const of = (name: string): readonly (readonly [string, string])[] =>
      files
        .filter(([file]) => file.includes(`/artifacts/${name}/`) && !file.endsWith('metadata.json'))
        .map(([file, text]) => [file.split(`/${name}/`)[1] ?? '', text] as const)
        .sort();
    expect(of('merged').map(([file]) => file)).toContain('processors-files/chat/data/part-00000.parquet');
    expect(of('merged')).toEqual(of('topics'));
    expect(await processorsOf('merged')).toEqual(await processorsOf('topics'));
    expect(await stage.workspace.metadata('merged')).not.toHaveProperty('processors_due');
  });
});

describe('a processor of a plugin', () => {
  const PLUGIN = `export default {
    name: 'twice',
    processors: [{
      type: 'twice',
      summary: 'Each row twice.',
      schema: { properties: { column: { type: 'string' } }, required: ['column'] },
      prepare: ({ name, column }, { columns }) => ({
        name,
        type: 'twice',
        references: [],
        named: [{ name: column, at: ['column'] }],
        columns,
        async *pass(rows) {
          for await (const passing of rows) {
            yield passing;
            yield { ...passing, row: { ...passing.row, [column]: 'again' } };
          }
        },
      }),
    }],
  };`;

  it('is checked and run like the others, and is not merged', async () => {
    await stage.workspace.write('twice.mjs', PLUGIN);
    const recipe = async (column: string): Promise<void> => {
      await writeRecipe(`  - { name: both, processor_type: twice, column: ${column} }\n`, TOPICS.slice(0, 2));
      const text = await readFile(stage.workspace.path('recipe.yaml'), 'utf8');
      await stage.workspace.write('recipe.yaml', `plugins: [./twice.mjs]\n${text}`);
    };
    await recipe('topik');
    expect((await run('--allow-plugins')).stderr).toContain('the dataset has no column `topik`');
    await recipe('topic');
    expect((await run()).stderr).toContain('this `processor_type` could not be checked');
    expect((await run('--allow-plugins')).code).toBe(0);
    expect((await stage.workspace.rows('topics')).map(({ topic }) => topic)).toEqual([
      'red',
      'again',
      'green',
      'again',
    ]);
    const parts = ['0', '1'].map((index) => stage.workspace.path('artifacts', `part-${index}`));
    for (const index of ['0', '1'])
      await run(
        '--allow-plugins', '--partition-index', index, '--num-partitions', '2', '--dataset-name', `part-${index}`,
      ); // prettier-ignore
    const merged = await stage.workspace.run(['merge', ...parts, '--dataset-name', 'merged']);
    expect([merged.code, merged.stderr]).toEqual([2, expect.stringContaining('they come from a plugin')]);
  });
});

describe('schema_transform', () => {
  const TEMPLATE = `
  - name: chat
    processor_type: schema_transform
    template:
      text: 'Say "{{ topic }}" in {{ size }} words'
      length: "{{ topic | length }}"
      list: "{{ tags }}"
      none: "{{ size }}"
      deep: { flag: true, items: [1, "{{ topic }}"] }
`;

  it('makes a dataset beside the main one, of texts, as Data Designer does', async () => {
    await writeRecipe(TEMPLATE, [
      { topic: 'a "b"\\n', size: null, tags: ['x', 'y'] },
      { topic: 'teal', size: 2, tags: [] },
    ]);
    const ended = await run();
    expect(ended.stderr).toContain(
      'processor chat (schema_transform): 2 rows; 2 rows for processors-files/chat',
    );
    expect(await lines(path('processors-files/chat/data/part-00000.jsonl'))).toEqual([
      {
        text: 'Say "a "b"\\n" in null words',
        length: '7',
        list: '["x", "y"]',
        none: 'null',
        deep: { flag: true, items: [1, 'a "b"\\n'] },
      },
      {
        text: 'Say "teal" in 2 words',
        length: '4',
        list: '[]',
        none: '2',
        deep: { flag: true, items: [1, 'teal'] },
      },
    ]);
    expect(await stage.workspace.rows('topics')).toHaveLength(2);
  });

  it('can be shown, exported and viewed by its folder', async () => {
    await writeRecipe(TEMPLATE);
    await run();
    const show = await stage.workspace.run(['show', 'topics/processors-files/chat', '--row', '1']);
    expect(show.stdout).toContain('row 1 · 6 rows in all');
    const exported = await stage.workspace.run([
      'export',
      'artifacts/topics/processors-files/chat',
      '--format',
      'csv',
    ]);
    expect(exported.code).toBe(0);
    expect((await readFile(stage.workspace.path('chat.csv'), 'utf8')).split(/\r?\n/)[0]).toBe(
      'text,length,list,none,deep',
    );
    const view = await stage.workspace.run([
      'view',
      'artifacts/topics/processors-files/chat',
      '--bundle',
      'page',
    ]);
    expect([view.code, view.stderr]).toEqual([0, expect.any(String)]);
  });

  it('keeps a row in left-out.jsonl that has no place in the template', async () => {
    await writeRecipe(
      '  - { name: chat, processor_type: schema_transform, template: { first: "{{ 10 / size }}" } }\n',
    );
    const lost = '1 of 6 rows could not be made for processors-files/chat';
    const ended = await run();
    expect([ended.code, ended.stderr]).toEqual([
      1,
      expect.stringContaining(`error: ${lost} (its left-out.jsonl says why)`),
    ]);
    const again = await run('--json');
    expect(JSON.parse(again.stdout)).toMatchObject({ ok: false, exit_code: 1, error: { message: lost } });
    const leftOut = await lines(path('processors-files/chat/left-out.jsonl'));
    expect(leftOut.map(({ row }) => row)).toEqual([4]);
    expect(String(leftOut[0]?.['reason'])).toMatch(/^it has no place in the template: /);
    expect(await stage.workspace.rows('topics')).toHaveLength(6);
  });
});
