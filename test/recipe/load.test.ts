import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';

import { loadRecipe } from '../../src/recipe/load.js';
import { check, folder, load, registries } from './support.js';

const columns = 'columns: [{ name: a, column_type: expression, expr: x }]\n';

async function inFolder(files: Readonly<Record<string, string>>, name: string) {
  const cwd = folder(files);
  return loadRecipe(name, { cwd }, registries);
}

describe('a recipe file', () => {
  it('that is missing is reported with the name that was meant', async () => {
    expect((await inFolder({ 'agent.yaml': columns }, 'agnet.yaml')).problems).toMatchObject([
      { code: 'file-not-found', message: 'this file does not exist', hint: 'did you mean `agent.yaml`?' },
    ]);
  });

  it('that is a folder is reported with a file in it', async () => {
    const { problems, recipe } = await inFolder({ 'recipes/agent.yaml': columns }, 'recipes');
    expect(problems).toMatchObject([
      { message: 'this file is a folder, not a file', hint: 'for example recipes/agent.yaml' },
    ]);
    expect(recipe).toBeUndefined();
  });

  it('may be a pipe, and what it refers to may not: that could take forever', async () => {
    const schema = 'output_format: { $ref: pipe.json }';
    const column = `  - { name: a, column_type: llm-structured, model_alias: m, prompt: x, ${schema} }\n`;
    const cwd = folder({ 'a.yaml': `name: a\ncolumns:\n${column}` });
    execFileSync('mkfifo', [join(cwd, 'pipe.json')]);
    const { problems } = await loadRecipe('a.yaml', { cwd }, registries);
    expect(problems.map(({ message }) => message).join()).toContain('is not a regular file');
  });

  it('that is larger than 5 MB is refused', async () => {
    expect((await inFolder({ 'big.yaml': `#${'x'.repeat(5_300_000)}` }, 'big.yaml')).problems).toMatchObject([
      { code: 'file-too-large' },
    ]);
  });

  for (const [name, text] of Object.entries({
    empty: '',
    'a comment': '# hi\n',
    'a list': '- a\n',
    'a text': 'hello\n',
  })) {
    it(`that holds ${name} is no recipe`, async () => {
      const { diagnostics } = await check(text);
      expect(diagnostics).toMatchObject([{ code: 'empty-recipe', hint: 'begin with `columns:`' }]);
    });
  }

  it('gives the recipe its name when it has none', async () => {
    expect((await inFolder({ 'my recipe.v2.yaml': columns }, 'my recipe.v2.yaml')).recipe?.name).toBe(
      'my-recipe.v2',
    );
    expect((await inFolder({ 'a.yaml': `name: b\n${columns}` }, 'a.yaml')).recipe?.name).toBe('b');
  });

  it('may be JSON', async () => {
    const { recipe, problems } = await inFolder(
      { 'a.json': `{\n\t"columns": [{ "name": "a", "column_type": "expression", "expr": "x" }]\n}` },
      'a.json',
    );
    expect(problems).toEqual([]);
    expect(recipe?.columns).toHaveLength(1);
  });

  it('is found from the folder given, and known by its absolute path', async () => {
    const cwd = folder({ 'a.yaml': columns });
    expect((await loadRecipe('./a.yaml', { cwd }, registries)).file).toBe(join(cwd, 'a.yaml'));
  });
});

describe('the wrapper of Data Designer', () => {
  const wrapped = `data_designer:\n  ${columns}library_version: 0.5.0\n`;

  it('is taken off', async () => {
    const { recipe, problems } = await load(wrapped);
    expect(problems).toEqual([]);
    expect(recipe).toMatchObject({ name: 'recipe', columns: [{ name: 'a' }] });
  });

  it('moves no place', async () => {
    const { summary } = await check(
      'data_designer:\n  columns: [{ name: a, column_type: expression, exprr: x }]\n',
    );
    expect(summary).toEqual(['2:49 unknown-key exprr']);
  });

  it('has nothing of the recipe beside it', async () => {
    const { summary } = await check(`params: {}\n${wrapped}`);
    expect(summary).toEqual(['1:1 unknown-key params']);
  });
});

describe('ten mistakes in one recipe', () => {
  const recipe = `name: ten
descripton: one
model_configs:
  - { alias: super, provider: nvida, model: two }
seed_config:
  source: { seed_type: traces, format: codx }
columns:
  - name: digest
    column_type: llm-text
    model_alias: supr
    prompt: |
      Read this:
        {{ mesages }}
  - name: a
    column_type: expression
    expr: "{{ b }}"
  - name: b
    column_type: expression
    expr: "{{ a }}"
  - name: digest
    column_type: expression
    expr: "{{ ! }}"
  - name: c
    column_type: expresion
    expr: x
  - name: d
    column_type: expression
    expr: {{ a }}
    drop: yes
`;

  it('are all reported at once, each at its place', async () => {
    const { summary, plan } = await check(recipe);
    expect(plan).toBeUndefined();
    expect(summary).toEqual([
      '2:1 unknown-key descripton',
      '4:31 unknown-provider nvida',
      '6:40 unknown-value codx',
      '10:18 unknown-model supr',
      '13:12 unknown-column mesages',
      '16:15 cycle b',
      '20:11 duplicate-column digest',
      '22:15 template-syntax !',
      '24:18 unknown-value expresion',
      '28:11 unquoted-template {{ a }}',
      '29:11 wrong-type yes',
    ]);
  });
});
