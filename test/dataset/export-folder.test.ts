import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { parse } from 'yaml';
import type { JsonObject } from '../../src/core/json.js';
import { exportDataset, type ExportRequest } from '../../src/run/export-dataset.js';
import { datasetOf, request } from './export-support.js';

const judged = (score: number) => ({
  prompt: `Why ${score}?`,
  completion: 'Because.',
  groundedness_score: score,
  judge: { groundedness: { score }, style: { score: 2, reasoning: '…' } },
});

const call = { id: 'a', type: 'function', function: { name: 'ls', arguments: '{}' } };
const session = {
  chat: [
    { role: 'system', content: 'Be brief.' },
    { role: 'user', content: 'List.' },
    { role: 'assistant', content: '', tool_calls: [call] },
    { role: 'tool', tool_call_id: 'a', name: 'ls', content: 'README.md' },
    { role: 'assistant', content: 'One file.' },
  ],
  tools: [{ name: 'ls', parameters: { type: 'object' } }],
};

const metadata = {
  dataset: 'made',
  parts: 1,
  fabricated: false,
  recipe: { name: 'judge-only', file: 'judge.yaml', sha256: '0123456789abcdef0123' },
  rows: { done: 3, failed: 1, skipped: 0, filtered: 2, unfinished: 0 },
  usage: [{ alias: 'judge', provider: 'openai', model: 'gpt-x', columns: [{ column: 'judge' }] }],
  dd_version: '0.1.0',
  finished_at: '2026-01-02T03:04:05.000Z',
};

/** Exports to the folder `sft/`, and reads what is in it. */
async function exportFolder(
  format: string,
  rows: readonly JsonObject[],
  options: Partial<ExportRequest> = {},
) {
  const cwd = datasetOf(rows);
  const columns = Object.keys(rows[0] ?? {}).map((name) => ({ name, schema: {}, from: 'column' }));
  writeFileSync(join(cwd, 'artifacts/made/metadata.json'), JSON.stringify({ ...metadata, columns }));
  writeFileSync(join(cwd, 'artifacts/made/recipe.yaml'), 'name: judge-only\ndescription: Judges answers.\n');
  const exported = await exportDataset({ ...request(cwd, format), output: 'sft/', ...options });
  if (!exported.ok) throw new Error(exported.error.message);
  const read = (name: string): string | undefined => {
    const file = join(cwd, 'sft', name);
    return existsSync(file) ? readFileSync(file, 'utf8') : undefined;
  };
  const info = read('dataset_info.json');
  const axolotl = read('axolotl.yaml');
  return {
    cwd,
    names: readdirSync(join(cwd, 'sft')).sort(),
    info: info === undefined ? undefined : (JSON.parse(info) as JsonObject),
    axolotl: axolotl === undefined ? undefined : (parse(axolotl) as JsonObject),
    trl: read('train_trl.py'),
    card: read('README.md') ?? '',
  };
}

const splits = [
  { name: 'train', share: 0.5 },
  { name: 'test', share: 0.5 },
];

describe('an export to a folder', () => {
  it('holds settings that fit the splits and the format', async () => {
    const rows = [judged(4), judged(3), judged(2)];
    const { names, info, axolotl, trl } = await exportFolder('messages', rows, { splits, maxTokens: 2000 });
    expect(names).toEqual([
      'README.md',
      'axolotl.yaml',
      'dataset_info.json',
      'made.left-out.jsonl',
      'made.test.jsonl',
      'made.train.jsonl',
      'train_trl.py',
    ]);
    const entry = {
      formatting: 'sharegpt',
      columns: { messages: 'messages' },
      tags: {
        role_tag: 'role',
        content_tag: 'content',
        user_tag: 'user',
        assistant_tag: 'assistant',
        system_tag: 'system',
      },
    };
    expect(info).toEqual({
      made_train: { file_name: 'made.train.jsonl', ...entry },
      made_test: { file_name: 'made.test.jsonl', ...entry },
    });
    const chat = {
      ds_type: 'json',
      type: 'chat_template',
      field_messages: 'messages',
      roles_to_train: ['assistant'],
      train_on_eos: 'turn',
    };
    expect(axolotl).toMatchObject({
      datasets: [{ path: 'made.train.jsonl', ...chat }],
      test_datasets: [{ path: 'made.test.jsonl', ...chat, split: 'train' }],
      sequence_len: 2000,
    });
    expect(trl).toContain('{"train": ["made.train.jsonl"], "test": "made.test.jsonl"}');
    expect(trl).toContain('SFTConfig(output_dir="out", max_length=2000, assistant_only_loss=True)');
    expect(trl).toContain('eval_dataset=data["test"]');
  });

  it('names to LLaMA-Factory only columns that some line has', async () => {
    const plain = { chat: session.chat.slice(1, 2).concat(session.chat.slice(4)) };
    const shareGpt = { formatting: 'sharegpt', file_name: 'made.jsonl' };
    expect((await exportFolder('sharegpt', [plain])).info).toEqual({
      made: { ...shareGpt, columns: { messages: 'conversations' } },
    });
    expect((await exportFolder('sharegpt', [session])).info).toEqual({
      made: { ...shareGpt, columns: { messages: 'conversations', system: 'system', tools: 'tools' } },
    });
    expect((await exportFolder('alpaca', [plain])).info).toEqual({
      made: {
        file_name: 'made.jsonl',
        formatting: 'alpaca',
        columns: { prompt: 'instruction', query: 'input', response: 'output' },
      },
    });
  });

  it('has no settings for a trainer that would load the rows otherwise than they are meant', async () => {
    const { info, axolotl } = await exportFolder('messages', [session]);
    expect(info).toBeUndefined();
    expect(axolotl).toMatchObject({ datasets: [{ field_messages: 'messages', field_tools: 'tools' }] });
    expect((await exportFolder('sharegpt', [session])).names).toEqual([
      'README.md',
      'dataset_info.json',
      'made.jsonl',
    ]);
    const spoken = { prompt: 'Why?', completion: 'Because.', system: 'Be brief.' };
    expect((await exportFolder('alpaca', [spoken])).axolotl).toBeUndefined();
    expect((await exportFolder('csv', [judged(4)])).names).toEqual(['README.md', 'made.csv']);
  });

  it('of pairs is for DPO', async () => {
    const pair = { prompt: 'Why?', chosen: 'Because.', rejected: 'Dunno.' };
    const { axolotl, trl } = await exportFolder('dpo', [pair]);
    expect(axolotl).toMatchObject({
      rl: 'dpo',
      datasets: [{ type: 'chat_template.default', field_messages: 'prompt' }],
    });
    expect(trl).toContain('from trl import DPOConfig, DPOTrainer');
    expect((await exportFolder('kto', [pair])).trl).toContain('from trl import KTOConfig, KTOTrainer');
  });

  it('has a card with the recipe, models, counts, scores and filters, and no licence', async () => {
    const rows = [judged(4), judged(3), judged(3)];
    const { card } = await exportFolder('messages', rows, {
      splits,
      where: 'groundedness_score > 1',
      dedupe: {},
    });
    const [, header = '', text = ''] = card.split('---\n');
    expect(parse(header)).toEqual({
      pretty_name: 'made',
      tags: ['synthetic'],
      configs: [
        {
          config_name: 'default',
          data_files: [
            { split: 'train', path: 'made.train.jsonl' },
            { split: 'test', path: 'made.test.jsonl' },
          ],
        },
      ],
    });
    expect(text).toContain('Judges answers.');
    expect(text).toContain('by the recipe `judge-only` (judge.yaml, SHA-256 `0123456789abcdef…`)');
    expect(text).toContain('The recipe made 3 rows; 1 failed; 2 of the seed filtered.');
    expect(text).toContain('* where `groundedness_score > 1`\n* no two texts with 90 % in common');
    expect(text).toContain('| it is equal to an earlier row | 1 |');
    expect(text).toContain('| judge | openai/gpt-x | judge |');
    expect(text).toContain('| groundedness_score | 3.5 | 3 | 4 | 2 |\n| judge.style | 2 | 2 | 2 | 2 |');
    expect(text).not.toContain('judge.groundedness');
    expect(card).not.toMatch(/licen[cs]e/i);
  });

  it('says that it is of a dry run', async () => {
    const cwd = datasetOf([judged(4)]);
    const columns = [{ name: 'prompt', schema: {}, from: 'column' }];
    writeFileSync(
      join(cwd, 'artifacts/made/metadata.json'),
      JSON.stringify({ ...metadata, columns, fabricated: true }),
    );
    await exportDataset({ ...request(cwd, 'jsonl'), output: 'all/' });
    expect(readFileSync(join(cwd, 'all/README.md'), 'utf8')).toContain('do not train on this dataset');
  });

  it('replaces nothing unasked; asked, it also takes away settings that do not fit', async () => {
    const { cwd } = await exportFolder('messages', [judged(4)]);
    const again = { ...request(cwd, 'csv'), output: 'sft' };
    expect(await exportDataset(again)).toEqual({
      ok: false,
      error: {
        message: `${join(cwd, 'sft/dataset_info.json')} is already there`,
        hint: 'add --overwrite, or another name with --output',
      },
    });
    await exportDataset({ ...again, overwrite: true });
    expect(readdirSync(join(cwd, 'sft')).sort()).toEqual(['README.md', 'made.csv', 'made.jsonl']);
  });
});
