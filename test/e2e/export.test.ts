import { readFile } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { JsonObject } from '../../src/core/json.js';
import type { Metadata } from '../../src/dataset/metadata.js';
import { appendReviews, createRowKeys, madeHash, type Review } from '../../src/dataset/reviews.js';
import { createWorkspace, type Workspace } from '../rig/program.js';
import { TOKENIZER } from '../dataset/export-support.js';

let workspace: Workspace;
beforeEach(async () => {
  workspace = await createWorkspace();
});
afterEach(() => workspace.remove());

async function write(rows: readonly JsonObject[]): Promise<void> {
  const columns = Object.keys(rows[0] ?? {}).map((name) => ({ name, schema: {}, from: 'column' }));
  const metadata = { dataset: 'made', parts: 1, columns, fabricated: false };
  await workspace.write('artifacts/made/metadata.json', JSON.stringify(metadata));
  await workspace.write(
    'artifacts/made/data/part-00000.jsonl',
    rows.map((row) => `${JSON.stringify(row)}\n`).join(''),
  );
}

it('prints no escape sequence of a row with the reason why the row was left out', async () => {
  await write([{ prompt: 'Why?', completion: '\u001b[31mred\u001b[0m' }]);
  const map = ['--map', 'prompt=$error(completion)', '--map', 'completion=completion'];
  const ended = await workspace.run(['export', 'made', '--format', 'messages', ...map]);
  expect(ended.code).toBe(0);
  expect(ended.stderr).toBe('0 rows written as messages\n1 row left out: `prompt`: red\n');
});

it('leaves out duplicates, what a test set holds, and what is too long, and says how many and where they are listed', async () => {
  const long = Array.from({ length: 400 }, (_, at) => `word${at}`).join(' ');
  const test = 'How many legs have three spiders and two beetles that sit on one leaf together';
  await write([
    { prompt: 'Why?', completion: 'Because.' },
    { prompt: 'Why?', completion: 'Because.' },
    { prompt: 'Say a lot.', completion: long },
    { prompt: `${test}?`, completion: '36' },
  ]);
  await workspace.write('test.jsonl', `${JSON.stringify({ question: test })}\n`);
  const flags = ['--dedupe', '--max-tokens', '200', '--decontaminate', 'test.jsonl'];
  const ended = await workspace.run(['export', 'made', '--format', 'messages', ...flags]);
  expect(ended.code).toBe(0);
  expect(ended.stderr).toBe(
    [
      '1 row written as messages',
      '1 row left out: it is equal to an earlier row',
      '1 row left out: it has more than 200 tokens',
      '1 row left out: it shares words with the test set test.jsonl',
      `which rows, and why: ${workspace.path('made.left-out.jsonl')}`,
      '',
    ].join('\n'),
  );
  const listed = await readFile(workspace.path('made.left-out.jsonl'), 'utf8');
  expect(
    listed
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as JsonObject),
  ).toEqual([
    { row: 2, reason: 'it is equal to an earlier row', duplicate_of: 1, share: 1 },
    { row: 3, reason: 'it has more than 200 tokens', tokens: expect.any(Number) },
    {
      row: 4,
      reason: 'it shares words with the test set test.jsonl',
      shared: test,
      test_file: 'test.jsonl',
      test_row: 1,
    },
  ]);
});

it('refuses a share that is none', async () => {
  await write([{ prompt: 'Why?', completion: 'Because.' }]);
  const flags = ['--dedupe', '--dedupe-share', '90'];
  const ended = await workspace.run(['export', 'made', '--format', 'messages', ...flags]);
  expect(ended.code).toBe(2);
  expect(ended.stderr).toContain('--dedupe-share 90: write a number from 0 to 1');
});

it('says what it changed of the conversations', async () => {
  const chat = [
    { role: 'user', content: 'Why?' },
    { role: 'system', content: 'Hurry.' },
    { role: 'assistant', content: 'Because.' },
  ];
  await write([{ chat }, { chat }]);
  const ended = await workspace.run(['export', 'made', '--format', 'messages', '--json']);
  expect(JSON.parse(ended.stdout)).toMatchObject({
    changed: { 'a system message in the middle was left out': 2 },
  });
  const shown = await workspace.run(['export', 'made', '--format', 'messages', '--overwrite']);
  expect(shown.stderr).toBe(
    '2 rows written as messages\n2 rows changed: a system message in the middle was left out\n',
  );
});

it('fills a folder, and names what is beside the rows', async () => {
  const few = ['--trace-dir', 'examples', '--num-records', '3', '--dry-run'];
  const recipe = await workspace.run(['run', 'agent-rollout', ...few]);
  expect(recipe.code).toBe(0);
  const flags = ['--format', 'messages', '--where', 'true', '--output', 'sft/'];
  const ended = await workspace.run(['export', 'agent-rollout-dry-run', ...flags]);
  expect(ended.stdout).toBe(`${workspace.path('sft/agent-rollout-dry-run.jsonl')}\n`);
  expect(ended.stderr).toContain('beside: dataset_info.json, axolotl.yaml, train_trl.py, README.md\n');
  const card = await readFile(workspace.path('sft/README.md'), 'utf8');
  expect(card).toContain('do not train on this dataset');
  expect(card).toMatch(/\| groundedness_score \| [\d.]+ \| /);
});

async function readRowsOf(dataset: string): Promise<readonly JsonObject[]> {
  const text = await readFile(workspace.path(`artifacts/${dataset}/data/part-00000.jsonl`), 'utf8');
  return text
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as JsonObject);
}

async function dropRow(dataset: string, row: JsonObject): Promise<void> {
  const text = await readFile(workspace.path(`artifacts/${dataset}/metadata.json`), 'utf8');
  const { columns } = JSON.parse(text) as Metadata;
  const key = createRowKeys(columns)(row);
  const review: Review = {
    key,
    at: '2026-01-01T00:00:00.000Z',
    made: madeHash(row, columns),
    verdict: 'drop',
  };
  await appendReviews(workspace.path(`artifacts/${dataset}`), [review]);
}

describe('a recipe with exports', () => {
  const recipe = (exports: string): string => `name: small
${exports}
seed_config: { source: { seed_type: local, path: rows.jsonl } }
columns:
  - { name: prompt, column_type: expression, expr: "{{ question }}?" }
  - { name: completion, column_type: expression, expr: "{{ answer }}." }
`;
  const configured = `exports:
  - name: sft
    format: messages
    where: number < 4
    split: { train: 3, test: 1 }
    decontaminate: { files: [tests/known.txt], words: 3 }
  - { name: table, format: parquet, dedupe: { by: [answer] } }`;
  const rows = Array.from({ length: 5 }, (_, number) => ({
    number,
    question: `What about the number ${number}`,
    answer: 'Nothing',
  }));

  beforeEach(async () => {
    await workspace.write('recipes/rows.jsonl', rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
    await workspace.write('recipes/tests/known.txt', 'The number 2!');
  });

  it('is exported without flags, each entry to a folder of its own', async () => {
    await workspace.write('recipes/small.yaml', recipe(configured));
    expect((await workspace.run(['run', 'recipes/small.yaml'])).code).toBe(0);
    const ended = await workspace.run(['export', 'small', '--json']);
    expect(ended.code).toBe(0);
    const { exports } = JSON.parse(ended.stdout) as { exports: readonly JsonObject[] };
    expect(exports).toMatchObject([
      {
        name: 'sft',
        format: 'messages',
        files: [
          { file: workspace.path('exports/small/sft/small.train.jsonl') },
          { file: workspace.path('exports/small/sft/small.test.jsonl') },
        ],
        left_out: {
          '`--where` does not hold': 1,
          'it shares words with the test set known.txt': 1,
        },
      },
      {
        name: 'table',
        format: 'parquet',
        files: [{ file: workspace.path('exports/small/table/small.parquet'), rows: 1 }],
        left_out: { 'it is equal to an earlier row': 4 },
      },
    ]);
    const again = await workspace.run(['export', 'small']);
    expect(again.code).toBe(2);
    expect(again.stderr).toContain('export `sft`: ');
    expect(again.stderr).toContain('is already there');
    const dropped = (await readRowsOf('small'))[0] ?? {};
    await dropRow('small', dropped);
    const elsewhere = await workspace.run(['export', 'small', '--output', 'out', '--reviews']);
    expect(elsewhere.stderr).toContain('1 row left out: its reviewer dropped it\n');
    expect(elsewhere.stderr).toMatch(/^sft:\n\d rows? written as messages\n/);
    expect(elsewhere.stdout).toContain(workspace.path('out/table/small.parquet'));
  });

  it('counts with a tokenizer beside the recipe, of which the card has no path', async () => {
    await workspace.write('recipes/model/tokenizer.json', JSON.stringify(TOKENIZER));
    const counted = `exports:
  - { name: sft, format: messages, max_tokens: 1000, tokenizer: model/tokenizer.json }`;
    await workspace.write('recipes/small.yaml', recipe(counted));
    await workspace.run(['run', 'recipes/small.yaml']);
    const ended = await workspace.run(['export', 'small']);
    expect(ended).toMatchObject({ code: 0, stderr: expect.stringContaining('5 rows written as messages') });
    const card = await readFile(workspace.path('exports/small/sft/README.md'), 'utf8');
    expect(card).toContain('at most 1000 tokens (tokenizer.json)');
  });

  it('may say something else later: that changes no row, so failed cells can still be asked again', async () => {
    await workspace.write('recipes/small.yaml', recipe(''));
    await workspace.run(['run', 'recipes/small.yaml']);
    const before = JSON.parse(
      await readFile(workspace.path('artifacts/small/metadata.json'), 'utf8'),
    ) as Metadata;
    await workspace.write('recipes/small.yaml', recipe(configured));
    await workspace.run(['run', 'recipes/small.yaml']);
    const after = JSON.parse(
      await readFile(workspace.path('artifacts/small/metadata.json'), 'utf8'),
    ) as Metadata;
    expect(after.recipe.sha256).toBe(before.recipe.sha256);
    expect((await workspace.run(['export', 'small'])).code).toBe(0);
  });

  it('is needed when no format is named', async () => {
    await workspace.write('recipes/small.yaml', recipe(''));
    await workspace.run(['run', 'recipes/small.yaml']);
    const ended = await workspace.run(['export', 'small']);
    expect(ended.code).toBe(2);
    expect(ended.stderr).toContain('the recipe of this dataset has no `exports`');
    const where = await workspace.run(['export', 'small', '--where', 'true']);
    expect(where.code).toBe(2);
    expect(where.stderr).toContain('--format');
  });
});
