import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import type { JsonObject } from '../../src/core/json.js';
import { echo, live, setStage, type Moment } from '../rig/kill.js';
import type { ModelCall } from '../rig/model-server.js';
import { projectDir, type Ended } from '../rig/program.js';
import { useStage } from '../rig/stage.js';

const stage = useStage();
const env = (): Record<string, string> => ({ OPENAI_BASE_URL: stage.server.url, OPENAI_API_KEY: 'sk-test' });
const dd = (...args: readonly string[]): Promise<Ended> => stage.workspace.run(args, env());
const run = (...args: readonly string[]): Promise<Ended> => dd('run', 'recipe.yaml', ...args);
const golden = (name: string): Promise<string> => readFile(join(projectDir, 'test/e2e/golden', name), 'utf8');
const rows = (name: string): Promise<readonly JsonObject[]> => stage.workspace.rows(`shop.${name}`);

const MODEL =
  '{ alias: m, provider: openai, model: gpt-test, prices: { input: 1000, output: 1000 }, inference_parameters: { max_parallel_requests: 1 } }';

/** A stage that explodes, a branch of two that need it, and a join of both. */
const RECIPE = `name: shop
model_configs: [${MODEL}]
stages:
  - name: people
    seed_config: { source: { seed_type: local, path: people.jsonl } }
    columns:
      - { name: wish, column_type: llm-structured, model_alias: m, prompt: "Wishes of {{ name }}", output_format: { type: array, items: { type: string } } }
    processors:
      - { name: each, processor_type: explode, column: wish, empty: drop }
  - name: letters
    needs: people
    columns:
      - { name: letter, column_type: llm-text, model_alias: m, prompt: "Letter of {{ name }} about {{ wish }}" }
    processors:
      - { name: slim, processor_type: drop_columns, column_names: [about] }
  - name: gifts
    needs: people
    seed_config: { where: "{{ wish != 'hat' }}" }
    columns:
      - { name: gift, column_type: llm-text, model_alias: m, prompt: "Gift for {{ about.age }}: {{ wish }}" }
    processors:
      - { name: slim, processor_type: drop_columns, column_names: [about] }
  - name: pairs
    needs: [letters, gifts]
    join: { on: [name, wish] }
    columns:
      - { name: both, column_type: expression, expr: "{{ letter }} | {{ gift }}" }
`;

const PEOPLE = [
  { name: 'Ähm 🦩', about: { age: 7, ids: ['9007199254740993'] } },
  { name: 'Bo', about: { age: 8, ids: [] } },
  { name: 'Cy', about: { age: 9, ids: [] } },
];

const wishesOf = (prompt: string): readonly string[] => {
  if (prompt.includes('Ähm')) return ['hat', 'kite'];
  return prompt.includes('Bo') ? [] : ['drum'];
};

function answer(call: ModelCall): void {
  call.reply(call.schema ? wishesOf(call.prompt) : `<${call.prompt}>`);
}

async function writeRecipe(recipe = RECIPE): Promise<void> {
  await stage.workspace.write('recipe.yaml', recipe);
  await stage.workspace.write('people.jsonl', PEOPLE.map((row) => `${JSON.stringify(row)}\n`).join(''));
  stage.server.handle(answer);
}

describe('a recipe with stages', () => {
  it('makes a dataset of each, from the rows of those it needs', async () => {
    await writeRecipe();
    const ended = await run();
    expect(ended).toMatchObject({ code: 0 });
    expect(await rows('people')).toEqual([
      { ...PEOPLE[0], wish: 'hat' },
      { ...PEOPLE[0], wish: 'kite' },
      { ...PEOPLE[2], wish: 'drum' },
    ]);
    expect(await rows('letters')).toEqual([
      { name: 'Ähm 🦩', wish: 'hat', letter: '<Letter of Ähm 🦩 about hat>' },
      { name: 'Ähm 🦩', wish: 'kite', letter: '<Letter of Ähm 🦩 about kite>' },
      { name: 'Cy', wish: 'drum', letter: '<Letter of Cy about drum>' },
    ]);
    expect(await rows('pairs')).toEqual([
      {
        name: 'Ähm 🦩',
        wish: 'kite',
        letter: '<Letter of Ähm 🦩 about kite>',
        gift: '<Gift for 7: kite>',
        both: '<Letter of Ähm 🦩 about kite> | <Gift for 7: kite>',
      },
      {
        name: 'Cy',
        wish: 'drum',
        letter: '<Letter of Cy about drum>',
        gift: '<Gift for 9: drum>',
        both: '<Letter of Cy about drum> | <Gift for 9: drum>',
      },
    ]);
    expect(stage.server.calls).toHaveLength(8);
    const headings = ['people', 'letters', 'gifts', 'pairs'].map(
      (name, at) => `stage ${name} (${at + 1} of 4)`,
    );
    for (const heading of headings) expect(ended.stderr).toContain(heading);
    expect(ended.stderr).toContain(
      'filtered 1: no row of stage `gifts` with the same `name`, `wish` (letters)',
    );
    expect(ended.stderr).toContain('all 4 stages: 8 calls, 120 tokens, $0.12\n');
    expect(ended.stdout.trim().split('\n')).toEqual(
      ['people', 'letters', 'gifts', 'pairs'].map((name) =>
        stage.workspace.path('artifacts', `shop.${name}`),
      ),
    );
  });

  it('is brought up to date without a call, to the same bytes; an edit of one stage asks for that stage and what reads it', async () => {
    await writeRecipe();
    await run('--quiet');
    const data = async (): Promise<readonly string[]> =>
      Promise.all(
        ['people', 'letters', 'gifts', 'pairs'].map((name) =>
          readFile(stage.workspace.path('artifacts', `shop.${name}`, 'data', 'part-00000.jsonl'), 'utf8'),
        ),
      );
    const before = await data();
    expect((await run('--quiet')).code).toBe(0);
    expect(stage.server.calls).toHaveLength(8);
    expect(await data()).toEqual(before);
    await writeRecipe(RECIPE.replace('Gift for', 'A gift for'));
    await run('--quiet');
    expect(stage.server.calls.slice(8).map(({ prompt }) => prompt)).toEqual([
      'A gift for 7: kite',
      'A gift for 9: drum',
    ]);
    expect((await rows('pairs')).map((row) => row['gift'])).toEqual([
      '<A gift for 7: kite>',
      '<A gift for 9: drum>',
    ]);
  });

  it('makes one stage and those it needs with --stage', async () => {
    await writeRecipe();
    expect((await run('--stage', 'gifts', '--quiet')).code).toBe(0);
    expect(existsSync(stage.workspace.path('artifacts', 'shop.people'))).toBe(true);
    expect(existsSync(stage.workspace.path('artifacts', 'shop.letters'))).toBe(false);
    expect(await run('--stage', 'gift')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('there is no stage `gift`\ndid you mean `gifts`?'),
    });
  });

  it('is found by its name alone, as its last stage', async () => {
    await writeRecipe();
    await run('--quiet');
    const { stdout } = await dd('show', 'shop', '--row', '1');
    expect(stdout).toContain('<Letter of Cy about drum>');
    await run('--quiet', '--dataset-name', 'kept');
    expect(await stage.workspace.rows('kept.pairs')).toHaveLength(2);
  });

  it('takes --num-records for the stages that need no other', async () => {
    await writeRecipe();
    await run('--quiet', '--num-records', '1');
    expect(await rows('people')).toHaveLength(2);
    expect(await rows('letters')).toHaveLength(2);
    expect(await run('--partition-index', '0', '--num-partitions', '2')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('a recipe with stages cannot be cut into partitions'),
    });
  });

  it('has no part for rows that failed in an earlier stage, and says so', async () => {
    await writeRecipe();
    stage.server.handle((call) =>
      call.prompt.includes('Ähm') && call.schema ? call.reply('no list') : answer(call),
    );
    const ended = await run();
    expect(ended.code).toBe(1);
    expect(ended.stderr).toContain('note: 1 row of stage people failed and have no part in it');
    expect(await rows('letters')).toHaveLength(1);
    // The store has the invalid answers; they are asked for again, in this stage alone.
    stage.server.handle(answer);
    expect((await dd('retry', 'shop.people', '--quiet')).code).toBe(0);
    expect(await rows('people')).toHaveLength(3);
    expect((await run('--quiet')).code).toBe(0);
    expect(await rows('letters')).toHaveLength(3);
  });

  it('counts --max-cost over all stages, and ends with the stage that reached it', async () => {
    await writeRecipe();
    const ended = await run('--max-cost', '0.07');
    expect(ended.code).toBe(4);
    expect(stage.server.calls).toHaveLength(5);
    expect(ended.stderr).toContain('this run has spent $0.075, and its limit is $0.07');
    expect(existsSync(stage.workspace.path('artifacts', 'shop.gifts'))).toBe(false);
    expect((await run('--quiet')).code).toBe(0);
    expect(stage.server.calls).toHaveLength(8);
  });

  it('is one document with --json', async () => {
    await writeRecipe();
    const { stdout } = await run('--json');
    const document = JSON.parse(stdout) as {
      stages: { stage: string; dataset: string; metadata: JsonObject }[];
    };
    expect(document).toMatchObject({ ok: true, exit_code: 0 });
    expect(document.stages.map(({ stage: name }) => name)).toEqual(['people', 'letters', 'gifts', 'pairs']);
    expect(document.stages[3]?.metadata).toMatchObject({
      dataset: 'shop.pairs',
      recipe: { name: 'shop.pairs' },
      stage: { name: 'pairs', needs: ['letters', 'gifts'] },
    });
  });

  it('tells a program which stage begins', async () => {
    await writeRecipe();
    const { stderr } = await run('--json');
    const events = stderr
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as JsonObject);
    const begun = events.filter(({ event }) => event === 'stage');
    expect(begun.map(({ stage: name, index, count }) => [name, index, count])).toEqual([
      ['people', 0, 4],
      ['letters', 1, 4],
      ['gifts', 2, 4],
      ['pairs', 3, 4],
    ]);
  });

  it('takes values and models from the command line, and params', async () => {
    await writeRecipe(
      RECIPE.replace('name: shop', 'name: shop\nparams: { tone: { default: kind } }').replace(
        'Letter of',
        'A ${{ params.tone }} letter of',
      ),
    );
    const flags = ['--tone', 'rude', '--set', 'stages.gifts.columns.gift.prompt=Present {{ wish }}'];
    await run(...flags, '--model', 'm=openai/other', '--quiet');
    const prompts = stage.server.calls.map(({ prompt }) => prompt);
    expect(prompts).toContain('A rude letter of Cy about drum');
    expect(prompts).toContain('Present kite');
    expect(new Set(stage.server.calls.map(({ model }) => model))).toEqual(new Set(['other']));
    const wrong = await run('--set', 'stages.gifts.columns.gift.prompt={{ nothing }}');
    expect(wrong.code).toBe(2);
    expect(wrong.stderr).toContain(
      '--set stages.gifts.columns.gift.prompt error there is no column `nothing`',
    );
  });

  it('is found in a folder, validated with every key that it needs, and fixed in place', async () => {
    await writeRecipe(RECIPE.replace('needs: people\n    seed_config', 'needs: peopel\n    seed_config'));
    await stage.workspace.write('.gitlab-ci.yml', 'stages:\n  - build\n  - test\n');
    const wrong = await stage.workspace.run(['validate', 'recipe.yaml']);
    expect(wrong.code).toBe(2);
    expect(wrong.stderr).toContain('recipe.yaml:17:12 error there is no stage `peopel`');
    expect((await stage.workspace.run(['validate', 'recipe.yaml', '--fix', '--seed'])).code).toBe(0);
    expect(await readFile(stage.workspace.path('recipe.yaml'), 'utf8')).toBe(RECIPE);
    expect((await stage.workspace.run(['validate', 'recipe.yaml', '--strict'])).stderr).toContain(
      'OPENAI_API_KEY',
    );
    await stage.workspace.write(
      'found/staged.yaml',
      'stages:\n\n  # first\n  - name: a\n    num_recods: 1\n',
    );
    await stage.workspace.write('found/gitlab.yaml', 'stages:\n  - build\n');
    const found = await stage.workspace.run(['validate', 'found']);
    expect(found.stderr).toContain('found/staged.yaml:5:5 error unknown key `num_recods`');
    expect(found.stderr).toContain('skipped 1 YAML file');
  });

  it("does not replace another recipe's dataset, and finds that out before the first stage", async () => {
    await writeRecipe();
    await run('--quiet');
    await writeRecipe(RECIPE.replace('name: shop', 'name: other'));
    const ended = await run('--dataset-name', 'shop');
    expect(ended).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('`shop.people` is a dataset of the recipe `shop.people`'),
    });
    expect(stage.server.calls).toHaveLength(8);
  });

  it('has a dry run and fresh datasets of its own, each with all stages', async () => {
    await writeRecipe();
    expect((await run('--dry-run', '--quiet')).stdout).toContain('shop-dry-run.pairs');
    const { stdout } = await run('--fresh', '--quiet');
    const names = stdout.trim().split('\n');
    const stamp = /shop-\d{8}T\d{6}(?=\.people$)/.exec(names[0] ?? '')?.[0];
    expect(names.map((name) => name.split('/').at(-1))).toEqual(
      ['people', 'letters', 'gifts', 'pairs'].map((name) => `${stamp}.${name}`),
    );
  });

  it('ends with an error where a stage leaves no row', async () => {
    const filter = '{ name: none, processor_type: filter, where: "wish == name" }';
    await writeRecipe(RECIPE.replace('empty: drop }', `empty: drop }\n      - ${filter}`));
    const ended = await run();
    expect(ended.code).toBe(2);
    expect(ended.stderr).toContain('the seed gave no rows');
    expect(ended.stderr).toContain('stage `people` has no rows');
    expect(ended.stderr).toContain('with `allow_empty: true` in the stage');

    const allowed = RECIPE.replace('- name: people', '- name: people\n    allow_empty: true').replace(
      'empty: drop }',
      `empty: drop }\n      - ${filter}`,
    );
    await writeRecipe(allowed);
    expect((await run('--quiet')).code).toBe(0);
    for (const name of ['people', 'letters', 'gifts', 'pairs']) expect(await rows(name)).toEqual([]);
    expect(stage.server.calls).toHaveLength(3);
    // There are rows again.
    await writeRecipe();
    expect((await run('--quiet')).code).toBe(0);
    expect(await rows('pairs')).toHaveLength(2);
  });

  it('is not made by two runs at once', async () => {
    await writeRecipe();
    stage.server.handle();
    const first = stage.workspace.start(['run', 'recipe.yaml', '--quiet'], env());
    const call = await stage.server.next();
    expect(await run()).toMatchObject({ code: 2, stderr: expect.stringContaining('`shop` is busy') });
    stage.server.handle(answer);
    answer(call);
    expect((await first.ended).code).toBe(0);
    expect(stage.server.calls).toHaveLength(8);
  });

  it('stops at Ctrl-C in any stage, and goes on with the next run', async () => {
    await writeRecipe();
    stage.server.handle((one) => (one.prompt.startsWith('Gift') ? undefined : answer(one)));
    const program = stage.workspace.start(['run', 'recipe.yaml'], env());
    const call = await stage.server.next();
    program.kill('SIGINT');
    await program.says('Stopping');
    answer(call);
    expect((await program.ended).code).toBe(130);
    expect(existsSync(stage.workspace.path('artifacts', 'shop.pairs'))).toBe(false);
    stage.server.handle(answer);
    expect((await run('--quiet')).code).toBe(0);
    expect(stage.server.calls).toHaveLength(8);
  });
});

describe('a file in place of a stage', () => {
  const FILE = ['--stage-output', 'people=edited.csv'];
  const edited = 'name,wish,about.age\nDi,harp,3\n';

  it('is read by the later stages, and the stage is not made', async () => {
    await writeRecipe(
      RECIPE.replaceAll('about.age', "row['about.age']").replaceAll('[about]', "['about.age']"),
    );
    await stage.workspace.write('edited.csv', edited);
    expect((await run(...FILE, '--quiet')).code).toBe(0);
    expect(existsSync(stage.workspace.path('artifacts', 'shop.people'))).toBe(false);
    expect(await rows('gifts')).toEqual([{ name: 'Di', wish: 'harp', gift: '<Gift for 3: harp>' }]);
    expect(await rows('pairs')).toHaveLength(1);
    expect(await stage.workspace.metadata('shop.pairs')).toMatchObject({
      origin: { stage_outputs: { people: 'edited.csv' } },
    });
  });

  it('is not silently given up for the stage itself', async () => {
    await writeRecipe();
    await run('--stage', 'people', '--quiet');
    const people = await readFile(
      stage.workspace.path('artifacts', 'shop.people', 'data', 'part-00000.jsonl'),
      'utf8',
    );
    await writeFile(stage.workspace.path('edited.jsonl'), people.replace('"kite"', '"kayak"'));
    const output = ['--stage-output', 'people=edited.jsonl'];
    stage.server.handle((call) => (call.prompt.includes('Cy') ? call.status(400) : answer(call)));
    expect((await run(...output, '--quiet')).code).toBe(1);
    expect((await rows('letters')).map((row) => row['wish'])).toEqual(['hat', 'kayak']);

    stage.server.handle(answer);
    const refused = await run();
    expect(refused.code).toBe(2);
    expect(refused.stderr).toContain('`shop.letters` was made with a file in place of stage `people`');
    expect(refused.stderr).toContain('--stage-output people=edited.jsonl');
    // A retry reads the same file.
    expect((await dd('retry', 'shop.letters', '--quiet')).code).toBe(0);
    expect((await rows('letters')).map((row) => row['wish'])).toEqual(['hat', 'kayak', 'drum']);
    expect((await run('--stage-output', 'people=', '--quiet')).code).toBe(0);
    expect((await rows('letters')).map((row) => row['wish'])).toEqual(['hat', 'kite', 'drum']);
    expect((await run('--quiet')).code).toBe(0);
  });

  it('must have the columns that later stages read', async () => {
    await writeRecipe();
    await stage.workspace.write('edited.csv', 'name,about\nDi,x\n');
    const { code, stderr } = await run(...FILE);
    expect(code).toBe(2);
    expect(stderr).toContain('there is no column `wish`');
    expect(stderr).toContain('recipe.yaml:13:103');
    expect(stderr).toContain('stage `letters` has no column `wish`');
    expect(await run('--stage-output', 'peple=edited.csv')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('there is no stage `peple`'),
    });
    expect(await run('--stage-output', 'people=gone.csv')).toMatchObject({ code: 2 });
    expect(stage.server.calls).toHaveLength(0);
  });

  it('is not read again by dd retry after it was changed', async () => {
    await writeRecipe(RECIPE.replaceAll('about.age', 'name').replaceAll('[about]', '[nothing]'));
    await stage.workspace.write('edited.csv', 'name,wish\nDi,harp\n');
    stage.server.handle((call) => call.status(400));
    await run(...FILE, '--stage', 'letters', '--quiet');
    await stage.workspace.write('edited.csv', 'name,wish\nDi,lute\n');
    expect(await dd('retry', 'shop.letters')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('is not the one this dataset was made with'),
    });
  });
});

describe('looking at a stage', () => {
  it('is a preview, its seed rows, or a cell, from the datasets that are there', async () => {
    await writeRecipe();
    expect(await run('--preview')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('a preview shows one stage: people, letters, gifts, pairs'),
    });
    const early = await run('--preview', '--stage', 'letters');
    expect(early.stderr).toContain('stage `people` has not been made yet');
    expect(early.stderr).toContain('recipe.yaml:11:12');
    await run('--stage', 'people', '--quiet');
    const shown = await run('--preview', '--stage', 'letters', '--num-records', '2');
    expect(shown.code).toBe(0);
    expect(shown.stdout).toContain('<Letter of Ähm 🦩 about kite>');
    expect((await dd('seed', 'recipe.yaml', '--stage', 'gifts', '--row', '1')).stdout).toContain('drum');
    expect((await dd('render', 'recipe.yaml', '--stage', 'gifts', '--column', 'gift')).stdout).toContain(
      'Gift for 7: kite',
    );
    expect(await dd('render', 'recipe.yaml', '--column', 'gift')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('say which with --stage NAME'),
    });
  });

  it.each([
    ['text', 'stages-plan.txt'],
    ['mermaid', 'stages-plan.mmd'],
  ])('is a plan of all of them as %s', async (format, file) => {
    await writeRecipe();
    const { stdout: text, code } = await dd('plan', 'recipe.yaml', '--format', format);
    expect(code).toBe(0);
    const stdout = text.replaceAll(/127\.0\.0\.1:\d+/g, '127.0.0.1:PORT');
    if (process.env['UPDATE_GOLDEN']) await writeFile(join(projectDir, 'test/e2e/golden', file), stdout);
    expect(stdout).toBe(await golden(file));
  });
});

describe('a plan of stages that are not made', () => {
  const planned = async (...args: readonly string[]): Promise<readonly JsonObject[]> => {
    const { stdout, code } = await dd('plan', 'recipe.yaml', '--format', 'json', ...args);
    expect(code).toBe(0);
    const { stages, ...alone } = JSON.parse(stdout) as { readonly stages?: readonly JsonObject[] };
    return stages ?? [alone];
  };
  const countable = `name: shop
model_configs: [${MODEL}, { alias: painter, provider: openai, model: gpt-image-1, prices: { input: 1, output: 1 } }]
stages:
  - name: first
    num_records: 40
    columns:
      - { name: id, column_type: sampler, sampler_type: uuid, params: {} }
      - { name: text, column_type: llm-text, model_alias: m, prompt: Text }
      - { name: pic, column_type: image, model_alias: painter, prompt: Pic }
    processors: [{ name: some, processor_type: sample, size: 25 }, { name: by, processor_type: sort, by: id }]
  - name: second
    needs: first
    columns: [{ name: more, column_type: llm-text, model_alias: m, prompt: "{{ text }}", multi_modal_context: [{ column_name: pic }] }]
    processors: [{ name: slim, processor_type: drop_columns, column_names: [text, pic] }]
  - name: both
    needs: [first, second]
    join: { on: id }
    num_records: 20
    columns: [{ name: end, column_type: llm-text, model_alias: m, prompt: "{{ text }} {{ more }}" }]
  - name: few
    needs: both
    seed_config: { where: "{{ id != 'x' }}" }
    columns: [{ name: last, column_type: llm-text, model_alias: m, prompt: "{{ end }}" }]
  - name: fewer
    needs: few
    columns: [{ name: least, column_type: llm-text, model_alias: m, prompt: "{{ last }}" }]
`;

  it('counts and prices their rows from the plans of earlier ones, and says what it cannot know', async () => {
    await writeRecipe(countable);
    const stages = await planned();
    expect(stages.map(({ rows: planned }) => planned)).toMatchObject([
      { count: 40, exact: true, problems: [] },
      {
        count: 25,
        exact: false,
        problems: ['stage `first` has not been made yet: its rows are taken to be as many as are planned'],
      },
      {
        count: 20,
        exact: false,
        problems: [
          'stage `first` has not been made yet: its rows are taken to be as many as are planned, each with one partner in `second`',
        ],
      },
      {
        count: null,
        problems: [
          'stage `both` has not been made yet: how many rows `where` of stage `few` leaves is not known',
        ],
      },
      {
        count: null,
        problems: [
          'stage `few` has not been made yet: how many rows `where` of stage `few` leaves is not known',
        ],
      },
    ]);
    // A text of 300 tokens goes into the second prompt, with an image; two of them go into the third.
    const tokens = stages.slice(1, 3).map(({ total }) => Number((total as JsonObject)['input_tokens']));
    expect(tokens[0]).toBeGreaterThan(25 * (300 + 900));
    expect(tokens[1]).toBeGreaterThan(20 * 2 * 290);
    expect(stages[1]?.['total']).toMatchObject({ calls: 25, cost_usd: expect.any(Number) });
    expect((await dd('plan', 'recipe.yaml')).stdout).toContain('shop.second: about 25 rows of stage');
    expect(await planned('--stage', 'second', '--num-records', '5')).toMatchObject([{ rows: { count: 5 } }]);
  });

  it.each([
    [
      '{ name: each, processor_type: filter, where: "id != \'x\'" }',
      '',
      'the processor `each` (filter) of stage `first` leaves',
    ],
    [
      '',
      `seed_config: { source: { seed_type: rows, rows: [{ n: 1 }] } }\n    accept: "text != 'x'"\n`,
      'rows of stage `first` pass `accept`',
    ],
  ])('does not count what a model decides: %s', async (processor, more, said) => {
    const recipe = countable
      .replace(
        '{ name: some, processor_type: sample, size: 25 }',
        processor || '{ name: all, processor_type: sort, by: id }',
      )
      .replace('    num_records: 40\n', more === '' ? '    num_records: 40\n' : `    ${more}`);
    await writeRecipe(recipe.slice(0, recipe.indexOf('  - name: both')));
    const [, second] = await planned();
    expect(second).toMatchObject({ rows: { count: null, problems: [expect.stringContaining(said)] } });
  });
});

describe('a run of stages that is killed', () => {
  const scenario = {
    name: 'three stages',
    recipe: `name: three
model_configs: [{ alias: m, provider: openai, model: gpt-test, inference_parameters: { max_parallel_requests: 2 } }]
stages:
  - name: first
    seed_config: { source: { seed_type: rows, rows: [{ n: 1 }, { n: 2 }, { n: 3 }] } }
    columns:
      - { name: one, column_type: llm-text, model_alias: m, prompt: "One: {{ n }}" }
      - { name: parts, column_type: expression, jsonata: "['a', 'b']" }
    processors: [{ name: each, processor_type: explode, column: parts }]
  - name: second
    needs: first
    columns: [{ name: two, column_type: llm-text, model_alias: m, prompt: "Two: {{ parts }} {{ one }}" }]
    processors: [{ name: some, processor_type: sample, size: 4 }]
  - name: third
    needs: second
    columns: [{ name: three, column_type: llm-text, model_alias: m, prompt: "Three: {{ two }}" }]
`,
    answer: (call: ModelCall) => call.reply(echo(call)),
  };

  it('in each of them equals the undisturbed one, and repeats no stored call', async () => {
    const set = await setStage(scenario, stage.server);
    const whole = await live(set, 'whole', []);
    expect(whole.lives[0]?.asked).toBe(3 + 6 + 4);
    // Each settled request is two events: one in the first stage, then in the second, then in the third.
    const moments: Moment[] = [3, 4, 6, 4].map((number) => ({ kind: 'settled', number }));
    const killed = await live(set, 'killed', moments);
    expect(killed.lives.filter((life) => life.killed)).toHaveLength(4);
    expect(killed.files).toEqual(whole.files);
    const asked = killed.lives.reduce((sum, life) => sum + life.asked, 0);
    const unanswered = killed.lives.reduce((sum, life) => sum + life.unanswered, 0);
    expect(asked - unanswered).toBe(13);
    const inFiles = await live(
      set,
      'in-files',
      [8, 30].map((number) => ({ kind: 'file', number })),
    );
    expect(inFiles.files).toEqual(whole.files);
    await set.workspace.remove();
  });
});
