import { readFile } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { JsonObject } from '../../src/core/json.js';
import { startBatchServer, type BatchServer } from '../rig/batch-server.js';
import { createWorkspace, type Ended, type Workspace } from '../rig/program.js';
import { openAiModel, smallRecipe, textColumn } from '../rig/small-recipe.js';
import { writeSessions } from '../rig/traces.js';

let server: BatchServer;
let workspace: Workspace;
const KEY = 'sk-test-0123456789abcdef';

beforeEach(async () => {
  server = await startBatchServer();
  workspace = await createWorkspace();
  await writeSessions(workspace, 3);
  await workspace.write(
    'small.yaml',
    smallRecipe({
      models: [openAiModel('first', ', prices: { input: 1, output: 1 }')],
      columns: [textColumn('note', 'first'), textColumn('again', 'first', 'note')],
    }),
  );
  server.answer(({ messages }) => ({ text: `on ${promptOf(messages)}` }));
});
afterEach(async () => {
  await server.close();
  await workspace.remove();
});

const promptOf = (messages: unknown): string =>
  (messages as { content: string }[]).map(({ content }) => content).join('|');
const environment = (): Record<string, string> => ({ OPENAI_BASE_URL: server.url, OPENAI_API_KEY: KEY });
const run = (...more: readonly string[]): Promise<Ended> =>
  workspace.run(['run', 'small.yaml', ...more], environment(), { speed: 1000 });
const dataOf = (dataset: string): Promise<string> =>
  readFile(workspace.path(dataset, 'data', 'part-00000.jsonl'), 'utf8');
const asked = (): readonly (readonly unknown[])[] =>
  server.batches.map(({ lines }) => lines.map(({ body }) => promptOf((body as JsonObject)['messages'])));

describe('dd run --batch', () => {
  it('makes the dataset of an online run, with one batch for each level, at half the price', async () => {
    const ended = await run('--batch', '--dataset-name', 'batched');
    expect(ended.code).toBe(0);
    expect(asked().map((prompts) => prompts.length)).toEqual([3, 3]);
    expect(server.online).toHaveLength(0);
    expect((await run('--dataset-name', 'online', '--artifact-path', 'online/artifacts')).code).toBe(0);
    expect(server.online).toHaveLength(6);
    expect(await dataOf('artifacts/batched')).toBe(await dataOf('online/artifacts/online'));
    expect(await workspace.metadata('batched')).toMatchObject({
      usage: [{ alias: 'first', calls: 6, cells: 6, batch_answers: 6, cost_usd: 0.000045 }],
    });
  });
});
