import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { startModelServer, type ModelServer } from '../rig/model-server.js';
import { createWorkspace, type Ended, type Workspace } from '../rig/program.js';

let workspace: Workspace;
let server: ModelServer;
let asked: number;
let prompts: string[];
beforeEach(async () => {
  workspace = await createWorkspace();
  server = await startModelServer();
  asked = 0;
  prompts = [];
  server.handle((call) => {
    prompts.push(call.prompt);
    call.reply(`answer ${++asked}`);
  });
  const lines = [
    'thread,author,text', 'b,Ann,one', 'a,Bo,two', 'b,Cy,three', 'c,Di,four', 'a,Ed,five', 'c,Flo,six', 'b,Gus,seven',
  ]; // prettier-ignore
  await workspace.write('posts.csv', `${lines.join('\n')}\n`);
});
afterEach(async () => {
  await server.close();
  await workspace.remove();
});

const env = (): Record<string, string> => ({ OPENAI_BASE_URL: server.url, OPENAI_API_KEY: 'sk-test' });
const run = (...args: readonly string[]): Promise<Ended> =>
  workspace.run(['run', 'r.yaml', '--quiet', ...args], env());

async function writeRecipe(keys: string, columns = COLUMNS): Promise<void> {
  await workspace.write(
    'r.yaml',
    `name: r
model_configs: [{ alias: m, provider: openai, model: gpt-test }]
seed_config:
  source: { seed_type: local, path: posts.csv }
  ${keys}
columns:
${columns}`,
  );
}

const COLUMNS = `  - name: said
    column_type: llm-text
    model_alias: m
    prompt: "{% for r in rows %}{{ r.author }}: {{ r.text }} {% endfor %}"
  - { name: first, column_type: expression, expr: "{{ rows[0].text }}" }
  - { name: authors, column_type: expression, jsonata: "rows.author" }
`;
const firsts = async (dataset = 'r'): Promise<readonly unknown[]> =>
  (await workspace.rows(dataset)).map(({ first }) => first);
const text = (dataset: string): string =>
  readFileSync(workspace.path('artifacts', dataset, 'data/part-00000.jsonl'), 'utf8');

describe('group_by', () => {
  it('makes one record of each group, and templates read its rows', async () => {
    await writeRecipe('group_by: thread');
    expect(await run()).toMatchObject({ code: 0, stderr: '' });
    const [record, ...others] = await workspace.rows('r');
    expect(record).toMatchObject({
      thread: 'b',
      row_count: 3,
      first: 'one',
      authors: ['Ann', 'Cy', 'Gus'],
      rows: [{ thread: 'b', author: 'Ann', text: 'one' }, { text: 'three' }, { text: 'seven' }],
    });
    expect(others.map(({ thread }) => thread)).toEqual(['a', 'c']);
    expect(prompts[0]).toContain('Ann: one Cy: three Gus: seven');
  });

  it('asks nothing again in a second run, nor for records whose rows stay the same', async () => {
    await writeRecipe('group_by: thread');
    await run();
    await run();
    expect(asked).toBe(3);
    await workspace.write('posts.csv', `${readFileSync(workspace.path('posts.csv'), 'utf8')}c,Hal,eight\n`);
    await run();
    expect(asked).toBe(4);
  });

  it('comes after dedupe and where, and before the numbers: they count records', async () => {
    await writeRecipe(
      `group_by: [thread]\n  where: author != 'Ann'\n  selection_strategy: { start: 1, end: 2 }`,
    );
    await run();
    expect(await firsts()).toEqual(['three', 'four']);
    await writeRecipe('group_by: thread\n  cycle: true');
    await run('--num-records', '4', '--dry-run', '--dataset-name', 'cycled');
    expect(await firsts('cycled')).toEqual(['one', 'two', 'four', 'one']);
  });

  it('gives partitions whose merge is the dataset of one run', async () => {
    await writeRecipe('group_by: thread\n  window: { size: 1 }\n  sampling_strategy: shuffle');
    await run();
    const before = asked;
    for (const index of ['1', '0'])
      expect((await run('--partition-index', index, '--num-partitions', '2')).code).toBe(0);
    expect(asked).toBe(before);
    const parts = ['r-part-00000-of-00002', 'r-part-00001-of-00002'].map((part) => `artifacts/${part}`);
    expect((await workspace.run(['merge', '--dataset-name', 'merged', ...parts])).code).toBe(0);
    expect(text('merged').split('\n').sort()).toEqual(text('r').split('\n').sort());
  });
});

it('window makes records of consecutive rows, and dd seed shows their columns', async () => {
  await writeRecipe('window: { size: 3, stride: 2 }');
  await run('--dry-run', '--dataset-name', 'windows');
  expect(await firsts('windows')).toEqual(['one', 'three', 'five']);
  const { stdout } = await workspace.run(['seed', 'r.yaml', '--json']);
  expect(JSON.parse(stdout)).toMatchObject({
    rows: 3,
    columns: [
      { name: 'rows', type: 'list' },
      { name: 'row_count', type: 'integer' },
    ],
  });
});

describe('mistakes are found at load', () => {
  it.each([
    ['group_by: thred', '5:13', 'the seed has no column `thred`', 'did you mean `thread`?'],
    ['group_by: [thread, autor]', '5:22', 'the seed has no column `autor`', 'did you mean `author`?'],
    ['window: { size: 0 }', '5:19', 'must be at least 1', ''],
    ['window: { size: 2, stride: 0 }', '5:30', 'must be at least 1', ''],
    ['window: { stride: 2 }', '5:11', '`size`', ''],
    ['group_by: thread\n  where: row_count > 1', '6:10', 'the seed has no column `row_count`', ''],
  ])('%s', async (keys, place, message, hint) => {
    await writeRecipe(keys);
    const { code, stderr } = await workspace.run(['validate', 'r.yaml']);
    expect([code, stderr]).toEqual([2, expect.stringContaining(message)]);
    expect(stderr).toContain(`r.yaml:${place}`);
    expect(stderr).toContain(hint);
  });

  it.each([
    ['rows', 'window: { size: 2 }'],
    ['row_count', 'group_by: row_count'],
  ])('a seed column `%s`', async (name, keys) => {
    await workspace.write('posts.csv', `${name},text\n1,a\n`);
    await writeRecipe(keys, '  - { name: first, column_type: expression, expr: "{{ rows[0].text }}" }\n');
    const { code, stderr } = await workspace.run(['validate', 'r.yaml']);
    expect([code, stderr]).toEqual([2, expect.stringContaining(`the seed has a column \`${name}\``)]);
  });

  it('a field that the rows of a record do not have', async () => {
    await writeRecipe(
      'group_by: thread',
      '  - { name: x, column_type: expression, expr: "{{ rows[0].txt }}" }\n',
    );
    const { stderr } = await workspace.run(['validate', 'r.yaml']);
    expect(stderr).toContain('did you mean `text`?');
    await writeRecipe('group_by: thread', '  - { name: x, column_type: expression, expr: "{{ author }}" }\n');
    expect((await workspace.run(['validate', 'r.yaml'])).stderr).toContain('`author`');
  });
});
