import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { encode } from 'gpt-tokenizer/encoding/o200k_base';
import type { JsonObject } from '../../src/core/json.js';
import { estimateTokens } from '../../src/core/estimate-tokens.js';
import { madeHash } from '../../src/dataset/reviews.js';
import { exportDataset } from '../../src/run/export-dataset.js';
import { datasetOf, exportedFrom, request, TOKENIZER } from './export-support.js';

const words = (from: number, to: number): string =>
  Array.from({ length: to - from }, (_, at) => `word${from + at}`).join(' ');

const row = (id: string, prompt: string, completion: string) => ({ trace_id: id, prompt, completion });

describe('--dedupe', () => {
  const rows = [
    row('a', 'Explain this.', words(0, 200)),
    row('b', 'Explain that.', words(500, 600)),
    row('c', 'Explain this.', words(0, 200)),
    row('d', 'Explain this!', words(0, 190)),
  ];

  it('leaves out rows whose text is that of an earlier one, or nearly, and lists them', async () => {
    const { lines, leftOut, removed, files } = await exportedFrom(datasetOf(rows), 'messages', {
      dedupe: {},
    });
    expect(lines).toHaveLength(2);
    expect(files).toMatchObject([{ rows: 2 }]);
    expect(leftOut).toEqual({
      'it is equal to an earlier row': 1,
      'it is nearly equal to an earlier row': 1,
    });
    expect(removed).toEqual([
      { row: 3, trace_id: 'c', reason: 'it is equal to an earlier row', duplicate_of: 1, share: 1 },
      { row: 4, trace_id: 'd', reason: 'it is nearly equal to an earlier row', duplicate_of: 1, share: 0.95 },
    ]);
  });

  it('leaves out only equal texts with a share of 1', async () => {
    const { removed } = await exportedFrom(datasetOf(rows), 'messages', { dedupe: { share: 1 } });
    expect(removed).toMatchObject([{ row: 3 }]);
  });

  it('compares chosen columns, in every format', async () => {
    const { removed } = await exportedFrom(datasetOf(rows), 'jsonl', {
      dedupe: { by: ['prompt'], share: 1 },
    });
    expect(removed).toMatchObject([{ row: 3, duplicate_of: 1 }]);
    const all = await exportedFrom(datasetOf(rows), 'jsonl', { dedupe: { share: 1 } });
    // The ids differ.
    expect(all.removed).toEqual([]);
  });

  it('compares across splits, so that no test row is a copy of a row to train on', async () => {
    const splits = [
      { name: 'train', share: 0.5 },
      { name: 'test', share: 0.5 },
    ];
    const { lines } = await exportedFrom(datasetOf(rows), 'messages', { dedupe: {}, splits });
    expect(lines).toHaveLength(2);
  });

  it('does not take a row for a copy of one that is left out itself', async () => {
    const { lines } = await exportedFrom(datasetOf(rows), 'messages', {
      dedupe: {},
      where: 'trace_id != "a"',
    });
    expect(lines).toHaveLength(2);
  });

  it('refuses a column that there is not', async () => {
    expect(await exportDataset({ ...request(datasetOf(rows), 'jsonl'), dedupe: { by: ['promt'] } })).toEqual({
      ok: false,
      error: { message: '--dedupe-by: there is no column `promt`', hint: 'did you mean `prompt`?' },
    });
  });

  it('writes no list of rows unasked', async () => {
    const cwd = datasetOf(rows);
    await exportDataset(request(cwd, 'messages'));
    expect(existsSync(join(cwd, 'made.left-out.jsonl'))).toBe(false);
  });
});

describe('--decontaminate', () => {
  const shared = 'the quick brown fox jumps over the lazy dog while seven wizards sleep soundly';
  const rows = [
    row('a', 'A question.', `It is said that ${shared.toUpperCase().replaceAll(' ', ', ')}. Is it?`),
    row('b', 'A question.', shared.split(' ').slice(0, 12).join(' ')),
    row('c', 'A question.', 'a short test text of exactly eight words'),
  ];
  const tests: Readonly<Record<string, string>> = {
    'test.jsonl': `{"question":"First"}\n{"question":"So ${shared}?","answer":1}\n`,
    'test.json': JSON.stringify([{ question: 'First' }, { question: { text: shared } }]),
    'test.csv': `id,question\n1,First\n2,"So ${shared}, indeed"\n`,
    'test.txt': `First\n\n${shared}\n`,
  };

  it.each([
    ['test.jsonl', 2],
    ['test.json', 2],
    ['test.csv', 2],
    ['test.txt', 1],
  ])('leaves out rows that share 13 words with %s, and lists the words', async (file, at) => {
    const cwd = datasetOf(rows, {}, tests);
    const { removed, lines } = await exportedFrom(cwd, 'messages', { decontaminate: { files: [file] } });
    expect(removed).toEqual([
      {
        row: 1,
        trace_id: 'a',
        reason: `it shares words with the test set ${file}`,
        shared: shared.toUpperCase().replaceAll(' ', ', '),
        test_file: file,
        test_row: at,
      },
    ]);
    expect(lines).toHaveLength(2);
  });

  it('looks for shorter runs when asked, and for short test texts as a whole', async () => {
    const short = { 'short.txt': 'A short test text, of exactly eight words!' };
    const cwd = datasetOf(rows, {}, { ...tests, ...short });
    const twelve = await exportedFrom(cwd, 'messages', { decontaminate: { files: ['test.txt'], words: 12 } });
    expect(twelve.removed?.map((one) => one['row'])).toEqual([1, 2]);
    const eight = await exportedFrom(cwd, 'messages', {
      decontaminate: { files: ['short.txt'] },
      overwrite: true,
    });
    expect(eight.removed).toMatchObject([{ row: 3, shared: 'a short test text of exactly eight words' }]);
  });

  it('says how many test texts are too short', async () => {
    const cwd = datasetOf(rows, {}, tests);
    const { notes } = await exportedFrom(cwd, 'jsonl', { decontaminate: { files: ['test.jsonl'] } });
    expect(notes).toEqual(['1 of 2 test texts are too short to be looked for']);
  });

  it('refuses a test set that it cannot read as a whole', async () => {
    const cwd = datasetOf(
      rows,
      {},
      { 'torn.jsonl': '{"a":1}\n{"a":', 'torn.csv': 'a,b\n"1,2\n', 'x.json': '[' },
    );
    const refused = async (file: string): Promise<string> => {
      const exported = await exportDataset({ ...request(cwd, 'jsonl'), decontaminate: { files: [file] } });
      return exported.ok ? '' : exported.error.message;
    };
    expect(await refused('none.jsonl')).toBe(
      `--decontaminate: ${join(cwd, 'none.jsonl')} cannot be read (ENOENT)`,
    );
    expect(await refused('torn.jsonl')).toMatch(/torn\.jsonl: line 2 is not valid JSON$/);
    expect(await refused('torn.csv')).toMatch(/has a quote that is never closed/);
    expect(await refused('x.json')).toMatch(/is not valid JSON$/);
  });

  it('does not look at what the system says, which all rows have in common', async () => {
    const cwd = datasetOf([{ ...rows[1], system: shared }], {}, tests);
    const { removed } = await exportedFrom(cwd, 'messages', { decontaminate: { files: ['test.txt'] } });
    expect(removed).toEqual([]);
  });
});

describe('--max-tokens', () => {
  const rows = [row('a', 'One?', words(0, 10)), row('b', 'Two?', words(0, 1000))];

  it('leaves out longer examples, whole', async () => {
    const { lines, removed } = await exportedFrom(datasetOf(rows), 'messages', { maxTokens: 100 });
    expect(lines).toEqual([
      {
        messages: [
          { role: 'user', content: 'One?' },
          { role: 'assistant', content: words(0, 10) },
        ],
      },
    ]);
    const tokens = estimateTokens('Two?') + estimateTokens(words(0, 1000)) + 8;
    expect(removed).toEqual([{ row: 2, trace_id: 'b', reason: 'it has more than 100 tokens', tokens }]);
  });

  it('counts with a tokenizer', async () => {
    const options = { maxTokens: 100, tokenizer: 'o200k_base' };
    const { removed } = await exportedFrom(datasetOf(rows), 'messages', options);
    expect(removed).toMatchObject([
      { row: 2, tokens: encode('Two?').length + encode(words(0, 1000)).length + 8 },
    ]);
  });

  it('counts with the tokenizer of a model, a Hugging Face `tokenizer.json`', async () => {
    const rows = [
      { prompt: 'hello', completion: 'hell' },
      { prompt: 'hello hello<|end|>', completion: 'hello' },
    ];
    const cwd = datasetOf(rows, {}, { 'model/tokenizer.json': JSON.stringify(TOKENIZER) });
    const options = { maxTokens: 10, tokenizer: 'model/tokenizer.json' };
    const { removed, lines } = await exportedFrom(cwd, 'messages', options);
    // hello, Ġ, hello, <|end|>, and hello; the token that a text begins with is not counted for each part.
    expect(removed).toEqual([{ row: 2, reason: 'it has more than 10 tokens', tokens: 4 + 1 + 8 }]);
    expect(lines).toHaveLength(1);
  });

  it.each<[string, string]>([
    ['no.json', 'the tokenizer no.json cannot be read: ENOENT'],
    ['./text.json', './text.json is no tokenizer.json of Hugging Face: '],
    ['other.json', 'other.json is no tokenizer.json of Hugging Face: '],
  ])('refuses %s as a tokenizer', async (tokenizer, message) => {
    const cwd = datasetOf(rows, {}, { 'text.json': 'hello', 'other.json': '{"model": {"type": "BPE"}}' });
    expect(await exportDataset({ ...request(cwd, 'messages'), maxTokens: 9, tokenizer })).toMatchObject({
      ok: false,
      error: { message: expect.stringContaining(message) },
    });
  });

  it('counts tools and calls, and of two answers the longer one', async () => {
    const call = { id: 'a', type: 'function', function: { name: 'run', arguments: words(0, 300) } };
    const chat = [
      { role: 'user', content: 'Go.' },
      { role: 'assistant', content: '', tool_calls: [call] },
      { role: 'tool', tool_call_id: 'a', content: 'done' },
      { role: 'assistant', content: 'Done.' },
    ];
    const long = await exportedFrom(datasetOf([{ chat }]), 'messages', { maxTokens: 400 });
    expect(long.removed).toHaveLength(1);
    const pair = { prompt: 'Why?', chosen: words(0, 100), rejected: words(0, 120) };
    const limit = estimateTokens('Why?') + estimateTokens(words(0, 120)) + 8;
    const fits = await exportedFrom(datasetOf([pair]), 'dpo', { maxTokens: limit });
    expect(fits.removed).toEqual([]);
    const over = await exportedFrom(datasetOf([pair]), 'dpo', { maxTokens: limit - 1 });
    expect(over.removed).toHaveLength(1);
  });

  it('is for examples, and knows its tokenizers', async () => {
    const cwd = datasetOf(rows);
    expect(await exportDataset({ ...request(cwd, 'csv'), maxTokens: 9 })).toMatchObject({
      error: { message: '--max-tokens is for training formats' },
    });
    expect(
      await exportDataset({ ...request(cwd, 'messages'), maxTokens: 9, tokenizer: 'o200k' }),
    ).toMatchObject({
      error: { message: expect.stringContaining('there is no tokenizer `o200k`; there are o200k_base') },
    });
  });
});

describe('--reviews', () => {
  const rows = [
    row('a', 'One?', 'First.'),
    row('b', 'Two?', 'Second.'),
    row('c', 'Three?', 'Third.'),
    row('d', 'Four?', 'Fourth.'),
  ];
  const columns = [
    { name: 'trace_id', schema: { type: 'string' }, from: 'seed' as const },
    { name: 'prompt', schema: { type: 'string' }, from: 'column' as const },
    { name: 'completion', schema: { type: 'string' }, from: 'column' as const },
  ];
  const review = (index: number, change: object, of: JsonObject = rows[index] ?? {}): string =>
    JSON.stringify({
      key: `trace_id:${rows[index]?.trace_id}`,
      at: '2026-01-01T00:00:00.000Z',
      made: madeHash(of, columns),
      ...change,
    });
  const reviewed = (...lines: readonly string[]): string => {
    const metadata = { dataset: 'made', parts: 1, columns, fabricated: false };
    return datasetOf(
      rows,
      {},
      {
        'artifacts/made/metadata.json': JSON.stringify(metadata),
        'artifacts/made/reviews.jsonl': `${lines.join('\n')}\n`,
      },
    );
  };

  it('leaves out dropped rows, and takes corrected answers', async () => {
    const cwd = reviewed(
      review(1, { verdict: 'drop' }),
      review(2, { verdict: 'keep', edits: { completion: 'The third.' } }),
    );
    const { lines, leftOut, notes } = await exportedFrom(cwd, 'jsonl', { reviews: true });
    expect(lines).toEqual([rows[0], { ...rows[2], completion: 'The third.' }, rows[3]]);
    expect(leftOut).toEqual({ 'its reviewer dropped it': 1 });
    expect(notes).toBeUndefined();
    const without = await exportedFrom(cwd, 'jsonl', { overwrite: true });
    expect(without.lines).toEqual(rows);
  });

  it('lets a condition read them, of every row', async () => {
    const scores = { 'judge.score': 4 };
    const cwd = reviewed(review(0, { verdict: 'keep', note: 'fine', scores }));
    const take = async (where: string): Promise<unknown> =>
      (await exportedFrom(cwd, 'jsonl', { reviews: true, where, overwrite: true })).lines;
    expect(await take("review.verdict == 'keep'")).toEqual([rows[0]]);
    expect(await take("review.verdict != 'keep'")).toEqual(rows.slice(1));
    expect(await take("review.note == 'fine' and review.scores['judge.score'] > 3")).toEqual([rows[0]]);
    expect(
      await exportDataset({ ...request(cwd, 'jsonl'), where: 'review.edited', overwrite: true }),
    ).toMatchObject({ error: { message: '--where: there is no column `review`' } });
  });

  it('uses no review of answers that a later run replaced, and says how many there are', async () => {
    const cwd = reviewed(
      review(0, { verdict: 'drop' }, row('a', 'One?', 'Earlier.')),
      review(1, { edits: { completion: 'x' } }, row('b', 'Two?', 'Earlier.')),
    );
    const { lines, notes } = await exportedFrom(cwd, 'jsonl', { reviews: true });
    expect(lines).toEqual(rows);
    expect(notes).toEqual(['2 reviews are of earlier answers, and not used']);
  });

  it('leaves out a row whose correction is not of its type', async () => {
    const cwd = reviewed(review(0, { edits: { completion: 7 } }));
    const { leftOut } = await exportedFrom(cwd, 'jsonl', { reviews: true });
    expect(leftOut).toEqual({ "a correction is not of its column's type: completion is not a string": 1 });
  });
});
