/** `batch_enqueued_token_limit`: batches in work together never have more tokens of prompts than it says. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from '@jest/globals';
import type { Diagnostic } from '../../../src/core/problem.js';
import { planReport } from '../../../src/authoring/plan-report.js';
import { createDd } from '../../../src/dd.js';
import { openAiCompatible } from '../../../src/models/providers/registry.js';
import { openRecipe } from '../../../src/run/open-recipe.js';
import { oneColumn, useBatchRuns } from '../../rig/batch-run.js';

const runs = useBatchRuns();
/** 4 for the message and 2 for `note 1`, as they are estimated. */
const TOKENS = 6;
const limit = (tokens: number): string => `, batch_enqueued_token_limit: ${tokens}`;

/** The most requests in work at any time, as the server sees it. */
let most = 0;
beforeEach(() => {
  most = 0;
  runs.server.states(() => ['in_progress', 'in_progress', 'completed']);
  runs.server.describes((said) => {
    const open = runs.server.batches.filter(({ states }) => states[0] !== 'completed');
    most = Math.max(
      most,
      open.reduce((sum, { lines }) => sum + lines.length, 0),
    );
    return said;
  });
});

describe('a level', () => {
  it('is divided into batches of which as many are in work as have room; the others wait', async () => {
    const made = await runs.run({ model: limit(2 * TOKENS) });
    expect(made).toMatchObject({ code: 0, rows: [{ note: 'on note 1' }, { n: 2 }, { note: 'on note 3' }] });
    expect(runs.asked()).toEqual([['note 1', 'note 2'], ['note 3']]);
    expect(most).toBe(2);
    expect(runs.notes).toEqual([
      'batches of `first` wait for room: openai has as many of their tokens in work as it may, 12',
    ]);
  });

  it('goes out as one batch where there is room for all', async () => {
    await runs.run({ model: limit(3 * TOKENS) });
    expect(runs.asked().map(({ length }) => length)).toEqual([3]);
  });

  it('shares the queue between aliases of one model, whose lowest limit counts', async () => {
    const text = oneColumn(limit(3 * TOKENS))
      .replace(
        'seed_config',
        `  - { alias: second, provider: openai, model: gpt-first${limit(2 * TOKENS)} }\nseed_config`,
      )
      .replace(
        'prompt: "note {{ n }}" }]',
        'prompt: "note {{ n }}" }, { name: word, column_type: llm-text, model_alias: second, prompt: "word {{ n }}" }]',
      );
    expect((await runs.run({ text })).code).toBe(0);
    expect(runs.asked().flat()).toHaveLength(6);
    expect(most).toBe(2);
  });

  it('of requests that are larger than the limit goes out one by one: tokens are estimates', async () => {
    expect((await runs.run({ model: limit(1) })).code).toBe(0);
    expect(runs.asked().map(({ length }) => length)).toEqual([1, 1, 1]);
    expect(most).toBe(1);
  });
});

it('holds over several commands that do not wait', async () => {
  const codes: unknown[] = [];
  for (let run = 0; run < 7; run += 1)
    codes.push((await runs.run({ model: limit(TOKENS), waits: false })).code);
  expect(codes).toEqual([4, 4, 4, 4, 4, 4, 0]);
  expect(runs.asked()).toEqual([['note 1'], ['note 2'], ['note 3']]);
  expect(most).toBe(1);
});

it('counts the batches of other datasets as long as the provider has them in work', async () => {
  // It is still in work when it is asked about for the first time.
  runs.server.states(() => [...Array<string>(4).fill('in_progress'), 'completed']);
  const first = await runs.run({ dataset: 'other', model: limit(2 * TOKENS), waits: false });
  expect(first.code).toBe(4);
  const text = oneColumn(limit(3 * TOKENS)).replaceAll('note', 'word');
  expect((await runs.run({ text })).code).toBe(0);
  expect(runs.asked().map(({ length }) => length)).toEqual([2, 3]);
  expect(most).toBe(3);
});

describe('in a recipe', () => {
  const open = (text: string): ReturnType<typeof openRecipe> =>
    openRecipe('recipe.yaml', { text, cwd: runs.folder, env: {} });

  it.each(['0', '2M', '1.5'])('%s is a mistake with its place', async (value) => {
    const text = oneColumn(`, batch_enqueued_token_limit: ${value}`);
    const { diagnostics, plan } = await open(text);
    expect(plan).toBeUndefined();
    const [
      {
        message,
        span: { offset, length },
      },
    ] = diagnostics as [Required<Diagnostic>];
    expect(message).toContain('`batch_enqueued_token_limit`');
    expect(text.slice(offset, offset + length)).toBe(value);
  });

  it('of a model whose provider has no batches is a mistake', async () => {
    const text = oneColumn(limit(1)).replace('provider: openai', 'provider: own');
    const compatible = openAiCompatible({ name: 'own', home: { endpoint: 'https://own.example/v1' } });
    const own = { ...compatible, protocol: { ...compatible.protocol, name: 'own-chat' } };
    const file = join(runs.folder, 'recipe.yaml');
    await writeFile(file, text);
    const { diagnostics } = await createDd({ providers: [own] }).openRecipe(file, { env: {} });
    expect(diagnostics).toMatchObject([
      {
        message: '`batch_enqueued_token_limit`: dd knows no batches of the provider `own`, of the type `own`',
      },
    ]);
  });

  it.each([
    [undefined, 1],
    [3 * TOKENS, 1],
    [2 * TOKENS, 2],
    [TOKENS, 3],
  ])('%s makes dd plan wait %d times', async (tokens, waits) => {
    const { plan, loaded } = await open(oneColumn(tokens === undefined ? '' : limit(tokens)));
    if (!plan) throw new Error('no plan');
    const { report } = await planReport(plan, { inBatches: true, env: {}, source: loaded.source });
    expect(report.batch).toEqual({ models: ['first'], waits });
    expect(report.assumptions.some((line) => line.includes('batch_enqueued_token_limit'))).toBe(
      tokens !== undefined,
    );
  });
});
