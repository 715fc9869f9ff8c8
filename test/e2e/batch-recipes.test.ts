/** What a recipe can hold, asked in batches: the bytes of the online run, and each request once. */
import { readFile } from 'node:fs/promises';
import { describe, expect, it } from '@jest/globals';
import { isObject, type JsonObject } from '../../src/core/json.js';
import { promptOf, useBatchStage } from '../rig/batch-stage.js';
import type { Said } from '../rig/batch-server.js';

const stage = useBatchStage();
const SEEDS = 6;
const WINDOW = ', context_window: 1200, inference_parameters: { max_tokens: 100 }';

const head = (window: string): string => `name: small
model_configs:
  - { alias: first, provider: openai, model: gpt-first${window} }
  - { alias: second, provider: openai, model: gpt-second }
run_config: { max_conversation_restarts: 0, max_conversation_correction_steps: 1 }
`;
const seed = 'seed_config: { source: { seed_type: local, path: seed.jsonl } }\n';
const drafts = [
  '- name: facts',
  '  column_type: llm-structured',
  '  model_alias: first',
  '  prompt: "Facts of {{ topic }}: {{ body | fit(20000) }}"',
  '  output_format: { type: object, properties: { text: { type: string } }, required: [text], additionalProperties: false }',
  '- name: draft',
  '  column_type: llm-text',
  '  model_alias: [first, second]',
  '  prompt: "Draft of {{ topic }} from {{ facts.text }}"',
  '  skip: { when: "facts.text == \'dull\'", value: nothing }',
];
const judge = [
  '- name: verdict',
  '  column_type: llm-judge',
  '  model_alias: second',
  '  propagate_skip: false',
  '  prompt: "Judge {{ topic }}: {{ draft }}"',
  '  scores: [{ name: good, description: how good it is, options: { 2: good, 1: fair, 0: bad } }]',
];
const under = (spaces: number, lines: readonly string[]): string =>
  lines.map((line) => `${' '.repeat(spaces)}${line}\n`).join('');
const columns = `${seed}columns:\n${under(2, [...drafts, ...judge])}`;

const isOf = (body: JsonObject, topic: number): boolean => promptOf(body).includes(`topic ${topic}`);

/** Topic 1 is dull, the first model refuses topic 2, topic 3 is judged without JSON at first, and topic 4 is bad. */
function answer(body: JsonObject): Said {
  const prompt = promptOf(body);
  if (prompt.includes('Facts')) return { text: { text: isOf(body, 1) ? 'dull' : 'fine' } };
  if (prompt.includes('Judge')) {
    const isFirst = (body['messages'] as unknown as unknown[]).every(
      (message) => !isObject(message as JsonObject) || (message as JsonObject)['role'] !== 'assistant',
    );
    if (isOf(body, 3) && isFirst) return { text: 'no JSON' };
    return { text: { good: { reasoning: 'so', score: isOf(body, 4) ? 0 : 2 } } };
  }
  if (isOf(body, 2) && body['model'] === 'gpt-first')
    return { status: 400, body: { error: { message: 'no such thing' } } };
  return { text: `about ${prompt}` };
}

async function write(body: string, window = WINDOW): Promise<void> {
  const seeds = Array.from({ length: SEEDS }, (_, id) =>
    JSON.stringify({ topic: `topic ${id}.`, body: id === 5 ? 'long words '.repeat(2000) : 'short' }),
  );
  await stage.workspace.write('seed.jsonl', seeds.join('\n'));
  await stage.workspace.write('small.yaml', `${head(window)}${body}`);
  stage.server.answer(answer);
}

const idOf = (body: JsonObject): string => `${String(body['model'])}: ${JSON.stringify(body['messages'])}`;

/** What was paid for in batches, in order. */
const asked = (): readonly string[] =>
  stage.server.batches.flatMap(({ lines }) => lines.map(({ body }) => idOf(body as JsonObject))).toSorted();

async function run(...more: readonly string[]): Promise<void> {
  const ended = await stage.workspace.run(['run', 'small.yaml', ...more], stage.environment(), {
    speed: 1000,
  });
  expect({ ...ended }).toMatchObject({ code: 0 });
}

const bytesOf = (...path: readonly string[]): Promise<string> =>
  readFile(stage.workspace.path(...path, 'data', 'part-00000.jsonl'), 'utf8');

/** The online run, with a store of its own: it asks for what the batches held, no more and no less. */
async function expectAsOnline(...datasets: readonly string[]): Promise<void> {
  expect(stage.server.online).toEqual([]);
  await run('--artifact-path', 'online/artifacts');
  for (const name of datasets)
    expect(await bytesOf('artifacts', name)).toBe(await bytesOf('online', 'artifacts', name));
  expect(asked()).toEqual(stage.server.online.map(idOf).toSorted());
  expect(new Set(stage.paid()).size).toBe(asked().length);
}

describe('dd run --batch asks for what an online run asks for', () => {
  it('in three levels, with a skipped cell, a fallback, a correction, a shortened prompt, and rows that are accepted', async () => {
    await write(`${columns}accept: { when: verdict.good.score >= 1, max_attempts: 2 }\nnum_records: 5\n`);
    await run('--batch');
    const prompts = asked();
    const of = (text: string): number => prompts.filter((prompt) => prompt.includes(text)).length;
    expect([
      of('Facts of'),
      of('gpt-first: [{"role":"user","content":"Draft'),
      of('gpt-second: [{"role":"user","content":"Draft'),
    ]).toEqual([7, 6, 1]);
    expect(of('no JSON')).toBe(1);
    expect(of('bytes cut]')).toBe(1);
    await expectAsOnline('small');
  });

  it('where the window is learned from a refusal', async () => {
    await write(columns, '');
    stage.server.answer((body) =>
      promptOf(body).length > 4000
        ? {
            status: 400,
            body: {
              error: {
                code: 'context_length_exceeded',
                message:
                  "This model's maximum context length is 1200 tokens. However, your messages resulted in 5000 tokens.",
              },
            },
          }
        : answer(body),
    );
    await run('--batch');
    await expectAsOnline('small');
  });

  it('in stages', async () => {
    await write(
      `stages:\n  - name: drafts\n    ${seed}    columns:\n${under(6, drafts)}  - name: judged\n    needs: [drafts]\n    columns:\n${under(6, judge)}`,
    );
    await run('--batch');
    await expectAsOnline('small.drafts', 'small.judged');
  });

  it('in partitions that are merged', async () => {
    await write(columns);
    for (const index of ['0', '1']) await run('--batch', '--partition-index', index, '--num-partitions', '2');
    const parts = ['0', '1'].map((index) => `artifacts/small-part-0000${index}-of-00002`);
    const merged = await stage.workspace.run(['merge', '--dataset-name', 'small', ...parts]);
    expect(merged.code).toBe(0);
    await expectAsOnline('small');
  });
});
