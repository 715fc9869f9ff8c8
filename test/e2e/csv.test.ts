import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { startModelServer, type ModelServer } from '../rig/model-server.js';
import { createWorkspace, type Ended, type Workspace } from '../rig/program.js';

let workspace: Workspace;
let server: ModelServer;
beforeEach(async () => {
  workspace = await createWorkspace();
  server = await startModelServer();
  server.handle((call) => call.reply('fine'));
  await workspace.write(
    'reviews.csv',
    `id,Review text,stars\n${Array.from({ length: 12 }, (_, n) => `${n},"good, ${n}",${n % 5}`).join('\n')}\n`,
  );
});
afterEach(async () => {
  await server.close();
  await workspace.remove();
});

const recipeOf = (...columns: readonly string[]): string =>
  [
    'name: r',
    'model_configs: [{ alias: m, provider: openai, model: gpt-test }]',
    'seed_config: { source: { seed_type: local, path: reviews.csv } }',
    'columns:',
    '  - { name: said, column_type: llm-text, model_alias: m, prompt: "Rate {{ stars }}" }',
    ...columns.map((column) => `  - { column_type: expression, ${column} }`),
  ].join('\n');
const dd = async (command: string, recipe: string, ...flags: readonly string[]): Promise<Ended> => {
  await workspace.write('r.yaml', recipe);
  return workspace.run([command, 'r.yaml', ...flags], {
    OPENAI_BASE_URL: server.url,
    OPENAI_API_KEY: 'sk-test',
  });
};

describe('types of seed columns', () => {
  it('let numbers be compared, and reach the dataset', async () => {
    const ended = await dd('run', recipeOf('name: good, dtype: bool, expr: "{{ stars > 3 }}"'), '-q');
    expect(ended).toMatchObject({ code: 0, stderr: '' });
    expect((await workspace.rows('r'))[4]).toMatchObject({ id: 4, stars: 4, good: true });
  });

  it.each([
    ['expr: "{{ stars > 3 }}"', 'compare it as a number: `stars | int`'],
    ['jsonata: stars > 3', 'compare it as a number: `$number(stars)`'],
  ])('take part in validation: %s with text', async (expression, hint) => {
    const recipe = recipeOf(`name: good, dtype: bool, ${expression}`).replace(
      'reviews.csv',
      'reviews.csv, types: text',
    );
    const { code, stderr } = await dd('run', recipe);
    expect([code, stderr]).toEqual([
      2,
      expect.stringContaining('`stars` cannot be compared with the number 3: it is text'),
    ]);
    expect(stderr).toContain(hint);
    expect(server.calls).toHaveLength(0);
  });

  it('take part in validation: a number with text', async () => {
    const { code, stderr } = await dd('run', recipeOf(`name: good, dtype: bool, expr: "{{ stars > '3' }}"`));
    expect([code, stderr]).toEqual([2, expect.stringContaining('write the number without quotes')]);
  });
});

describe('an expression that fails on all of the first rows', () => {
  it('stops the run before a model is asked', async () => {
    const { code, stderr } = await dd(
      'run',
      recipeOf('name: n, dtype: int, expr: "{{ [stars, id] }}"'),
      '-q',
    );
    expect([code, stderr]).toEqual([
      2,
      expect.stringContaining('column `n` fails in each of the first 10 rows'),
    ]);
    expect(stderr).toContain('r.yaml:6:');
    expect(server.calls).toHaveLength(0);
  });

  it('is no reason to stop when one of them is well', async () => {
    const { code } = await dd(
      'run',
      recipeOf(`name: n, dtype: int, expr: "{{ 'x' if stars < 4 else 1 }}"`),
      '-q',
    );
    expect(code).toBe(1);
    expect(server.calls).toHaveLength(12);
  });
});

describe('a header with a blank', () => {
  it('is read with row["…"], in prompts, expressions and `where`', async () => {
    const recipe = recipeOf(`name: loud, expr: '{{ row["Review text"] | upper }}'`)
      .replace('Rate {{ stars }}', "Rate {{ row['Review text'] }}")
      .replace('path: reviews.csv }', `path: reviews.csv }, where: 'row["Review text"] != "good, 3"'`);
    expect((await dd('run', recipe, '-q')).code).toBe(0);
    expect(server.calls).toHaveLength(11);
    expect(server.calls[0]?.prompt).toBe('Rate good, 0');
    expect((await workspace.rows('r'))[0]).toMatchObject({ loud: 'GOOD, 0' });
  });

  it.each([
    [`expr: "{{ Review_text }}"`, 'did you mean `row["Review text"]`?'],
    [`expr: "{{ Review text }}"`, '{{ row["Review text"] }}'],
    [`expr: "{{ row['Review txt'] }}"`, 'did you mean `Review text`?'],
    ['jsonata: Review_text', 'did you mean `Review text`? Backticks belong to such a name'],
  ])('is what hints say: %s', async (expression, hint) => {
    const { code, stderr } = await dd('validate', recipeOf(`name: a, ${expression}`));
    expect([code, stderr]).toEqual([2, expect.stringContaining(hint)]);
  });
});

describe('dd seed', () => {
  it('lists columns with types and examples while the recipe has mistakes elsewhere', async () => {
    const recipe = recipeOf('name: a, expr: "{{ strs }}"', 'name: b, exp: no').replace(
      'model_alias: m',
      'model_alias: n',
    );
    const { code, stdout, stderr } = await dd('seed', recipe);
    expect(code).toBe(0);
    expect(stderr).toContain('mistakes outside its seed: dd validate shows them');
    expect(stdout).toMatch(/^stars +integer +all +0$/m);
    expect(stdout).toMatch(/^Review text +text +all +good, 0$/m);
    expect(stdout).toContain('`Review text` is read with {{ row["Review text"] }}');
    const { columns } = JSON.parse((await dd('seed', recipe, '--json')).stdout);
    expect(columns[0]).toEqual({ name: 'id', type: 'integer', filled: 12, example: '0' });
  });

  it('lists what was redacted by kind and place, never the value; a recipe may say no', async () => {
    await workspace.write('rows.jsonl', '{"a":"x"}\n{"a":"x","b":["PASSWORD=Tr0ub4dor3, acme_k7Qz2mX9"]}\n');
    const recipe = recipeOf().replace('path: reviews.csv }', 'path: rows.jsonl }');
    const { code, stdout } = await dd('seed', recipe, '--secrets');
    expect(code).toBe(0);
    expect(stdout).toMatch(/^kind +row +place +times +file$/m);
    expect(stdout).toMatch(/^password +1 +b\[0\] +1/m);
    expect(stdout).not.toContain('Tr0ub4dor3');

    const own = 'rows.jsonl }, redact: { rules: [ { kind: acme-token, pattern: "acme_[A-Za-z0-9]{8}" } ] }';
    const { redacted } = JSON.parse(
      (await dd('seed', recipe.replace('rows.jsonl }', own), '--secrets', '--json')).stdout,
    );
    expect(redacted).toEqual([
      { kind: 'password', row: 1, place: 'b[0]', count: 1, file: null },
      { kind: 'acme-token', row: 1, place: 'b[0]', count: 1, file: null },
    ]);
    const off = await dd('seed', recipe.replace('rows.jsonl }', 'rows.jsonl }, redact: false'), '--secrets');
    expect(off.stdout).toBe('nothing was redacted\n');
  });

  it('shows the columns of JSON Lines too, and without a broken `where`', async () => {
    await workspace.write('rows.jsonl', '{"a":["x"],"b":{"c":1}}\n{"a":null,"b":null,"d":1.5}\n');
    const recipe = recipeOf().replace('path: reviews.csv }', 'path: rows.jsonl }, where: "{{ e == 1 }}"');
    const { stdout } = await dd('seed', recipe);
    expect(stdout).toMatch(/^a +list +1 of 2 +\["x"\]$/m);
    expect(stdout).toMatch(/^b +object +1 of 2 +{"c":1}$/m);
    expect(stdout).toMatch(/^d +number +1 of 2 +1.5$/m);
  });

  it('still refuses a seed with mistakes', async () => {
    const { code, stderr } = await dd('seed', recipeOf().replace('path: reviews.csv', 'pth: reviews.csv'));
    expect([code, stderr]).toEqual([2, expect.stringContaining('pth')]);
  });

  it('says that a file with a header alone has no rows', async () => {
    await workspace.write('reviews.csv', 'id,stars\n');
    expect((await dd('seed', recipeOf())).stdout).toContain('no rows, only a header');
    const { code, stderr } = await dd('run', recipeOf());
    expect([code, stderr]).toEqual([2, expect.stringContaining('no rows, only a header')]);
  });
});
